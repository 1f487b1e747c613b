noinst_LIBRARIES += libstore.a
libstore_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(CRYPTO_CFLAGS)
libstore_a_SOURCES =
libstore_a_SOURCES += filterd/store/blob.c filterd/store/blob.h
libstore_a_SOURCES += filterd/store/quarantine.c filterd/store/quarantine.h
