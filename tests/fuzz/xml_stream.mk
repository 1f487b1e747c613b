if FUZZERS
noinst_PROGRAMS += tests/fuzz/xml_stream
tests_fuzz_xml_stream_SOURCES = tests/fuzz/xml_stream.c
tests_fuzz_xml_stream_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_xml_stream_LDADD = libxmpp.a libbase.a $(EXPAT_LIBS) $(OPENSSL_LIBS) $(LIBEVENT_LIBS)
endif
