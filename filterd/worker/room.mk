noinst_LIBRARIES += libworker.a
libworker_a_CPPFLAGS = $(AM_CPPFLAGS) $(CLAMAV_CFLAGS)
libworker_a_SOURCES = \
	filterd/worker/engines.c filterd/worker/engines.h \
	filterd/worker/jobs.c filterd/worker/jobs.h \
	filterd/worker/nursery.c filterd/worker/nursery.h \
	filterd/worker/serve.c filterd/worker/serve.h \
	filterd/worker/tmpdir.c filterd/worker/tmpdir.h \
	filterd/worker/worker.c filterd/worker/worker.h
