# unit tests of filterd/base
if CMOCKA
check_PROGRAMS += tests/unit/base_buf
tests_unit_base_buf_SOURCES = tests/unit/base_buf.c
tests_unit_base_buf_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_buf_LDADD = libbase.a $(UNIT_LIBS)
endif
