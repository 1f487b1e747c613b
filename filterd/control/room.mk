noinst_LIBRARIES += libcontrol.a
libcontrol_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(JANSSON_CFLAGS)
libcontrol_a_SOURCES = \
	filterd/control/client.c filterd/control/client.h \
	filterd/control/server.c filterd/control/server.h
EXTRA_DIST += filterd/PROTOCOL.control
