# room fragment, owned by filterd/detect
