# room fragment, owned by filterd/control
