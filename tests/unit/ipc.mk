# unit tests of filterd/ipc
if CMOCKA
check_PROGRAMS += tests/unit/ipc_scan_wire
tests_unit_ipc_scan_wire_SOURCES = tests/unit/ipc_scan_wire.c
tests_unit_ipc_scan_wire_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipc_scan_wire_LDADD = libipc.a libmodel.a libbase.a $(UNIT_LIBS)
check_PROGRAMS += tests/unit/ipc_monitor_wire
tests_unit_ipc_monitor_wire_SOURCES = tests/unit/ipc_monitor_wire.c
tests_unit_ipc_monitor_wire_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipc_monitor_wire_LDADD = libipc.a libmodel.a libbase.a $(UNIT_LIBS)
endif
if CMOCKA
check_PROGRAMS += tests/unit/ipc_record_wire
tests_unit_ipc_record_wire_SOURCES = tests/unit/ipc_record_wire.c
tests_unit_ipc_record_wire_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipc_record_wire_LDADD = libipc.a libbase.a $(UNIT_LIBS)
endif
