noinst_LIBRARIES += libmodel.a
libmodel_a_SOURCES = \
	filterd/model/carry.c filterd/model/carry.h \
	filterd/model/edge.c filterd/model/edge.h \
	filterd/model/event.c filterd/model/event.h \
	filterd/model/jid.c filterd/model/jid.h \
	filterd/model/mask.c filterd/model/mask.h \
	filterd/model/pattern.c filterd/model/pattern.h \
	filterd/model/reading.c filterd/model/reading.h \
	filterd/model/rest.c filterd/model/rest.h \
	filterd/model/unseen.c filterd/model/unseen.h \
	filterd/model/verdict.c filterd/model/verdict.h \
	filterd/model/window.c filterd/model/window.h
