noinst_LIBRARIES += libipc.a
libipc_a_SOURCES = \
	filterd/ipc/inspect_wire.c filterd/ipc/inspect_wire.h
