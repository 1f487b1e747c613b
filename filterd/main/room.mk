noinst_LIBRARIES += libmonitor.a
libmonitor_a_SOURCES = \
	filterd/main/monitor.c \
	filterd/main/monitor.h \
	filterd/main/notify.c \
	filterd/main/notify.h \
	filterd/main/paths.c \
	filterd/main/paths.h
