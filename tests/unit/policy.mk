# unit tests of filterd/policy
if CMOCKA
check_PROGRAMS += tests/unit/policy_decide
tests_unit_policy_decide_SOURCES = tests/unit/policy_decide.c
tests_unit_policy_decide_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_policy_decide_LDADD = libpolicy.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(UNIT_LIBS)
endif
