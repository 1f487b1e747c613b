if FUZZERS
noinst_PROGRAMS += tests/fuzz/scan_wire
tests_fuzz_scan_wire_SOURCES = tests/fuzz/scan_wire.c
tests_fuzz_scan_wire_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_scan_wire_LDADD = libipc.a libmodel.a libbase.a
endif
