# unit tests of filterd/control
if CMOCKA
check_PROGRAMS += tests/unit/control_server
tests_unit_control_server_SOURCES = tests/unit/control_server.c
tests_unit_control_server_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LIBEVENT_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_control_server_LDADD = libcontrol.a libbase.a $(LIBEVENT_LIBS) $(JANSSON_LIBS) $(UNIT_LIBS)
endif
