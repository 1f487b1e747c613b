#include "http/verdict.h"

#include "base/clock.h"
#include "base/io.h"
#include "http/job.h"

#include <errno.h>
#include <event2/event.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>

/* A client that has closed its side will not see the answer: its file is not kept.  (It costs those few who
 * half-close before they read; a file that nobody knows the fate of costs more.) */
static bool is_gone(const struct upload_job *job)
{
	if (!job->req)
		return true;
	struct pollfd p = {.fd = job->req->conn->fd, .events = POLLRDHUP};
	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static void store(struct upload_job *job)
{
	struct upload_service *svc = job->svc;
	if (is_gone(job)) {
		job_drop_row(job);
		svc->stats.failed++;
		job_answer(job, MHD_HTTP_BAD_REQUEST, "The connection was closed before the answer.");
		return;
	}
	if (uploads_set_clean(svc->uploads, job->row->id, job->sha256, job->day,
	                      clock_wall_s() + svc->conf->upload.expire_s) < 0) {
		job_fail_errno(job, EIO);
		return;
	}
	job->phase = JOB_STORING;
	job->link = svc->storing;
	svc->storing = job;
	event_active(svc->commit, 0, 0); /* once for all verdicts of this loop turn */
}

static void turn_down(struct upload_job *job, int status, const char *ref, const char *text, const char *otherwise)
{
	char answer_text[sizeof job->text];
	snprintf(answer_text, sizeof answer_text, "%.1000s%s%.*s", text && *text ? text : otherwise,
	         ref && *ref ? "\nReference: " : "", EVENT_REF_SIZE, ref ? ref : "");
	service_report(job->svc, job->row, status, status == MHD_HTTP_FORBIDDEN ? "refused" : "unavailable", ref);
	job_answer(job, status, answer_text);
}

void upload_verdict(struct upload_job *job, enum upload_verdict verdict, const char *ref, const char *text)
{
	struct upload_service *svc = job->svc;
	job->is_due = false;
	io_close(&job->reader_fd);
	if (!svc) {
		job_free(job);
		return;
	}
	if (job->phase != JOB_JUDGING) { /* too late: verdict_sweep() has answered */
		job_release(job);
		return;
	}
	switch (verdict) {
	case UPLOAD_CLEAN:
		store(job);
		return;
	case UPLOAD_REFUSED:
		svc->stats.refused++;
		if (uploads_set_refused(svc->uploads, job->row->id, job->row->expires) < 0)
			job_drop_row(job);
		turn_down(job, MHD_HTTP_FORBIDDEN, ref, text, "The file was refused.");
		return;
	case UPLOAD_UNAVAILABLE:
		break;
	}
	svc->stats.unavailable++;
	job_drop_row(job);
	turn_down(job, MHD_HTTP_SERVICE_UNAVAILABLE, ref, text, job_status_text(MHD_HTTP_SERVICE_UNAVAILABLE));
}

void verdict_sweep(struct upload_service *svc, uint64_t now_ms)
{
	/* Who judges has its own, tighter limit; this one is for when that fails, since nothing times out a
	 * suspended connection. */
	uint64_t limit = 2 * (uint64_t)svc->conf->scan.file_time_ms + 60000;
	for (struct upload_job *job = svc->jobs, *next; job; job = next) {
		next = job->next;
		if (job->phase != JOB_JUDGING || now_ms - job->since_ms < limit)
			continue;
		svc->stats.unavailable++;
		job_drop_row(job);
		turn_down(job, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, NULL, job_status_text(MHD_HTTP_SERVICE_UNAVAILABLE));
	}
}
