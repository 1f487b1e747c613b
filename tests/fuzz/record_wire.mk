if FUZZERS
noinst_PROGRAMS += tests/fuzz/record_wire
tests_fuzz_record_wire_SOURCES = tests/fuzz/record_wire.c
tests_fuzz_record_wire_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_record_wire_LDADD = libipc.a libmodel.a libbase.a
endif
