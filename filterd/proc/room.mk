# room fragment, owned by filterd/proc
