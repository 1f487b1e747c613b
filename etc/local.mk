# The sample only: a configuration that is in force is never overwritten by an installation
sampledir = $(sysconfdir)/filterd
dist_sample_DATA = etc/filterd.conf.sample
