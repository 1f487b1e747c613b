# unit tests of filterd/main
if CMOCKA
check_PROGRAMS += tests/unit/main_monitor
tests_unit_main_monitor_SOURCES = tests/unit/main_monitor.c
tests_unit_main_monitor_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_main_monitor_LDADD = libmonitor.a libproc.a libconf.a libipc.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(UNIT_LIBS)
endif
