#include "http/commit.h"

#include "http/job.h"

#include <errno.h>
#include <event2/event.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <unistd.h>

struct commit {
	struct durable_item item;
	struct upload_service *svc;
	struct upload_job *jobs;
	unsigned pending; /* items that the threads still have */
};

static void fail_storing(struct upload_service *svc)
{
	struct upload_job *jobs = svc->storing;
	svc->storing = NULL;
	for (struct upload_job *next; jobs; jobs = next) {
		next = jobs->link;
		job_fail_errno(jobs, EIO);
	}
}

int commit_index(struct upload_service *svc)
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
			job_fail_errno(job, error);
			continue;
		}
		svc->stats.stored++;
		job_answer(job, MHD_HTTP_CREATED, NULL);
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
 * pass of the threads is enough for both. */
void commit_start(struct upload_service *svc)
{
	if (svc->committing || !svc->storing)
		return;
	if (commit_index(svc) < 0)
		return;
	struct commit *c = malloc(sizeof *c);
	if (!c) {
		fail_storing(svc);
		return;
	}
	struct upload_job *jobs = svc->storing;
	svc->storing = NULL;
	*c = (struct commit){.svc = svc, .jobs = jobs, .pending = 1};
	c->item = (struct durable_item){
	        .kind = DURABLE_SYNC, .fd = uploads_log_fd(svc->uploads), .done = commit_part_done, .ctx = c};
	for (struct upload_job *job = jobs; job; job = job->link) {
		job->item = (struct durable_item){.kind = DURABLE_FILE,
		                                  .fd = job->fd,
		                                  .dir_fd = job->item.dir_fd,
		                                  .name = job->row->id,
		                                  .done = commit_part_done,
		                                  .ctx = c};
		c->pending++;
	}
	svc->committing = true;
	for (struct upload_job *job = jobs; job; job = job->link)
		durable_submit(svc->durable, &job->item);
	durable_submit(svc->durable, &c->item);
}
