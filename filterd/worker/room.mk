# room fragment, owned by filterd/worker
