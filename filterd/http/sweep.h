/* Once a second: limits that libmicrohttpd does not have, expiry, overdue verdicts. */
#ifndef FILTERD_HTTP_SWEEP_H
#define FILTERD_HTTP_SWEEP_H

struct upload_service;

void sweep(struct upload_service *svc);

#endif
