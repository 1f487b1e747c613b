noinst_LIBRARIES += libdetect.a
libdetect_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS) $(PCRE2_CFLAGS) $(UTF8PROC_CFLAGS) $(CRYPTO_CFLAGS)
libdetect_a_SOURCES = \
	filterd/detect/advise.c \
	filterd/detect/classify.c filterd/detect/classify.h \
	filterd/detect/compile.c filterd/detect/detect.h filterd/detect/set.h \
	filterd/detect/decode.c filterd/detect/decode.h \
	filterd/detect/decode_mark.c filterd/detect/decode_row.c filterd/detect/decode_order.c filterd/detect/decoders.h \
	filterd/detect/digitwords.c filterd/detect/digitwords.h filterd/detect/spelled.c filterd/detect/spelled.h filterd/detect/lookalike.c \
	filterd/detect/dressed.c filterd/detect/dressed.h \
	filterd/detect/csv.c filterd/detect/csv.h \
	filterd/detect/edm.h filterd/detect/edm_set.h \
	filterd/detect/edm_build.c filterd/detect/edm_build.h \
	filterd/detect/edm_compile.c filterd/detect/edm_def.c filterd/detect/edm_scan.c \
	filterd/detect/edm_index.c filterd/detect/edm_index.h \
	filterd/detect/edm_key.c filterd/detect/edm_key.h \
	filterd/detect/edm_norm.c filterd/detect/edm_norm.h \
	filterd/detect/evidence.c filterd/detect/evidence.h \
	filterd/detect/exclude.c filterd/detect/explain.c \
	filterd/detect/fold.c filterd/detect/fold.h \
	filterd/detect/heading.c filterd/detect/heading.h \
	filterd/detect/highest.c \
	filterd/detect/lint.c filterd/detect/lint.h \
	filterd/detect/literal.c filterd/detect/literal.h filterd/detect/literal_body.h \
	filterd/detect/literal_gram.c filterd/detect/literal_hyperscan.c \
	filterd/detect/mapped.c filterd/detect/mapped.h \
	filterd/detect/near.c filterd/detect/near.h \
	filterd/detect/look.c filterd/detect/look.h \
	filterd/detect/outline.c filterd/detect/outline.h \
	filterd/detect/numbers.c filterd/detect/numbers.h \
	filterd/detect/overlap.c \
	filterd/detect/odds.c filterd/detect/odds.h \
	filterd/detect/pass.c filterd/detect/pass.h \
	filterd/detect/plan.c filterd/detect/profile.c \
	filterd/detect/prints.h filterd/detect/prints_set.h \
	filterd/detect/prints_compile.c filterd/detect/prints_def.c filterd/detect/prints_scan.c \
	filterd/detect/prints_file.c filterd/detect/prints_file.h \
	filterd/detect/prints_index.c filterd/detect/prints_index.h \
	filterd/detect/regex.c filterd/detect/regex.h \
	filterd/detect/ruledef.c filterd/detect/ruledef.h filterd/detect/rulefile.c filterd/detect/rulefile.h \
	filterd/detect/numberdef.c filterd/detect/numberdef.h filterd/detect/override.c filterd/detect/packs.c \
	filterd/detect/scan.c \
	filterd/detect/candidate.c filterd/detect/candidate.h filterd/detect/layers.c filterd/detect/layers.h \
	filterd/detect/scratch.c filterd/detect/scratch.h filterd/detect/stages.c filterd/detect/stages.h \
	filterd/detect/selftest.c \
	filterd/detect/siphash.c filterd/detect/siphash.h \
	filterd/detect/sort.c filterd/detect/sort.h \
	filterd/detect/sweep.c filterd/detect/sweep.h \
	filterd/detect/syntax.c filterd/detect/syntax.h \
	filterd/detect/term.c filterd/detect/term.h \
	filterd/detect/trace.c filterd/detect/trace.h \
	filterd/detect/valid.c filterd/detect/valid.h \
	filterd/detect/valid_check.c \
	filterd/detect/valid_own.c filterd/detect/valid_own.h filterd/detect/validdef.c filterd/detect/validdef.h \
	filterd/detect/valid_number.c filterd/detect/valid_secret.c filterd/detect/valid_password.c \
	filterd/detect/variants.c filterd/detect/variants.h \
	filterd/detect/valid_id.c filterd/detect/valid_id.h filterd/detect/valid_code.c \
	filterd/detect/valid_europe.c filterd/detect/valid_vat.c filterd/detect/valid_world.c \
	filterd/detect/valid_hash.c filterd/detect/valid_wallet.c filterd/detect/valid_wallet.h filterd/detect/valid_wallet_words.c \
	filterd/detect/view.c filterd/detect/view.h \
	filterd/detect/winnow.c filterd/detect/winnow.h
