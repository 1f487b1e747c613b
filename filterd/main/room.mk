# room fragment, owned by filterd/main
