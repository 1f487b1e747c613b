# room fragment, owned by filterd/store: one file a line
noinst_LIBRARIES += libstore.a
libstore_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(CRYPTO_CFLAGS)
libstore_a_SOURCES =
libstore_a_SOURCES += filterd/store/blob.c filterd/store/blob.h
libstore_a_SOURCES += filterd/store/quarantine.c filterd/store/quarantine.h
libstore_a_SOURCES += filterd/store/uploads.c filterd/store/uploads.h
