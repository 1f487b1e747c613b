noinst_LIBRARIES += libipc.a
libipc_a_SOURCES =
libipc_a_SOURCES += filterd/ipc/monitor_wire.c filterd/ipc/monitor_wire.h
EXTRA_DIST += filterd/PROTOCOL.monitor
