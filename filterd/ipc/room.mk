# room fragment, owned by filterd/ipc
