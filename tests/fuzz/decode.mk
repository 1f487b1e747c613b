if FUZZERS
noinst_PROGRAMS += tests/fuzz/decode
tests_fuzz_decode_SOURCES = tests/fuzz/decode.c
tests_fuzz_decode_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_decode_LDADD = libdetect.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS) $(CRYPTO_LIBS)
endif
