#include "http/put.h"

#include "base/clock.h"
#include "base/io.h"
#include "http/headers.h"
#include "http/name.h"
#include "http/reply.h"
#include "http/service.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum job_phase { JOB_RECEIVING, JOB_JUDGING, JOB_STORING, JOB_ANSWERED };

/* Apart from its connection, since either may end first.  Freed when it is answered or its client is gone, no
 * verdict is due and the thread does not have it: see job_release(). */
struct upload_job {
	struct upload_service *svc;          /* NULL once the service is gone */
	struct upload_job *prev, *next;      /* svc->jobs */
	struct upload_job *link;             /* svc->answered, svc->storing or a commit's jobs */
	struct request *req;                 /* NULL once the connection is gone */
	struct MHD_Connection *connection;   /* as long as req */
	struct upload_row *row;
	int64_t day;
	int fd, reader_fd;                   /* the unnamed file; read-only, for the judge */
	EVP_MD_CTX *digest;
	uint8_t sha256[UPLOADS_HASH_SIZE];
	int64_t received;
	uint64_t since_ms;                   /* when it was handed to the judge */
	enum job_phase phase;
	bool is_due;                         /* the judge has it */
	bool is_held;                        /* its connection is suspended */
	int error;                           /* errno of a write that failed */
	int status;                          /* the answer, once it is known */
	char text[1100];
	struct durable_item item;
};

struct commit {
	struct durable_item item;
	struct upload_service *svc;
	struct upload_job *jobs;
	unsigned pending; /* items that the thread still has */
};

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

static void job_free(struct upload_job *job)
{
	job_unlist(job);
	io_close(&job->fd);
	io_close(&job->reader_fd);
	EVP_MD_CTX_free(job->digest);
	uploads_row_free(&job->row);
	free(job);
}

static void job_release(struct upload_job *job)
{
	if (job->phase == JOB_ANSWERED && !job->req && !job->is_due)
		job_free(job);
}

/* The slot ends with this upload; a new try needs a new one.  If the index can't be written, the row is
 * swept at the next start. */
static void drop_row(struct upload_job *job)
{
	if (job->svc && uploads_delete(job->svc->uploads, job->row->id) < 0)
		return;
}

static const char *status_text(int status)
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

static int status_of_errno(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG ? MHD_HTTP_INSUFFICIENT_STORAGE
								    : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

/* Decides the answer.  It goes out from the loop, never from here: resuming a connection in the callback that
 * suspended it loses the wake-up. */
static void answer(struct upload_job *job, int status, const char *text)
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

static void fail(struct upload_job *job, int status)
{
	drop_row(job);
	job->svc->stats.failed++;
	answer(job, status, status_text(status));
}

/* --- before the body --- */

static enum MHD_Result refuse(struct upload_service *svc, struct request *req, struct MHD_Connection *connection,
	const struct upload_row *row, int status, const char *text)
{
	conn_enter(req->conn, CONN_REPLY, 0);
	if (row)
		service_report(svc, row, status, text, NULL);
	/* Queued in the first handler call, so no "100 Continue" is sent, and the connection ends after it:
	 * the body, if it comes, is not for us. */
	return reply_text(connection, status, text);
}

static bool token_is(struct upload_service *svc, const struct upload_row *row, const char *authorization)
{
	uint8_t hash[UPLOADS_HASH_SIZE];
	const char *token = authorization + strlen("Bearer ");
	return strncasecmp(authorization, "Bearer ", strlen("Bearer ")) == 0 &&
	       EVP_Digest(token, strlen(token), hash, NULL, svc->sha256, NULL) == 1 &&
	       CRYPTO_memcmp(hash, row->token_hash, sizeof hash) == 0;
}

/* What is wrong with a PUT whose token is right; 0 if nothing. */
static int check_against_slot(const struct upload_row *row, const struct headers *h, const char **why_r)
{
	char type[UPLOAD_TYPE_MAX + 1];
	if (row->state != UPLOAD_STATE_SLOT) {
		*why_r = "This slot has been used.";
		return MHD_HTTP_CONFLICT;
	}
	if (row->expires <= clock_wall_s()) {
		*why_r = "This slot has expired.";
		return MHD_HTTP_GONE;
	}
	if (h->length > row->size) {
		*why_r = "The file is larger than the slot that was asked for.";
		return MHD_HTTP_CONTENT_TOO_LARGE;
	}
	if (h->length < row->size) {
		*why_r = "The file is smaller than the slot that was asked for.";
		return MHD_HTTP_BAD_REQUEST;
	}
	if (h->type && *row->type) {
		media_type_copy(type, sizeof type, h->type);
		if (strcmp(type, row->type) != 0) {
			*why_r = "The Content-Type is not that of the slot.";
			return MHD_HTTP_BAD_REQUEST;
		}
	}
	return 0;
}

/* On the file system where it will stay: storing it is then no copy.  Space is taken now, so that "no space" is
 * said before the body is sent.  Returns 0 or errno. */
static int open_spool(struct upload_service *svc, struct upload_job *job)
{
	job->day = clock_wall_s() / 86400;
	job->item.dir_fd = uploads_day_fd(svc->uploads, job->day);
	if (job->item.dir_fd < 0)
		return errno;
	job->fd = openat(job->item.dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (job->fd < 0)
		return errno;
	if (fallocate(job->fd, 0, 0, job->row->size) < 0 && errno != EOPNOTSUPP && errno != ENOSYS)
		return errno;
	return 0;
}

static struct upload_job *job_new(struct upload_service *svc, struct request *req, struct MHD_Connection *connection,
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

/* The index knows it as taken; but a commit that fails undoes that too. */
static bool is_under_way(const struct upload_service *svc, const char *id)
{
	for (const struct upload_job *job = svc->jobs; job; job = job->next)
		if (strcmp(job->row->id, id) == 0)
			return true;
	return false;
}

static enum MHD_Result accept_body(struct upload_service *svc, struct request *req, struct MHD_Connection *connection,
	struct upload_row **row)
{
	/* Clients that go away while the judge works leave jobs without a connection: these have a limit too. */
	if (svc->njobs >= 2 * (unsigned)svc->conf->upload.connections_max)
		return refuse(svc, req, connection, *row, MHD_HTTP_SERVICE_UNAVAILABLE, "Too many uploads. Try again later.");
	if (is_under_way(svc, (*row)->id))
		return refuse(svc, req, connection, *row, MHD_HTTP_CONFLICT, "This slot has been used.");
	struct upload_job *job = job_new(svc, req, connection, row);
	if (!job)
		return MHD_NO;
	int error = open_spool(svc, job);
	if (error) {
		int status = status_of_errno(error);
		enum MHD_Result r = refuse(svc, req, connection, job->row, status, status_text(status));
		job_free(job);
		return r;
	}
	if (uploads_take(svc->uploads, job->row->id) != 1) {
		job_free(job);
		return refuse(svc, req, connection, NULL, MHD_HTTP_INTERNAL_SERVER_ERROR, "The index can't be written.");
	}
	svc->stats.puts++;
	req->job = job;
	conn_enter(req->conn, CONN_BODY, 0);
	return MHD_YES;
}

enum MHD_Result put_begin(struct upload_service *svc, struct request *req, struct MHD_Connection *connection, const char *url,
	const struct headers *h)
{
	char id[UPLOADS_ID_SIZE];
	const char *segment, *why;
	struct upload_row *row = NULL;
	int status = headers_check_body(h, &why);
	if (status)
		return refuse(svc, req, connection, NULL, status, why);
	if (!service_url_split(svc, url, id, &segment))
		return refuse(svc, req, connection, NULL, MHD_HTTP_NOT_FOUND, "Not found.");
	if (!h->authorization)
		return refuse(svc, req, connection, NULL, MHD_HTTP_UNAUTHORIZED, "The slot's Authorization header is missing.");
	int found = uploads_find(svc->uploads, id, &row);
	if (found < 0)
		return refuse(svc, req, connection, NULL, MHD_HTTP_INTERNAL_SERVER_ERROR, "The index can't be read.");
	enum MHD_Result r;
	if (!found || !name_matches(segment, row->name))
		r = refuse(svc, req, connection, NULL, MHD_HTTP_NOT_FOUND, "Not found.");
	else if (!token_is(svc, row, h->authorization))
		r = refuse(svc, req, connection, NULL, MHD_HTTP_FORBIDDEN, "The slot's token is wrong.");
	else if ((status = check_against_slot(row, h, &why)))
		r = refuse(svc, req, connection, row, status, why);
	else
		r = accept_body(svc, req, connection, &row);
	uploads_row_free(&row);
	return r;
}

/* --- the body --- */

static void take_data(struct upload_job *job, const char *data, size_t size)
{
	job->received += (int64_t)size;
	job->req->conn->bytes = job->received;
	if (job->error)
		return; /* the rest is read and forgotten: an answer before its end would not reach most clients */
	if (job->received > job->row->size)
		job->error = EFBIG;
	else if (EVP_DigestUpdate(job->digest, data, size) != 1)
		job->error = EIO;
	else if (io_write_all(job->fd, data, size) < 0)
		job->error = errno;
}

static void submit(struct upload_service *svc, struct upload_job *job)
{
	struct upload_meta meta = { job->row->owner, job->row->name, job->row->type, job->row->id, job->row->size, job->sha256 };
	MHD_suspend_connection(job->connection);
	job->is_held = job->is_due = true;
	job->since_ms = clock_ms();
	job->phase = JOB_JUDGING;
	conn_enter(job->req->conn, CONN_HELD, 0);
	if (svc->ops.scan(svc->ctx, job, job->reader_fd, &meta) != 0) {
		job->is_due = false;
		svc->stats.unavailable++;
		drop_row(job);
		answer(job, MHD_HTTP_SERVICE_UNAVAILABLE, status_text(MHD_HTTP_SERVICE_UNAVAILABLE));
	}
}

static void body_done(struct upload_service *svc, struct upload_job *job)
{
	if (!job->error && job->received != job->row->size)
		job->error = EPROTO;
	if (!job->error && EVP_DigestFinal_ex(job->digest, job->sha256, NULL) != 1)
		job->error = EIO;
	/* The judge gets a descriptor that it can't write through: what it saw is what will be served. */
	if (!job->error && (job->reader_fd = io_reopen_readonly(job->fd)) < 0)
		job->error = errno;
	if (job->error) {
		int status = status_of_errno(job->error);
		service_report(svc, job->row, status, strerror(job->error), NULL);
		fail(job, status);
		return;
	}
	submit(svc, job);
}

enum MHD_Result put_continue(struct upload_service *svc, struct request *req, struct MHD_Connection *connection,
	const char *data, size_t *size)
{
	struct upload_job *job = req->job;
	if (job->phase == JOB_RECEIVING) {
		if (*size > 0) {
			take_data(job, data, *size);
			*size = 0;
			return MHD_YES;
		}
		body_done(svc, job);
	}
	if (job->phase != JOB_ANSWERED || job->is_held)
		return MHD_YES; /* suspended */
	conn_enter(req->conn, CONN_REPLY, 0);
	return reply_text(connection, job->status, *job->text ? job->text : NULL);
}

void put_end(struct request *req)
{
	struct upload_job *job = req->job;
	if (!job)
		return;
	req->job = NULL;
	job->req = NULL;
	job->connection = NULL;
	job->is_held = false;
	if (job->phase == JOB_RECEIVING) { /* gone in the middle of its body: as if it had never been */
		drop_row(job);
		job_free(job);
		return;
	}
	job_release(job);
}

/* --- the verdict, and what follows from it --- */

static void store_failed(struct upload_job *job, int error)
{
	int status = status_of_errno(error);
	service_report(job->svc, job->row, status, strerror(error), NULL);
	fail(job, status);
}

static void fail_storing(struct upload_service *svc)
{
	struct upload_job *jobs = svc->storing;
	svc->storing = NULL;
	for (struct upload_job *next; jobs; jobs = next) {
		next = jobs->link;
		store_failed(jobs, EIO);
	}
}

int put_flush(struct upload_service *svc)
{
	if (uploads_commit(svc->uploads) == 0)
		return 0;
	fail_storing(svc); /* their rows are undone with the rest */
	return -1;
}

/* The last of a commit's items is done: all its jobs are answered. */
static void settle(struct commit *c)
{
	struct upload_service *svc = c->svc;
	for (struct upload_job *job = c->jobs, *next; job; job = next) {
		next = job->link;
		int error = job->item.error ? job->item.error : c->item.error;
		if (error) {
			if (!job->item.error)
				unlinkat(job->item.dir_fd, job->row->id, 0);
			store_failed(job, error);
			continue;
		}
		svc->stats.stored++;
		answer(job, MHD_HTTP_CREATED, NULL);
	}
	free(c);
	svc->committing = false;
	if (svc->storing)
		event_active(svc->commit, 0, 0);
}

static void commit_part_done(struct durable_item *item)
{
	struct commit *c = item->ctx;
	if (--c->pending == 0)
		settle(c);
}

/* One commit is under way at a time; what is judged meanwhile waits for it and goes together into the next: the
 * more there is to do, the less each costs.
 *
 * The index is committed before the files are named, but each only counts once all of it is on disk: a row without
 * its file is no file, to a GET as well as at the next start, and until the answer nobody was promised one.  So one
 * pass of the thread is enough for both. */
void put_commit(struct upload_service *svc)
{
	if (svc->committing || !svc->storing)
		return;
	if (put_flush(svc) < 0)
		return;
	struct commit *c = malloc(sizeof *c);
	if (!c) {
		fail_storing(svc);
		return;
	}
	struct upload_job *jobs = svc->storing;
	svc->storing = NULL;
	*c = (struct commit){ .svc = svc, .jobs = jobs, .pending = 1 };
	c->item = (struct durable_item){ .kind = DURABLE_SYNC, .fd = uploads_log_fd(svc->uploads), .done = commit_part_done, .ctx = c };
	for (struct upload_job *job = jobs; job; job = job->link) {
		job->item = (struct durable_item){ .kind = DURABLE_FILE, .fd = job->fd, .dir_fd = job->item.dir_fd,
			.name = job->row->id, .done = commit_part_done, .ctx = c };
		c->pending++;
	}
	svc->committing = true;
	for (struct upload_job *job = jobs; job; job = job->link)
		durable_submit(svc->durable, &job->item);
	durable_submit(svc->durable, &c->item);
}

/* A client that has closed its side will not see the answer: its file is not kept.  (It costs those few who
 * half-close before they read; a file that nobody knows the fate of costs more.) */
static bool is_gone(const struct upload_job *job)
{
	if (!job->req)
		return true;
	struct pollfd p = { .fd = job->req->conn->fd, .events = POLLRDHUP };
	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static void store(struct upload_job *job)
{
	struct upload_service *svc = job->svc;
	if (is_gone(job)) {
		drop_row(job);
		svc->stats.failed++;
		answer(job, MHD_HTTP_BAD_REQUEST, "The connection was closed before the answer.");
		return;
	}
	if (uploads_set_clean(svc->uploads, job->row->id, job->sha256, job->day, clock_wall_s() + svc->conf->upload.expire_s) < 0) {
		store_failed(job, EIO);
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
	answer(job, status, answer_text);
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
	if (job->phase != JOB_JUDGING) { /* too late: put_sweep() has answered */
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
			drop_row(job);
		turn_down(job, MHD_HTTP_FORBIDDEN, ref, text, "The file was refused.");
		return;
	case UPLOAD_UNAVAILABLE:
		break;
	}
	svc->stats.unavailable++;
	drop_row(job);
	turn_down(job, MHD_HTTP_SERVICE_UNAVAILABLE, ref, text, status_text(MHD_HTTP_SERVICE_UNAVAILABLE));
}

void put_answer(struct upload_service *svc)
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

void put_sweep(struct upload_service *svc, uint64_t now_ms)
{
	/* Who judges has its own, tighter limit; this one is for when that fails, since nothing times out a
	 * suspended connection. */
	uint64_t limit = 2 * (uint64_t)svc->conf->scan.file_time_ms + 60000;
	for (struct upload_job *job = svc->jobs, *next; job; job = next) {
		next = job->next;
		if (job->phase != JOB_JUDGING || now_ms - job->since_ms < limit)
			continue;
		svc->stats.unavailable++;
		drop_row(job);
		turn_down(job, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, NULL, status_text(MHD_HTTP_SERVICE_UNAVAILABLE));
	}
}

void put_release(struct upload_service *svc)
{
	svc->answered = NULL;
	for (struct upload_job *job = svc->jobs; job; job = job->next) {
		if (!job->is_held)
			continue;
		job->is_held = false;
		MHD_resume_connection(job->connection);
	}
}

void put_stop(struct upload_service *svc)
{
	for (struct upload_job *job = svc->jobs, *next; job; job = next) {
		next = job->next;
		if (job->is_due)
			job_unlist(job); /* upload_verdict() frees it */
		else
			job_free(job);
	}
}
