# unit tests of filterd/store
if CMOCKA
check_PROGRAMS += tests/unit/store_uploads
tests_unit_store_uploads_SOURCES = tests/unit/store_uploads.c
tests_unit_store_uploads_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_store_uploads_LDADD = libstore.a libconf.a libmodel.a libbase.a $(SQLITE_LIBS) $(CRYPTO_LIBS) $(LIBCONFIG_LIBS) $(UNIT_LIBS)
endif
if CMOCKA
check_PROGRAMS += tests/unit/store_quarantine
tests_unit_store_quarantine_SOURCES = tests/unit/store_quarantine.c tests/unit/store_blob_vector.h
tests_unit_store_quarantine_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_store_quarantine_LDADD = libstore.a libbase.a $(SQLITE_LIBS) $(CRYPTO_LIBS) $(UNIT_LIBS)
endif
