noinst_LIBRARIES += libproc.a
libproc_a_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
libproc_a_SOURCES = \
	filterd/proc/landlock.c filterd/proc/landlock.h \
	filterd/proc/sandbox.c filterd/proc/sandbox.h \
	filterd/proc/syscalls.c filterd/proc/syscalls.h
