noinst_LIBRARIES += libipc.a
libipc_a_SOURCES = \
	filterd/ipc/inspect_wire.c filterd/ipc/inspect_wire.h \
	filterd/ipc/monitor_wire.c filterd/ipc/monitor_wire.h \
	filterd/ipc/record_wire.c filterd/ipc/record_wire.h \
	filterd/ipc/scan_page.c filterd/ipc/scan_page.h \
	filterd/ipc/scan_wire.c filterd/ipc/scan_wire.h
EXTRA_DIST += filterd/PROTOCOL.monitor
