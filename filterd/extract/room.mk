noinst_LIBRARIES += libextract.a
libextract_a_CPPFLAGS = $(AM_CPPFLAGS) $(CLAMAV_CFLAGS) $(ARCHIVE_CFLAGS) $(POPPLER_CFLAGS) $(GSF_CFLAGS) $(ZLIB_CFLAGS) $(EXPAT_CFLAGS)
libextract_a_SOURCES = \
	filterd/extract/alert.c filterd/extract/alert.h \
	filterd/extract/archive.c filterd/extract/archive.h \
	filterd/extract/document.c filterd/extract/document.h \
	filterd/extract/engine.c filterd/extract/engine.h \
	filterd/extract/entity.c filterd/extract/entity.h \
	filterd/extract/extract.h filterd/extract/filetype.c filterd/extract/filetype.h \
	filterd/extract/layer_text.c filterd/extract/layer_text.h \
	filterd/extract/members.c filterd/extract/members.h \
	filterd/extract/notes.c filterd/extract/notes.h \
	filterd/extract/ole.c filterd/extract/ole.h \
	filterd/extract/package.c filterd/extract/package.h \
	filterd/extract/scan.c \
	filterd/extract/seen.c filterd/extract/seen.h \
	filterd/extract/shared_strings.c filterd/extract/shared_strings.h \
	filterd/extract/sigfile.c filterd/extract/sigfile.h \
	filterd/extract/streams.c filterd/extract/streams.h \
	filterd/extract/table.c filterd/extract/table.h \
	filterd/extract/text_biff.c filterd/extract/text_biff.h \
	filterd/extract/text_csv.c filterd/extract/text_csv.h \
	filterd/extract/text_folded.c filterd/extract/text_folded.h \
	filterd/extract/text_mail.c filterd/extract/text_mail.h \
	filterd/extract/text_markup.c filterd/extract/text_markup.h \
	filterd/extract/text_ole.c filterd/extract/text_ole.h \
	filterd/extract/text_out.c filterd/extract/text_out.h \
	filterd/extract/text_pdf.c filterd/extract/text_pdf.h \
	filterd/extract/text_png.c filterd/extract/text_png.h \
	filterd/extract/text_rtf.c filterd/extract/text_rtf.h \
	filterd/extract/text_runs.c filterd/extract/text_runs.h \
	filterd/extract/text_sheet.c filterd/extract/text_sheet.h \
	filterd/extract/text_word.c filterd/extract/text_word.h \
	filterd/extract/text_xml.c filterd/extract/text_xml.h
# what who links the room needs besides
EXTRACT_LIBS = $(CLAMAV_LIBS) $(ARCHIVE_LIBS) $(POPPLER_LIBS) $(GSF_LIBS) $(ZLIB_LIBS) $(EXPAT_LIBS)
