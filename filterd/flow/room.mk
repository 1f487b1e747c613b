noinst_LIBRARIES += libflow.a
libflow_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
libflow_a_SOURCES = \
	filterd/flow/across.c filterd/flow/across.h \
	filterd/flow/admin.c filterd/flow/admin.h \
	filterd/flow/audience.c filterd/flow/audience.h \
	filterd/flow/attach.c filterd/flow/attach.h \
	filterd/flow/broker.c filterd/flow/broker.h \
	filterd/flow/component.c filterd/flow/component.h \
	filterd/flow/drip.c filterd/flow/drip.h \
	filterd/flow/file.c filterd/flow/file.h \
	filterd/flow/generation.c filterd/flow/generation.h \
	filterd/flow/incident.c filterd/flow/incident.h \
	filterd/flow/message.c filterd/flow/message.h \
	filterd/flow/notice.c filterd/flow/notice.h \
	filterd/flow/notice_text.c \
	filterd/flow/offsets.c filterd/flow/offsets.h \
	filterd/flow/pool.c filterd/flow/pool.h \
	filterd/flow/recent.c filterd/flow/recent.h \
	filterd/flow/redact.c filterd/flow/redact.h \
	filterd/flow/stanza.c filterd/flow/stanza.h \
	filterd/flow/stanza_mask.c \
	filterd/flow/value.c filterd/flow/value.h
