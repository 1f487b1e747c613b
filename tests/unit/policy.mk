# unit tests of filterd/policy
if CMOCKA
check_PROGRAMS += tests/unit/policy_decide tests/unit/policy_when tests/unit/policy_actions tests/unit/policy_allow
tests_unit_policy_decide_SOURCES = tests/unit/policy_decide.c
tests_unit_policy_decide_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_policy_decide_LDADD = libpolicy.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(UNIT_LIBS)
tests_unit_policy_when_SOURCES = tests/unit/policy_when.c tests/unit/policy_rig.c tests/unit/policy_rig.h
tests_unit_policy_when_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_policy_when_LDADD = libpolicy.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(UNIT_LIBS)
tests_unit_policy_actions_SOURCES = tests/unit/policy_actions.c tests/unit/policy_rig.c tests/unit/policy_rig.h
tests_unit_policy_actions_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_policy_actions_LDADD = libpolicy.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(UNIT_LIBS)
tests_unit_policy_allow_SOURCES = tests/unit/policy_allow.c tests/unit/policy_rig.c tests/unit/policy_rig.h
tests_unit_policy_allow_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_policy_allow_LDADD = libpolicy.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(UNIT_LIBS)
endif
