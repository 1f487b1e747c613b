#include "http/job.h"

#include "base/io.h"

#include <errno.h>
#include <event2/event.h>
#include <microhttpd.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void job_unlist(struct upload_job *job)
{
	struct upload_service *svc = job->svc;
	if (!svc)
		return;
	if (job->prev)
		job->prev->next = job->next;
	else
		svc->jobs = job->next;
	if (job->next)
		job->next->prev = job->prev;
	svc->njobs--;
	job->svc = NULL;
}

void job_free(struct upload_job *job)
{
	job_unlist(job);
	io_close(&job->fd);
	io_close(&job->reader_fd);
	EVP_MD_CTX_free(job->digest);
	uploads_row_free(&job->row);
	free(job);
}

void job_release(struct upload_job *job)
{
	if (job->phase == JOB_ANSWERED && !job->req && !job->is_due)
		job_free(job);
}

/* The slot ends with this upload; a new try needs a new one.  If the index can't be written, the row is
 * swept at the next start. */
void job_drop_row(struct upload_job *job)
{
	if (job->svc && uploads_delete(job->svc->uploads, job->row->id) < 0)
		return;
}

const char *job_status_text(int status)
{
	switch (status) {
	case MHD_HTTP_INSUFFICIENT_STORAGE:
		return "There is no space for the file. Try again later.";
	case MHD_HTTP_SERVICE_UNAVAILABLE:
		return "The file could not be checked now. Try again later.";
	default:
		return "The file could not be stored.";
	}
}

int job_status_of_errno(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG ? MHD_HTTP_INSUFFICIENT_STORAGE
	                                                            : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

/* Decides the answer.  It goes out from the loop, never from here: resuming a connection in the callback that
 * suspended it loses the wake-up. */
void job_answer(struct upload_job *job, int status, const char *text)
{
	job->status = status;
	snprintf(job->text, sizeof job->text, "%s", text ? text : "");
	job->phase = JOB_ANSWERED;
	io_close(&job->fd);
	if (!job->req) {
		job_release(job);
		return;
	}
	if (!job->is_held)
		return; /* put_continue() is about to answer itself */
	job->link = job->svc->answered;
	job->svc->answered = job;
	event_active(job->svc->answers, 0, 0);
}

void job_fail(struct upload_job *job, int status)
{
	job_drop_row(job);
	job->svc->stats.failed++;
	job_answer(job, status, job_status_text(status));
}

void job_fail_errno(struct upload_job *job, int error)
{
	int status = job_status_of_errno(error);
	service_report(job->svc, job->row, status, strerror(error), NULL);
	job_fail(job, status);
}

struct upload_job *job_new(struct upload_service *svc, struct request *req, struct MHD_Connection *connection,
                           struct upload_row **row)
{
	struct upload_job *job = calloc(1, sizeof *job);
	if (!job)
		return NULL;
	job->fd = job->reader_fd = -1;
	job->digest = EVP_MD_CTX_new();
	if (!job->digest || EVP_DigestInit_ex2(job->digest, svc->sha256, NULL) != 1) {
		EVP_MD_CTX_free(job->digest);
		free(job);
		return NULL;
	}
	job->row = *row;
	*row = NULL;
	job->req = req;
	job->connection = connection;
	job->svc = svc;
	job->next = svc->jobs;
	if (job->next)
		job->next->prev = job;
	svc->jobs = job;
	svc->njobs++;
	return job;
}

void jobs_answer(struct upload_service *svc)
{
	struct upload_job *jobs = svc->answered;
	svc->answered = NULL;
	for (struct upload_job *next; jobs; jobs = next) {
		next = jobs->link;
		jobs->is_held = false;
		MHD_resume_connection(jobs->connection);
	}
	service_run(svc);
}

void jobs_release(struct upload_service *svc)
{
	svc->answered = NULL;
	for (struct upload_job *job = svc->jobs; job; job = job->next) {
		if (!job->is_held)
			continue;
		job->is_held = false;
		MHD_resume_connection(job->connection);
	}
}

void jobs_stop(struct upload_service *svc)
{
	for (struct upload_job *job = svc->jobs, *next; job; job = next) {
		next = job->next;
		if (job->is_due)
			job_unlist(job); /* upload_verdict() frees it */
		else
			job_free(job);
	}
}
