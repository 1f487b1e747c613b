#include "http/put.h"

#include "base/clock.h"
#include "base/io.h"
#include "http/headers.h"
#include "http/job.h"
#include "http/name.h"
#include "http/reply.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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
		return refuse(svc, req, connection, *row, MHD_HTTP_SERVICE_UNAVAILABLE,
		              "Too many uploads. Try again later.");
	if (is_under_way(svc, (*row)->id))
		return refuse(svc, req, connection, *row, MHD_HTTP_CONFLICT, "This slot has been used.");
	struct upload_job *job = job_new(svc, req, connection, row);
	if (!job)
		return MHD_NO;
	int error = open_spool(svc, job);
	if (error) {
		int status = job_status_of_errno(error);
		enum MHD_Result r = refuse(svc, req, connection, job->row, status, job_status_text(status));
		job_free(job);
		return r;
	}
	if (uploads_take(svc->uploads, job->row->id) != 1) {
		job_free(job);
		return refuse(svc, req, connection, NULL, MHD_HTTP_INTERNAL_SERVER_ERROR,
		              "The index can't be written.");
	}
	svc->stats.puts++;
	req->job = job;
	conn_enter(req->conn, CONN_BODY, 0);
	return MHD_YES;
}

enum MHD_Result put_begin(struct upload_service *svc, struct request *req, struct MHD_Connection *connection,
                          const char *url, const struct headers *h)
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
		return refuse(svc, req, connection, NULL, MHD_HTTP_UNAUTHORIZED,
		              "The slot's Authorization header is missing.");
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
	struct upload_meta meta = {job->row->owner, job->row->name, job->row->type,
	                           job->row->id,    job->row->size, job->sha256};
	MHD_suspend_connection(job->connection);
	job->is_held = job->is_due = true;
	job->since_ms = clock_ms();
	job->phase = JOB_JUDGING;
	conn_enter(job->req->conn, CONN_HELD, 0);
	if (svc->ops.scan(svc->ctx, job, job->reader_fd, &meta) != 0) {
		job->is_due = false;
		svc->stats.unavailable++;
		job_drop_row(job);
		job_answer(job, MHD_HTTP_SERVICE_UNAVAILABLE, job_status_text(MHD_HTTP_SERVICE_UNAVAILABLE));
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
		int status = job_status_of_errno(job->error);
		service_report(svc, job->row, status, strerror(job->error), NULL);
		job_fail(job, status);
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
		job_drop_row(job);
		job_free(job);
		return;
	}
	job_release(job);
}
