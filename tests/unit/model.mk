# unit tests of filterd/model
if CMOCKA
check_PROGRAMS += tests/unit/model_window
tests_unit_model_window_SOURCES = tests/unit/model_window.c
tests_unit_model_window_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_model_window_LDADD = libmodel.a libbase.a $(UNIT_LIBS)
endif
