noinst_LIBRARIES += libproc.a
libproc_a_SOURCES = \
	filterd/proc/folders.c \
	filterd/proc/folders.h \
	filterd/proc/lock.c \
	filterd/proc/lock.h \
	filterd/proc/privs.c \
	filterd/proc/privs.h \
	filterd/proc/spawn.c \
	filterd/proc/spawn.h \
	filterd/proc/watch.c \
	filterd/proc/watch.h
