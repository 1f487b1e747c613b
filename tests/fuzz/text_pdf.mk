if FUZZERS
noinst_PROGRAMS += tests/fuzz/text_pdf
tests_fuzz_text_pdf_SOURCES = tests/fuzz/text_pdf.c tests/fuzz/document.h
tests_fuzz_text_pdf_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_text_pdf_LDADD = libextract.a libconf.a libmodel.a libbase.a $(EXTRACT_LIBS)
endif
