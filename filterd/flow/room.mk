# room fragment, owned by filterd/flow
