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

# Built by `make filterctl`; becomes bin_PROGRAMS with ctl_audit.c, ctl_rules.c and ctl_scan_offline.c in the tree.
EXTRA_PROGRAMS += filterctl
filterctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBCONFIG_CFLAGS)
filterctl_SOURCES = \
	filterd/main/ctl.h \
	filterd/main/ctl_daemon.c \
	filterd/main/ctl_daemon.h \
	filterd/main/ctl_scan.c \
	filterd/main/filterctl.c
