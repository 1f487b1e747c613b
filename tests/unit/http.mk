# unit tests of filterd/http, and the program that end-to-end tests and benchmarks drive
HTTP_TEST_LIBS = libhttp.a libstore.a libconf.a libmodel.a libbase.a $(MHD_LIBS) $(LIBEVENT_LIBS) $(SQLITE_LIBS) $(LIBCONFIG_LIBS) \
	$(CRYPTO_LIBS) -lpthread
EXTRA_PROGRAMS += tests/hosts/upload_host
check_DATA += tests/hosts/upload_host
CLEANFILES += tests/hosts/upload_host
tests_hosts_upload_host_SOURCES = tests/hosts/upload_host.c
tests_hosts_upload_host_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(JANSSON_CFLAGS)
tests_hosts_upload_host_LDADD = libproc.a $(SECCOMP_LIBS) $(HTTP_TEST_LIBS) $(JANSSON_LIBS)
if CMOCKA
check_PROGRAMS += tests/unit/http_upload
tests_unit_http_upload_SOURCES = tests/unit/http_upload.c
tests_unit_http_upload_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LIBEVENT_CFLAGS) $(MHD_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_http_upload_LDADD = $(HTTP_TEST_LIBS) $(UNIT_LIBS)
endif
