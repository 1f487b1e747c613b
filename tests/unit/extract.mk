# unit tests of filterd/extract
EXTRACT_TEST_LIBS = libextract.a libconf.a libmodel.a libbase.a $(EXTRACT_LIBS) $(UNIT_LIBS)
if CMOCKA
check_PROGRAMS += tests/unit/extract_text
tests_unit_extract_text_SOURCES = tests/unit/extract_text.c
tests_unit_extract_text_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_extract_text_LDADD = $(EXTRACT_TEST_LIBS)

check_PROGRAMS += tests/unit/extract_scan
tests_unit_extract_scan_SOURCES = tests/unit/extract_scan.c
tests_unit_extract_scan_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(ARCHIVE_CFLAGS) -DSIGNATURES='"$(abs_top_srcdir)/signatures"' \
	-DHOSTILE='"$(abs_top_srcdir)/tests/unit/extract_hostile.py"'
tests_unit_extract_scan_LDADD = $(EXTRACT_TEST_LIBS)

check_PROGRAMS += tests/unit/extract_documents
tests_unit_extract_documents_SOURCES = tests/unit/extract_documents.c
tests_unit_extract_documents_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -DSIGNATURES='"$(abs_top_srcdir)/signatures"' \
	-DDOCUMENTS='"$(abs_top_srcdir)/tests/unit/extract_documents.py"'
tests_unit_extract_documents_LDADD = $(EXTRACT_TEST_LIBS)
endif
EXTRA_DIST += tests/unit/compound_file.py tests/unit/extract_hostile.py tests/unit/extract_documents.py
