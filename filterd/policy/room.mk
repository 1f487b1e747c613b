# room fragment, owned by filterd/policy
