/* Making durable what was judged clean. */
#ifndef FILTERD_HTTP_COMMIT_H
#define FILTERD_HTTP_COMMIT_H

struct upload_service;

/* Event callback: commits what is in svc->storing, unless a commit is under way, which then goes on with it. */
void commit_start(struct upload_service *svc);
/* uploads_commit(), and if that fails, what was about to be stored fails with it. */
int commit_index(struct upload_service *svc) __attribute__((warn_unused_result));

#endif
