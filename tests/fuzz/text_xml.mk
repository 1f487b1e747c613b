if FUZZERS
noinst_PROGRAMS += tests/fuzz/text_xml
tests_fuzz_text_xml_SOURCES = tests/fuzz/text_xml.c tests/fuzz/document.h
tests_fuzz_text_xml_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_text_xml_LDADD = libextract.a libconf.a libmodel.a libbase.a $(EXTRACT_LIBS)
endif
