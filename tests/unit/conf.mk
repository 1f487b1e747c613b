# unit tests of filterd/conf
if CMOCKA
check_PROGRAMS += tests/unit/conf_parse tests/unit/conf_golden
tests_unit_conf_parse_SOURCES = tests/unit/conf_parse.c
tests_unit_conf_parse_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LIBCONFIG_CFLAGS) -DSRCDIR='"$(abs_top_srcdir)"'
tests_unit_conf_parse_LDADD = libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(UNIT_LIBS)
tests_unit_conf_golden_SOURCES = tests/unit/conf_golden.c
tests_unit_conf_golden_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -DSRCDIR='"$(abs_top_srcdir)"'
tests_unit_conf_golden_LDADD = libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(UNIT_LIBS)
endif
EXTRA_DIST += tests/golden/conf
