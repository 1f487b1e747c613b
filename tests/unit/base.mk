# unit tests of filterd/base
if CMOCKA
check_PROGRAMS += tests/unit/base_buf tests/unit/base_nearest
tests_unit_base_buf_SOURCES = tests/unit/base_buf.c
tests_unit_base_buf_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_buf_LDADD = libbase.a $(UNIT_LIBS)
tests_unit_base_nearest_SOURCES = tests/unit/base_nearest.c
tests_unit_base_nearest_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_nearest_LDADD = libbase.a $(UNIT_LIBS)
endif
