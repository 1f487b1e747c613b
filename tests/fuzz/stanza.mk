if FUZZERS
noinst_PROGRAMS += tests/fuzz/stanza
tests_fuzz_stanza_SOURCES = tests/fuzz/stanza.c
tests_fuzz_stanza_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_stanza_LDADD = libflow.a libxmpp.a libmodel.a libbase.a $(EXPAT_LIBS) $(CRYPTO_LIBS) $(LIBEVENT_LIBS)
endif
