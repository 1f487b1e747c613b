noinst_LIBRARIES += libextract.a
libextract_a_CPPFLAGS = $(AM_CPPFLAGS) $(CLAMAV_CFLAGS) $(ARCHIVE_CFLAGS)
libextract_a_SOURCES = \
	filterd/extract/alert.c filterd/extract/alert.h \
	filterd/extract/archive.c filterd/extract/archive.h \
	filterd/extract/engine.c filterd/extract/engine.h \
	filterd/extract/extract.h \
	filterd/extract/layer_text.c filterd/extract/layer_text.h \
	filterd/extract/scan.c \
	filterd/extract/sigfile.c filterd/extract/sigfile.h
