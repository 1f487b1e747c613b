# Fuzz targets: tests/fuzz/NAME.c with its corpus in tests/fuzz/corpus/NAME/.
# `make check-fuzz` replays the corpora with any compiler; it takes whatever targets there are.
# `configure CC=clang --enable-fuzzers` builds the fuzzers themselves, listed in NAME.mk.
EXTRA_DIST += tests/fuzz/document.h tests/fuzz/replay.c tests/fuzz/replay.sh tests/fuzz/corpus
check-fuzz: $(noinst_LIBRARIES)
	@top='$(abs_top_srcdir)' CC='$(CC)' \
	FLAGS='$(DEFS) $(AM_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS)' LIBRARIES='$(noinst_LIBRARIES)' \
	LIBS='$(CLAMAV_LIBS) $(PCRE2_LIBS) $(HS_LIBS) $(UTF8PROC_LIBS) $(EXPAT_LIBS) $(LIBCONFIG_LIBS) $(LIBEVENT_LIBS) $(MHD_LIBS) $(SQLITE_LIBS) $(JANSSON_LIBS) $(SECCOMP_LIBS) $(ARCHIVE_LIBS) $(POPPLER_LIBS) $(GSF_LIBS) $(ZLIB_LIBS) $(OPENSSL_LIBS) $(CRYPTO_LIBS) $(LIBS) -lm' \
	$(SHELL) $(srcdir)/tests/fuzz/replay.sh
.PHONY: check-fuzz
mostlyclean-local: clean-fuzz
clean-fuzz:
	-rm -f tests/fuzz/*.replay tests/fuzz/*.replay.log
.PHONY: clean-fuzz
include tests/fuzz/conf.mk
include tests/fuzz/decode.mk
include tests/fuzz/edm.mk
include tests/fuzz/http_text.mk
include tests/fuzz/inspect_wire.mk
include tests/fuzz/journal_tail.mk
include tests/fuzz/layer_text.mk
include tests/fuzz/monitor_wire.mk
include tests/fuzz/note.mk
include tests/fuzz/notes.mk
include tests/fuzz/policy_rules.mk
include tests/fuzz/prints.mk
include tests/fuzz/record_wire.mk
include tests/fuzz/rules.mk
include tests/fuzz/scan_wire.mk
include tests/fuzz/stanza.mk
include tests/fuzz/text.mk
include tests/fuzz/text_biff.mk
include tests/fuzz/text_csv.mk
include tests/fuzz/text_mail.mk
include tests/fuzz/text_ole.mk
include tests/fuzz/text_pdf.mk
include tests/fuzz/text_png.mk
include tests/fuzz/text_rtf.mk
include tests/fuzz/text_sheet.mk
include tests/fuzz/text_word.mk
include tests/fuzz/text_xml.mk
include tests/fuzz/view.mk
include tests/fuzz/xml_stream.mk
