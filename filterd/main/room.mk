# the monitor as a library, so that its tests can play the roles it starts
noinst_LIBRARIES += libmonitor.a
libmonitor_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS) -DFILTERD_BINDIR='"$(bindir)"'
libmonitor_a_SOURCES = \
	filterd/main/check.c \
	filterd/main/check.h \
	filterd/main/monitor.c \
	filterd/main/monitor.h \
	filterd/main/notify.c \
	filterd/main/notify.h \
	filterd/main/paths.c \
	filterd/main/paths.h

# Built by `make filterd`; becomes sbin_PROGRAMS with broker.c and recorder.c in the tree.
EXTRA_PROGRAMS += filterd
filterd_SOURCES = filterd/main/filterd.c filterd/main/roles.h
