if FUZZERS
noinst_PROGRAMS += tests/fuzz/policy_rules
tests_fuzz_policy_rules_SOURCES = tests/fuzz/policy_rules.c
tests_fuzz_policy_rules_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_policy_rules_LDADD = libpolicy.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS)
endif
