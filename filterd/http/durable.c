#include "http/durable.h"

#include "base/io.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { BATCH_MAX = 64, THREADS = 4 };

struct queue {
	struct durable_item *head, **tail;
};

struct durable {
	pthread_t threads[THREADS];
	int nthreads;
	pthread_mutex_t lock; /* of todo, ntodo, finished and stop */
	pthread_cond_t work;
	struct queue todo, finished;
	int ntodo; /* items in todo */
	bool stop;
	int wake_fd; /* eventfd: finished is not empty */
	struct event *wake;
};

static void queue_init(struct queue *q)
{
	q->head = NULL;
	q->tail = &q->head;
}

static void queue_add(struct queue *q, struct durable_item *item)
{
	item->next = NULL;
	*q->tail = item;
	q->tail = &item->next;
}

static struct durable_item *queue_take(struct queue *q)
{
	struct durable_item *item = q->head;
	if (item && !(q->head = item->next))
		q->tail = &q->head;
	return item;
}

static int link_unnamed(int fd, int dir_fd, const char *name)
{
	char path[32];
	/* Since Linux 6.10 who opened the file may do this without a privilege; before, by way of /proc. */
	if (linkat(fd, "", dir_fd, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT && errno != EPERM && errno != EINVAL)
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW);
}

/* Order is what makes it safe: never a name whose content could be missing after a power loss. */
static void do_files(struct durable_item **files, int n)
{
	bool synced[BATCH_MAX] = {false};
	for (int i = 0; i < n; i++)
		(void)sync_file_range(files[i]->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* a hint: what counts comes next */
	for (int i = 0; i < n; i++)
		files[i]->error = fdatasync(files[i]->fd) < 0 ? errno : 0;
	for (int i = 0; i < n; i++)
		if (!files[i]->error && link_unnamed(files[i]->fd, files[i]->dir_fd, files[i]->name) < 0)
			files[i]->error = errno;
	for (int i = 0; i < n; i++) {
		if (synced[i] || files[i]->error)
			continue;
		int error = fsync(files[i]->dir_fd) < 0 ? errno : 0;
		for (int k = i; k < n; k++) {
			if (files[k]->dir_fd != files[i]->dir_fd || files[k]->error)
				continue;
			synced[k] = true;
			if (error) {
				unlinkat(files[k]->dir_fd, files[k]->name, 0);
				files[k]->error = error;
			}
		}
	}
}

static void do_batch(struct durable_item **batch, int n)
{
	struct durable_item *files[BATCH_MAX];
	int nfiles = 0;
	for (int i = 0; i < n; i++)
		if (batch[i]->kind == DURABLE_FILE)
			files[nfiles++] = batch[i];
	do_files(files, nfiles);
	for (int i = 0; i < n; i++) {
		if (batch[i]->kind == DURABLE_SYNC)
			batch[i]->error = fdatasync(batch[i]->fd) < 0 ? errno : 0;
		else if (batch[i]->kind == DURABLE_RUN)
			batch[i]->run(batch[i]);
	}
}

static void wake(struct durable *d)
{
	uint64_t one = 1;
	if (write(d->wake_fd, &one, sizeof one) < 0)
		return; /* full: then the loop is about to wake up anyway */
}

static void *work(void *arg)
{
	struct durable *d = arg;
	struct durable_item *batch[BATCH_MAX];
	pthread_mutex_lock(&d->lock);
	for (;;) {
		int n = 0;
		while (!d->todo.head && !d->stop)
			pthread_cond_wait(&d->work, &d->lock);
		int share = (d->ntodo + THREADS - 1) / THREADS;
		while (n < BATCH_MAX && n < share && (batch[n] = queue_take(&d->todo)))
			n++;
		d->ntodo -= n;
		if (n == 0)
			break;
		pthread_mutex_unlock(&d->lock);
		do_batch(batch, n);
		pthread_mutex_lock(&d->lock);
		for (int i = 0; i < n; i++)
			queue_add(&d->finished, batch[i]);
		wake(d);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

static void finish(struct durable *d)
{
	pthread_mutex_lock(&d->lock);
	struct queue finished = d->finished;
	queue_init(&d->finished);
	pthread_mutex_unlock(&d->lock);
	for (struct durable_item *item = finished.head, *next; item; item = next) {
		next = item->next;
		item->done(item);
	}
}

static void on_wake(int fd, short what, void *arg)
{
	uint64_t count;
	if (read(fd, &count, sizeof count) == sizeof count)
		finish(arg);
}

static void start(struct durable *d)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (d->nthreads < THREADS && pthread_create(&d->threads[d->nthreads], NULL, work, d) == 0)
		d->nthreads++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

struct durable *durable_new(struct event_base *base)
{
	struct durable *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	queue_init(&d->todo);
	queue_init(&d->finished);
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->work, NULL);
	d->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->wake = d->wake_fd < 0 ? NULL : event_new(base, d->wake_fd, EV_READ | EV_PERSIST, on_wake, d);
	if (d->wake && event_add(d->wake, NULL) == 0)
		return d;
	if (d->wake)
		event_free(d->wake);
	io_close(&d->wake_fd);
	free(d);
	return NULL;
}

void durable_submit(struct durable *d, struct durable_item *item)
{
	item->error = 0;
	if (d->nthreads == 0)
		start(d);
	if (d->nthreads == 0) { /* without threads the loop has to wait itself */
		do_batch(&item, 1);
		queue_add(&d->finished, item);
		wake(d);
		return;
	}
	pthread_mutex_lock(&d->lock);
	queue_add(&d->todo, item);
	d->ntodo++;
	pthread_cond_signal(&d->work);
	pthread_mutex_unlock(&d->lock);
}

void durable_free(struct durable **dp)
{
	struct durable *d = *dp;
	*dp = NULL;
	if (!d)
		return;
	if (d->nthreads > 0) {
		pthread_mutex_lock(&d->lock);
		d->stop = true;
		pthread_cond_broadcast(&d->work);
		pthread_mutex_unlock(&d->lock);
		for (int i = 0; i < d->nthreads; i++)
			pthread_join(d->threads[i], NULL);
	}
	finish(d);
	event_free(d->wake);
	io_close(&d->wake_fd);
	pthread_cond_destroy(&d->work);
	pthread_mutex_destroy(&d->lock);
	free(d);
}
