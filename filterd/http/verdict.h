/* What follows from a verdict: upload_verdict() of http/upload.h. */
#ifndef FILTERD_HTTP_VERDICT_H
#define FILTERD_HTTP_VERDICT_H

#include <stdint.h>

struct upload_service;

/* Gives up on overdue verdicts. */
void verdict_sweep(struct upload_service *svc, uint64_t now_ms);

#endif
