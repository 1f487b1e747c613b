/* The pipeline of a file: inspect → classify → decide → record → act, for uploads and for `filterctl scan`. */
#ifndef FILTERD_FLOW_FILE_H
#define FILTERD_FLOW_FILE_H

#include "flow/broker.h"

/* For upload_service_new: ctx is the struct broker. */
extern const struct upload_ops file_upload_ops;

#endif
