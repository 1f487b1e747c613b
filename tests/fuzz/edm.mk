if FUZZERS
noinst_PROGRAMS += tests/fuzz/edm
tests_fuzz_edm_SOURCES = tests/fuzz/edm.c
tests_fuzz_edm_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_edm_LDADD = libdetect.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS) $(CRYPTO_LIBS)
endif
