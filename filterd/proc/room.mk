noinst_LIBRARIES += libproc.a
libproc_a_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
libproc_a_SOURCES = \
	filterd/proc/folders.c \
	filterd/proc/folders.h \
	filterd/proc/landlock.c \
	filterd/proc/landlock.h \
	filterd/proc/lock.c \
	filterd/proc/lock.h \
	filterd/proc/privs.c \
	filterd/proc/privs.h \
	filterd/proc/sandbox.c \
	filterd/proc/sandbox.h \
	filterd/proc/spawn.c \
	filterd/proc/spawn.h \
	filterd/proc/syscalls.c \
	filterd/proc/syscalls.h \
	filterd/proc/watch.c \
	filterd/proc/watch.h
