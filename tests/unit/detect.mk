# unit tests of filterd/detect
if CMOCKA
DETECT_LIBS = libdetect.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS) $(CRYPTO_LIBS) $(UNIT_LIBS)
DETECT_TEST_FLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LIBCONFIG_CFLAGS) $(PCRE2_CFLAGS) -I$(srcdir)/tests/unit -DTEST_SRCDIR='"$(abs_top_srcdir)"'
check_PROGRAMS += tests/unit/detect_valid tests/unit/detect_own tests/unit/detect_country tests/unit/detect_view tests/unit/detect_decode tests/unit/detect_literal tests/unit/detect_match tests/unit/detect_scan tests/unit/detect_edm tests/unit/detect_winnow tests/unit/detect_prints
tests_unit_detect_valid_SOURCES = tests/unit/detect_valid.c tests/unit/detect_odds.h
tests_unit_detect_valid_CPPFLAGS = $(DETECT_TEST_FLAGS)
tests_unit_detect_valid_LDADD = $(DETECT_LIBS)
tests_unit_detect_own_SOURCES = tests/unit/detect_own.c
tests_unit_detect_own_CPPFLAGS = $(DETECT_TEST_FLAGS)
tests_unit_detect_own_LDADD = $(DETECT_LIBS)
tests_unit_detect_country_SOURCES = tests/unit/detect_country.c tests/unit/detect_odds.h
tests_unit_detect_country_CPPFLAGS = $(DETECT_TEST_FLAGS)
tests_unit_detect_country_LDADD = $(DETECT_LIBS)
tests_unit_detect_view_SOURCES = tests/unit/detect_view.c
tests_unit_detect_view_CPPFLAGS = $(DETECT_TEST_FLAGS)
tests_unit_detect_view_LDADD = $(DETECT_LIBS)
tests_unit_detect_decode_SOURCES = tests/unit/detect_decode.c
tests_unit_detect_decode_CPPFLAGS = $(DETECT_TEST_FLAGS)
tests_unit_detect_decode_LDADD = $(DETECT_LIBS)
tests_unit_detect_literal_SOURCES = tests/unit/detect_literal.c
tests_unit_detect_literal_CPPFLAGS = $(DETECT_TEST_FLAGS)
tests_unit_detect_literal_LDADD = $(DETECT_LIBS)
tests_unit_detect_match_SOURCES = tests/unit/detect_match.c
tests_unit_detect_match_CPPFLAGS = $(DETECT_TEST_FLAGS)
tests_unit_detect_match_LDADD = $(DETECT_LIBS)
tests_unit_detect_edm_SOURCES = tests/unit/detect_edm.c
tests_unit_detect_edm_CPPFLAGS = $(DETECT_TEST_FLAGS)
tests_unit_detect_edm_LDADD = $(DETECT_LIBS)
tests_unit_detect_winnow_SOURCES = tests/unit/detect_winnow.c
tests_unit_detect_winnow_CPPFLAGS = $(DETECT_TEST_FLAGS)
tests_unit_detect_winnow_LDADD = $(DETECT_LIBS) $(UTF8PROC_LIBS)
tests_unit_detect_prints_SOURCES = tests/unit/detect_prints.c
tests_unit_detect_prints_CPPFLAGS = $(DETECT_TEST_FLAGS)
tests_unit_detect_prints_LDADD = $(DETECT_LIBS)
tests_unit_detect_scan_SOURCES = tests/unit/detect_scan.c
tests_unit_detect_scan_CPPFLAGS = $(DETECT_TEST_FLAGS)
tests_unit_detect_scan_LDADD = $(DETECT_LIBS) $(SECCOMP_LIBS)
endif
