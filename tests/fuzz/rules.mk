if FUZZERS
noinst_PROGRAMS += tests/fuzz/rules
tests_fuzz_rules_SOURCES = tests/fuzz/rules.c
tests_fuzz_rules_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_rules_LDADD = libdetect.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS) $(CRYPTO_LIBS)
endif
