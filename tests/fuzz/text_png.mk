if FUZZERS
noinst_PROGRAMS += tests/fuzz/text_png
tests_fuzz_text_png_SOURCES = tests/fuzz/text_png.c tests/fuzz/document.h
tests_fuzz_text_png_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_text_png_LDADD = libextract.a libconf.a libmodel.a libbase.a $(EXTRACT_LIBS)
endif
