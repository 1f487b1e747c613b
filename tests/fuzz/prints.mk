if FUZZERS
noinst_PROGRAMS += tests/fuzz/prints
tests_fuzz_prints_SOURCES = tests/fuzz/prints.c
tests_fuzz_prints_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_prints_LDADD = libdetect.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS) $(CRYPTO_LIBS)
endif
