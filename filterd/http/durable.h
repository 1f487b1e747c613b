/* Threads that wait for the disk, so that the event loop does not.
 *
 * Why threads, where else there are processes: fdatasync() blocks for milliseconds, has no
 * asynchronous form that epoll knows, and linkat() of an unnamed file needs its descriptor.  A helper
 * process would be handed each file and each folder, and hold the same rights.  The threads
 * share nothing but the queue; they never touch a connection or a job.
 *
 * What is queued together is done together: start write-back of all files, wait for each, name all, then one
 * fsync() for each folder.  That is 2-3 times the rate of doing it one by one.  The queue is shared out among a few
 * threads, since the kernel merges flushes that are asked for at the same time: on a slow disk up to twice the rate.
 */
#ifndef FILTERD_HTTP_DURABLE_H
#define FILTERD_HTTP_DURABLE_H

#include <stddef.h>

struct event_base;
struct durable;

enum durable_kind {
	DURABLE_FILE, /* make fd's content durable, link it into dir_fd as name, make that durable */
	DURABLE_SYNC, /* fdatasync(fd) */
	DURABLE_RUN   /* run(): something else that may wait for the disk */
};

struct durable_item {
	enum durable_kind kind;
	int fd, dir_fd;
	const char *name;
	void (*run)(struct durable_item *item);  /* in a thread */
	void (*done)(struct durable_item *item); /* in the event loop; error is set */
	void *ctx;
	int error; /* 0 or errno */
	struct durable_item *next;
};

/* NULL with errno.  The threads start, with all signals blocked, when there is first something for it to do: after the
 * process has closed itself in, since Landlock binds the thread that asks for it and those born later, not its
 * siblings. */
struct durable *durable_new(struct event_base *base);
/* Queues an item, which stays the caller's and must live until done() was called. */
void durable_submit(struct durable *d, struct durable_item *item);
/* Ends the threads after what is queued, calls the remaining done()s, sets *d to NULL.  NULL is fine. */
void durable_free(struct durable **d);

#endif
