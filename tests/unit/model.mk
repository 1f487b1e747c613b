# unit tests of filterd/model
if CMOCKA
check_PROGRAMS += tests/unit/model_window
tests_unit_model_window_SOURCES = tests/unit/model_window.c
tests_unit_model_window_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_model_window_LDADD = libmodel.a libbase.a $(UNIT_LIBS)
check_PROGRAMS += tests/unit/model_reading
tests_unit_model_reading_SOURCES = tests/unit/model_reading.c
tests_unit_model_reading_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_model_reading_LDADD = libmodel.a libbase.a $(UNIT_LIBS)
check_PROGRAMS += tests/unit/model_rest
tests_unit_model_rest_SOURCES = tests/unit/model_rest.c
tests_unit_model_rest_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_model_rest_LDADD = libmodel.a libbase.a $(UNIT_LIBS)
check_PROGRAMS += tests/unit/model_mask
tests_unit_model_mask_SOURCES = tests/unit/model_mask.c
tests_unit_model_mask_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_model_mask_LDADD = libmodel.a libbase.a $(UNIT_LIBS)
endif
