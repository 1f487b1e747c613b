# room fragment, owned by filterd/extract
