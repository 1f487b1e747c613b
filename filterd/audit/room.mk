# room fragment, owned by filterd/audit
