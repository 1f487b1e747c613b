# room fragment, owned by filterd/http
