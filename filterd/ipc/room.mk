# room fragment, owned by filterd/ipc
noinst_LIBRARIES += libipc.a
libipc_a_SOURCES =
libipc_a_SOURCES += filterd/ipc/record_wire.c filterd/ipc/record_wire.h
