# room fragment, owned by filterd/http
noinst_LIBRARIES += libhttp.a
libhttp_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(MHD_CFLAGS) $(CRYPTO_CFLAGS)
libhttp_a_SOURCES = \
	filterd/http/commit.c filterd/http/commit.h \
	filterd/http/durable.c filterd/http/durable.h \
	filterd/http/get.c filterd/http/get.h \
	filterd/http/headers.c filterd/http/headers.h \
	filterd/http/job.c filterd/http/job.h \
	filterd/http/name.c filterd/http/name.h \
	filterd/http/put.c filterd/http/put.h \
	filterd/http/range.c filterd/http/range.h \
	filterd/http/reply.c filterd/http/reply.h \
	filterd/http/service.c filterd/http/service.h \
	filterd/http/slot.c \
	filterd/http/sweep.c filterd/http/sweep.h \
	filterd/http/upload.h \
	filterd/http/verdict.c filterd/http/verdict.h
