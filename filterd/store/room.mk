# room fragment, owned by filterd/store
