# unit tests of filterd/main
if CMOCKA
check_PROGRAMS += tests/unit/main_monitor
tests_unit_main_monitor_SOURCES = tests/unit/main_monitor.c
tests_unit_main_monitor_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_main_monitor_LDADD = libmonitor.a libproc.a libconf.a libipc.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(UNIT_LIBS)
check_PROGRAMS += tests/unit/main_ctl
tests_unit_main_ctl_SOURCES = tests/unit/main_ctl.c
tests_unit_main_ctl_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LIBEVENT_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_main_ctl_LDADD = libcontrol.a libbase.a $(LIBEVENT_LIBS) $(JANSSON_LIBS) $(UNIT_LIBS)
check_PROGRAMS += tests/unit/main_filterd
tests_unit_main_filterd_SOURCES = tests/unit/main_filterd.c
tests_unit_main_filterd_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_main_filterd_LDADD = libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(UNIT_LIBS)
endif
