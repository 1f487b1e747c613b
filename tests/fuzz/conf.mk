if FUZZERS
noinst_PROGRAMS += tests/fuzz/conf
tests_fuzz_conf_SOURCES = tests/fuzz/conf.c
tests_fuzz_conf_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_conf_LDADD = libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS)
endif
