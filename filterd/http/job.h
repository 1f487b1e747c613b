/* A PUT whose header was accepted, until it is answered and forgotten. */
#ifndef FILTERD_HTTP_JOB_H
#define FILTERD_HTTP_JOB_H

#include "http/service.h"

struct evp_md_ctx_st;

enum job_phase { JOB_RECEIVING, JOB_JUDGING, JOB_STORING, JOB_ANSWERED };

/* Apart from its connection, since either may end first.  Freed when it is answered or its client is gone, no
 * verdict is due and the threads do not have it: see job_release(). */
struct upload_job {
	struct upload_service *svc;        /* NULL once the service is gone */
	struct upload_job *prev, *next;    /* svc->jobs */
	struct upload_job *link;           /* svc->answered, svc->storing or a commit's jobs */
	struct request *req;               /* NULL once the connection is gone */
	struct MHD_Connection *connection; /* as long as req */
	struct upload_row *row;
	int64_t day;
	int fd, reader_fd; /* the unnamed file; read-only, for the judge */
	struct evp_md_ctx_st *digest;
	uint8_t sha256[UPLOADS_HASH_SIZE];
	int64_t received;
	uint64_t since_ms; /* when it was handed to the judge */
	enum job_phase phase;
	bool is_due;  /* the judge has it */
	bool is_held; /* its connection is suspended */
	int error;    /* errno of a write that failed */
	int status;   /* the answer, once it is known */
	char text[1100];
	struct durable_item item;
};

/* Takes *row over.  NULL without memory. */
struct upload_job *job_new(struct upload_service *svc, struct request *req, struct MHD_Connection *connection,
                           struct upload_row **row) __attribute__((warn_unused_result));
void job_free(struct upload_job *job);
/* Frees it if nobody needs it any more. */
void job_release(struct upload_job *job);

/* Deletes its row: the slot ends with this upload. */
void job_drop_row(struct upload_job *job);
/* Decides the answer, and may free the job; text is copied, NULL for none. */
void job_answer(struct upload_job *job, int status, const char *text);
/* The same for what went wrong on our side: drops the row, too, and with errno, reports it. */
void job_fail(struct upload_job *job, int status);
void job_fail_errno(struct upload_job *job, int error);
const char *job_status_text(int status);
int job_status_of_errno(int error);

/* Event callback: sends the answers that were decided. */
void jobs_answer(struct upload_service *svc);
/* At the service's end, before its connections are closed: lets the suspended ones go. */
void jobs_release(struct upload_service *svc);
/* After that, with no connection left: frees jobs, but for those that a verdict is still due for. */
void jobs_stop(struct upload_service *svc);

#endif
