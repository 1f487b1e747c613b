#include "flow/pool.h"

#include "base/clock.h"
#include "base/io.h"
#include "ipc/scan_page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SWEEP_MS = 100,
	SLOTS_MAX = 1024,
	FILL_FIRST = 8,         /* a worker gets this many texts before the next one is woken */
	ATTEMPTS_MAX = 2,
	QUEUE_BYTES_MAX = 64 << 20,
	KILL_AGAIN_MS = 2000,   /* a worker that is still there this long after KILL counts as gone */
	HELLO_MS = 180000,      /* loading millions of signatures takes a while */
};

TAILQ_HEAD(job_list, pool_job);

struct pool_job {
	TAILQ_ENTRY(pool_job) entry;
	struct pool *pool;
	pool_done_fn *done; /* NULL: its result was already given */
	void *ctx;
	bool is_file;
	bool alone;         /* its worker died once: nothing else is with it this time */
	unsigned attempts;
	uint32_t seq;
	uint64_t queued_ms, sent_ms;
	/* texts */
	char *bytes;        /* zeroed when freed */
	size_t size;        /* of all texts, and of what it takes in the window */
	size_t ntexts;
	struct scan_text *texts;
	/* file */
	int fd;
	uint64_t file_size;
	char *name;
};

struct worker {
	struct pool_gen *gen;
	unsigned slot;
	uint32_t pid;
	bool is_file, dead;
	int text_fd, file_fd;
	const struct scan_page *page;
	struct event *readable, *writable, *flush;
	struct buf in, out;
	struct job_list sent;    /* oldest first */
	unsigned nsent;
	size_t sent_bytes;
	uint32_t seq;
	uint64_t head_ms;        /* since when the oldest is the oldest */
	uint64_t kill_ms;        /* KILL was sent; 0 = not */
};

struct pool_gen {
	TAILQ_ENTRY(pool_gen) entry;
	struct pool *pool;
	struct generation *g;
	int fd;
	struct event *readable;
	uint64_t born_ms;
	bool hello, serving, retired, wrecked;
	size_t detectors_known;
	unsigned slots;          /* HELLO said */
	struct worker *workers[SLOTS_MAX];
	uint64_t missing_ms[SLOTS_MAX]; /* since when a slot has had no worker that works */
};

struct pool {
	struct event_base *base;
	const struct pool_ops *ops;
	void *ctx;
	TAILQ_HEAD(, pool_gen) gens;
	struct pool_gen *current;
	struct job_list text_queue, file_queue;
	size_t queue_bytes;
	struct event *sweep;
	struct buf packet;
	struct finding *findings;                /* SCAN_FINDINGS_MAX of each */
	struct scan_file_finding *file_findings;
	struct pool_status status;
};

static void dispatch(struct pool *p);
static void worker_gone(struct worker *w, bool overdue);

/* Jobs */

static void job_free(struct pool_job *j)
{
	if (j->bytes)
		explicit_bzero(j->bytes, j->size);
	free(j->bytes);
	free(j->texts);
	free(j->name);
	free(j);
}

/* Gives the result to whoever waits; the job itself stays with its worker until that has answered. */
static void job_finish(struct pool_job *j, const struct pool_result *r)
{
	pool_done_fn *done = j->done;
	j->done = NULL;
	if (done)
		done(j->ctx, r);
}

static void job_fail(struct pool_job *j, enum cause cause, const char *name)
{
	const struct pool *p = j->pool;
	struct pool_result r = { .g = p->current ? p->current->g : NULL, .status = SCAN_UNSCANNABLE, .cause = cause, .name = name };
	job_finish(j, &r);
}

static struct job_list *queue_of(struct pool *p, const struct pool_job *j)
{
	return j->is_file ? &p->file_queue : &p->text_queue;
}

static void enqueue(struct pool *p, struct pool_job *j, bool first)
{
	if (first)
		TAILQ_INSERT_HEAD(queue_of(p, j), j, entry);
	else
		TAILQ_INSERT_TAIL(queue_of(p, j), j, entry);
	p->queue_bytes += j->size;
}

static void dequeue(struct pool *p, struct pool_job *j)
{
	TAILQ_REMOVE(queue_of(p, j), j, entry);
	p->queue_bytes -= j->size;
}

/* Workers: sending */

static void on_flush(evutil_socket_t fd, short what, void *ctx)
{
	struct worker *w = ctx;
	if (w->dead)
		return;
	while (buf_left(&w->out) > 0) {
		ssize_t n = send(w->text_fd, buf_ptr(&w->out), buf_left(&w->out), MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			event_add(w->writable, NULL);
			return;
		}
		if (n < 0)
			return; /* it is dead: reading will say so, after what it answered */
		buf_skip(&w->out, (size_t)n);
	}
}

static uint32_t budget_us(const struct worker *w)
{
	return (uint32_t)w->gen->g->conf->scan.text_budget_ms * 1000;
}

static int send_text(struct worker *w, struct pool_job *j)
{
	const struct scan_text_job job = { j->seq, budget_us(w), j->ntexts, j->texts };
	if (scan_put_text_job(&w->out, &job) < 0)
		return -1;
	if (!event_pending(w->writable, EV_WRITE, NULL))
		event_active(w->flush, EV_TIMEOUT, 0); /* once per turn of the loop, for all that is put meanwhile */
	return 0;
}

static int send_file(struct worker *w, struct pool_job *j)
{
	struct buf b;
	const struct scan_file_job job = { .seq = j->seq, .kind = SCAN_KIND_FILE, .size = j->file_size,
		.time_ms = (uint32_t)w->gen->g->conf->scan.file_time_ms, .name = j->name, .name_len = strlen(j->name) };
	buf_init(&b, SCAN_PACKET_MAX);
	int fd = io_reopen_readonly(j->fd);
	int r = fd < 0 || scan_put_file_job(&b, &job) < 0 ? -1 : io_send_fds(w->file_fd, buf_ptr(&b), buf_left(&b), &fd, 1);
	io_close(&fd);
	buf_free(&b);
	return r;
}

static bool has_room(const struct worker *w, const struct pool_job *j)
{
	if (w->dead || w->kill_ms || w->is_file != j->is_file)
		return false;
	if (w->nsent == 0)
		return true;
	if (j->alone || TAILQ_FIRST(&w->sent)->alone)
		return false;
	if (w->is_file)
		return w->nsent < SCAN_WINDOW_FILES;
	return w->nsent < SCAN_WINDOW_JOBS && w->sent_bytes + j->size <= SCAN_WINDOW_BYTES;
}

/* The first worker with little to do, else the one with least: at low rates one stays warm. */
static struct worker *pick(const struct pool_gen *gen, const struct pool_job *j)
{
	struct worker *best = NULL;
	for (unsigned i = 0; i < gen->slots; i++) {
		struct worker *w = gen->workers[i];
		if (!w || !has_room(w, j))
			continue;
		if (w->nsent == 0 || (!w->is_file && w->nsent < FILL_FIRST))
			return w;
		if (!best || w->nsent < best->nsent)
			best = w;
	}
	return best;
}

static void dispatch_queue(struct pool *p, struct job_list *queue)
{
	struct pool_job *j;
	while (p->current && (j = TAILQ_FIRST(queue))) {
		struct worker *w = pick(p->current, j);
		if (!w)
			return;
		dequeue(p, j);
		j->seq = ++w->seq;
		j->sent_ms = clock_ms();
		if ((j->is_file ? send_file(w, j) : send_text(w, j)) < 0) {
			w->seq--;
			if (j->is_file && (errno == EPIPE || errno == ECONNRESET)) { /* this worker is gone: the next gets it */
				enqueue(p, j, true);
				worker_gone(w, false);
				continue;
			}
			job_fail(j, CAUSE_NO_SPACE, "the job could not be handed over");
			job_free(j);
			continue;
		}
		if (w->nsent == 0)
			w->head_ms = j->sent_ms;
		TAILQ_INSERT_TAIL(&w->sent, j, entry);
		w->nsent++;
		w->sent_bytes += j->size;
	}
}

static void dispatch(struct pool *p)
{
	dispatch_queue(p, &p->text_queue);
	dispatch_queue(p, &p->file_queue);
}

/* Workers: answers */

static void take_head(struct worker *w)
{
	struct pool_job *j = TAILQ_FIRST(&w->sent);
	TAILQ_REMOVE(&w->sent, j, entry);
	w->nsent--;
	w->sent_bytes -= j->size;
	w->head_ms = clock_ms();
}

/* -1 when the worker spoke nonsense; 0 when no whole answer is left. */
static int take_text_answers(struct worker *w)
{
	struct pool *p = w->gen->pool;
	for (;;) {
		struct pool_job *j = TAILQ_FIRST(&w->sent);
		if (!j)
			return buf_left(&w->in) ? -1 : 0;
		const struct scan_text_job sent = { j->seq, 0, j->ntexts, j->texts };
		struct scan_text_answer a;
		int r = scan_get_text_answer(&w->in, &sent, w->gen->g->ndetectors, p->findings, &a);
		if (r == SCAN_WIRE_SHORT)
			return 0;
		if (r < 0)
			return -1;
		take_head(w);
		struct pool_result result = { .g = w->gen->g, .status = a.cause ? SCAN_UNSCANNABLE : SCAN_CLEAN, .cause = a.cause, .name = "",
			.findings = a.findings, .nfindings = a.n };
		job_finish(j, &result);
		job_free(j);
	}
}

static int take_file_answer(struct worker *w, const void *packet, size_t size)
{
	struct pool *p = w->gen->pool;
	struct pool_job *j = TAILQ_FIRST(&w->sent);
	struct buf b;
	struct scan_file_answer a;
	if (!j)
		return -1;
	const struct scan_file_job sent = { .seq = j->seq, .kind = SCAN_KIND_FILE, .size = j->file_size, .name = j->name, .name_len = strlen(j->name) };
	buf_view(&b, packet, size);
	if (scan_get_file_answer(&b, &sent, w->gen->g->ndetectors, p->file_findings, &a) < 0)
		return -1;
	take_head(w);
	char name[SCAN_NAME_MAX + 1], types[SCAN_TYPES_MAX + 1];
	memcpy(name, a.name, a.name_len);
	name[a.name_len] = '\0';
	memcpy(types, a.types, a.types_len);
	types[a.types_len] = '\0';
	struct pool_result result = { .g = w->gen->g, .status = a.status, .cause = a.cause, .name = name, .types = types,
		.file_findings = a.findings, .nfindings = a.n };
	job_finish(j, &result);
	job_free(j);
	return 0;
}

/* Reads what is there.  1 = more may come, 0 = the end, -1 = nonsense. */
static int read_text(struct worker *w)
{
	for (;;) {
		if (buf_reserve(&w->in, 16384) < 0)
			return -1;
		ssize_t n = recv(w->text_fd, buf_end(&w->in), w->in.cap - w->in.len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 1;
		if (n <= 0)
			return 0;
		w->in.len += (size_t)n;
		if (take_text_answers(w) < 0)
			return -1;
		if (buf_left(&w->in) == 0 && (size_t)n < 16384)
			return 1; /* most likely empty: saves a system call per answer */
	}
}

static int read_file(struct worker *w)
{
	struct pool *p = w->gen->pool;
	bool reset = false;
	for (;;) {
		int fds[IO_FDS_MAX], nfds;
		ssize_t n = io_recv_fds(w->file_fd, p->packet.data, SCAN_PACKET_MAX, fds, &nfds);
		while (nfds > 0)
			close(fds[--nfds]); /* a worker has none to give */
		if (n < 0 && errno == EAGAIN)
			return 1;
		if (n < 0 && errno == ECONNRESET && !reset) {
			reset = true; /* SEQPACKET says so before it gives what was answered */
			continue;
		}
		if (n <= 0)
			return n < 0 && errno == EMSGSIZE ? -1 : 0;
		if (take_file_answer(w, p->packet.data, (size_t)n) < 0)
			return -1;
	}
}

static void on_worker_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct worker *w = ctx;
	struct pool *p = w->gen->pool;
	if (w->dead)
		return;
	int r = w->is_file ? read_file(w) : read_text(w);
	if (r <= 0) {
		worker_gone(w, false);
		return;
	}
	dispatch(p);
}

static void on_worker_writable(evutil_socket_t fd, short what, void *ctx)
{
	on_flush(fd, what, ctx);
}

/* Workers: the end */

static void worker_free(struct worker *w)
{
	if (w->readable)
		event_free(w->readable);
	if (w->writable)
		event_free(w->writable);
	if (w->flush)
		event_free(w->flush);
	io_close(&w->text_fd);
	io_close(&w->file_fd);
	scan_page_unmap(w->page);
	buf_free(&w->in);
	buf_free(&w->out);
	if (w->gen->workers[w->slot] == w)
		w->gen->workers[w->slot] = NULL;
	free(w);
}

static void tell_nursery_to_kill(const struct worker *w)
{
	struct buf b;
	const struct scan_msg m = { .type = SCAN_MSG_KILL, .worker = { .slot = (uint16_t)w->slot, .pid = w->pid } };
	buf_init(&b, SCAN_PACKET_MAX);
	if (scan_put_msg(&b, &m) == 0)
		(void)!send(w->gen->fd, buf_ptr(&b), buf_left(&b), MSG_NOSIGNAL | MSG_DONTWAIT);
	buf_free(&b);
}

/* The worker is dead, or counts as dead: what it answered before has been taken.  The job it was at is
 * blamed; the others go back to the head of the queue in their order. */
static void worker_gone(struct worker *w, bool overdue)
{
	struct pool *p = w->gen->pool;
	if (w->dead)
		return;
	w->dead = true;
	w->gen->missing_ms[w->slot] = w->kill_ms ? w->kill_ms : clock_ms();
	p->status.deaths++;
	if (!overdue && !w->kill_ms)
		tell_nursery_to_kill(w); /* it may be alive and talking nonsense; the pid guards its successor */
	struct pool_job *blamed = TAILQ_FIRST(&w->sent), *j;
	struct scan_page_state at = scan_page_read(w->page);
	/* Answers come in order, so the first unanswered is the one; the page only tells whether it had begun. */
	if (blamed && !w->kill_ms && at.seq < blamed->seq && at.seq != 0)
		blamed = NULL;
	while ((j = TAILQ_LAST(&w->sent, job_list))) {
		TAILQ_REMOVE(&w->sent, j, entry);
		w->nsent--;
		bool over = false;
		if (j == blamed) {
			j->attempts++;
			j->alone = true;
			if (w->kill_ms) {
				p->status.timeouts++;
				job_fail(j, CAUSE_TIMEOUT, "the scan took too long");
				over = true;
			} else if (j->attempts >= ATTEMPTS_MAX) {
				job_fail(j, CAUSE_CRASHED, "the scanner crashed");
				over = true;
			}
		}
		if (over || !j->done)
			job_free(j);
		else
			enqueue(p, j, true);
	}
	worker_free(w);
	dispatch(p);
}

static void check_worker(struct worker *w, uint64_t now)
{
	const struct conf_scan *scan = &w->gen->g->conf->scan;
	/* The worker keeps a file's time limit itself; a second more, and it is not to be trusted with that. */
	uint64_t limit = w->is_file ? (uint64_t)scan->file_time_ms + 1000 : (uint64_t)scan->text_timeout_ms;
	if (w->nsent == 0)
		return;
	if (w->kill_ms) {
		if (w->kill_ms + KILL_AGAIN_MS < now)
			worker_gone(w, true);
		return;
	}
	if (w->head_ms + limit < now) { /* it may have got its job after `now`, from a worker that ended before it in this sweep */
		w->kill_ms = now;
		tell_nursery_to_kill(w);
	}
}

/* Generations */

/* Takes over the descriptors, also when it fails. */
static struct worker *worker_new(struct pool_gen *gen, const struct scan_worker *m, const int fds[SCAN_FD_COUNT])
{
	struct worker *w = calloc(1, sizeof *w);
	if (!w) {
		for (int i = 0; i < SCAN_FD_COUNT; i++)
			close(fds[i]);
		return NULL;
	}
	struct event_base *base = gen->pool->base;
	w->gen = gen;
	w->slot = m->slot;
	w->pid = m->pid;
	w->is_file = m->slot >= (gen->slots + 1) / 2;
	w->text_fd = fds[SCAN_FD_TEXT];
	w->file_fd = fds[SCAN_FD_FILE];
	TAILQ_INIT(&w->sent);
	buf_init(&w->in, SCAN_TEXT_ANSWER_MAX + 4 + 16384 * 2);
	buf_init(&w->out, SCAN_TEXT_JOB_MAX + 4 + SCAN_WINDOW_BYTES * 2);
	w->readable = event_new(base, w->is_file ? w->file_fd : w->text_fd, EV_READ | EV_PERSIST, on_worker_readable, w);
	w->writable = event_new(base, w->text_fd, EV_WRITE, on_worker_writable, w);
	w->flush = event_new(base, -1, 0, on_flush, w);
	if (!w->readable || !w->writable || !w->flush || io_nonblock(w->text_fd) < 0 || io_nonblock(w->file_fd) < 0 ||
	    scan_page_map(fds[SCAN_FD_PAGE], &w->page) < 0 || event_add(w->readable, NULL) < 0) {
		close(fds[SCAN_FD_PAGE]);
		worker_free(w);
		return NULL;
	}
	close(fds[SCAN_FD_PAGE]);
	return w;
}

static void gen_free(struct pool_gen *gen)
{
	struct pool *p = gen->pool;
	if (p->current == gen)
		p->current = NULL; /* first, so that no job goes from one of its workers to the next */
	for (unsigned i = 0; i < SLOTS_MAX; i++)
		if (gen->workers[i])
			worker_gone(gen->workers[i], true);
	TAILQ_REMOVE(&p->gens, gen, entry);
	event_free(gen->readable);
	io_close(&gen->fd); /* its nursery ends with this */
	generation_unref(&gen->g);
	free(gen);
}

static void gen_refuse(struct pool_gen *gen, const char *text)
{
	struct pool *p = gen->pool;
	uint32_t number = gen->g->number;
	char why[SCAN_HELLO_SIZE];
	strncpy(why, text, sizeof why - 1);
	why[sizeof why - 1] = '\0';
	gen_free(gen);
	p->ops->refused(p->ctx, number, why);
}

/* Ends it: a serving one because it broke down (the monitor sees that too, and starts another). */
static void gen_end(struct pool_gen *gen, const char *text)
{
	struct pool *p = gen->pool;
	if (gen->serving)
		gen_free(gen);
	else
		gen_refuse(gen, text);
	dispatch(p);
}

/* A retired generation goes when its last job is done. */
static bool gen_is_idle(const struct pool_gen *gen)
{
	for (unsigned i = 0; i < gen->slots; i++)
		if (gen->workers[i] && gen->workers[i]->nsent > 0)
			return false;
	return true;
}

static bool has_both_kinds(const struct pool_gen *gen)
{
	bool text = false, file = false;
	for (unsigned i = 0; i < gen->slots; i++) {
		text |= gen->workers[i] && !gen->workers[i]->is_file;
		file |= gen->workers[i] && gen->workers[i]->is_file;
	}
	return text && file;
}

/* Serves once everything is there.  -1 when gen was refused and freed. */
static int gen_try_serve(struct pool_gen *gen)
{
	struct pool *p = gen->pool;
	struct cfgerr err;
	if (gen->serving || !gen->hello || gen->detectors_known < gen->g->ndetectors || !has_both_kinds(gen))
		return 0;
	if (generation_bind(gen->g, &err) < 0) {
		char text[SCAN_HELLO_SIZE];
		snprintf(text, sizeof text, "%s:%d: %s", err.file, err.line, err.text);
		gen_refuse(gen, text);
		return -1;
	}
	for (unsigned i = 0; i < gen->slots; i++)
		if (!gen->workers[i])
			gen->missing_ms[i] = clock_ms(); /* it has yet to come */
	gen->serving = true;
	if (p->current)
		p->current->retired = true;
	p->current = gen;
	p->ops->accepted(p->ctx, gen->g);
	return 0;
}

static int take_hello(struct pool_gen *gen, const struct scan_hello *h)
{
	if (gen->hello || h->generation != gen->g->number)
		return -1;
	if (!h->ok) {
		gen_refuse(gen, h->text);
		return 1;
	}
	if (h->workers < 2 || h->workers > SLOTS_MAX || generation_expect(gen->g, h->detectors) < 0)
		return -1;
	gen->hello = true;
	gen->slots = h->workers;
	gen->g->signatures = h->signatures;
	snprintf(gen->g->degraded, sizeof gen->g->degraded, "%s", h->degraded);
	return 0;
}

/* 0 = go on, 1 = gen is gone, -1 = nonsense.  *nfds becomes 0 when the descriptors were taken over. */
static int take_message(struct pool_gen *gen, const struct scan_msg *m, const int fds[], int *nfds)
{
	struct pool *p = gen->pool;
	if (m->type != SCAN_MSG_HELLO && !gen->hello)
		return -1;
	switch (m->type) {
	case SCAN_MSG_HELLO:
		return take_hello(gen, &m->hello);
	case SCAN_MSG_DETECTOR:
		if (generation_set_detector(gen->g, m->detector.index, m->detector.id, m->detector.title,
		                            (struct mask){ m->detector.mask_first, m->detector.mask_last }) < 0)
			return -1;
		gen->g->noff += m->detector.off;
		gen->detectors_known++;
		return 0;
	case SCAN_MSG_WORKER:
		if (*nfds != SCAN_FD_COUNT || m->worker.slot >= gen->slots)
			return -1;
		if (gen->workers[m->worker.slot]) /* its end has not been read yet, but it was reaped */
			worker_gone(gen->workers[m->worker.slot], false);
		*nfds = 0;
		gen->workers[m->worker.slot] = worker_new(gen, &m->worker, fds);
		return gen->workers[m->worker.slot] ? 0 : -1;
	case SCAN_MSG_EXIT:
		p->ops->worker_died(p->ctx, gen->g->number, m->worker.slot, m->worker.pid, m->worker.signal, m->worker.code);
		return 0;
	case SCAN_MSG_KILL:
		break;
	}
	return -1;
}

static void on_nursery(evutil_socket_t sock, short what, void *ctx)
{
	struct pool_gen *gen = ctx;
	struct pool *p = gen->pool;
	for (;;) {
		int fds[IO_FDS_MAX], nfds;
		ssize_t n = io_recv_fds(gen->fd, p->packet.data, SCAN_PACKET_MAX, fds, &nfds);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) {
			gen_end(gen, "the scan process ended before it was ready; its log says why");
			return;
		}
		struct buf b;
		struct scan_msg m;
		buf_view(&b, p->packet.data, (size_t)n);
		int r = scan_get_msg(&b, &m) < 0 ? -1 : take_message(gen, &m, fds, &nfds);
		while (nfds > 0)
			close(fds[--nfds]);
		if (r > 0)
			return;
		if (r < 0) {
			gen_end(gen, "the scan process broke the protocol");
			return;
		}
		if (gen_try_serve(gen) < 0)
			return;
	}
	dispatch(p);
}

static void fail_overdue(struct pool *p, struct job_list *queue, uint64_t now, uint64_t limit_ms)
{
	struct pool_job *j, *next;
	for (j = TAILQ_FIRST(queue); j; j = next) {
		next = TAILQ_NEXT(j, entry);
		if (j->queued_ms + limit_ms >= now) /* it may be newer than `now`: callbacks before it took their time */
			continue;
		dequeue(p, j);
		job_fail(j, p->current ? CAUSE_TIMEOUT : CAUSE_SCANNER_DOWN, p->current ? "no scanner was free in time" : "no scanner is running");
		job_free(j);
		next = TAILQ_FIRST(queue); /* the callback may have changed the list */
	}
}

/* Does the nursery still replace what dies? */
static void check_nursery(struct pool_gen *gen, uint64_t now)
{
	struct pool *p = gen->pool;
	if (gen != p->current || gen->wrecked)
		return;
	for (unsigned i = 0; i < gen->slots; i++) {
		if (gen->workers[i] || gen->missing_ms[i] + POOL_WRECKED_MS > now)
			continue;
		gen->wrecked = true;
		p->ops->wrecked(p->ctx, gen->g->number);
		return;
	}
}

static void on_sweep(evutil_socket_t fd, short what, void *ctx)
{
	struct pool *p = ctx;
	uint64_t now = clock_ms();
	struct pool_gen *gen, *next;
	for (gen = TAILQ_FIRST(&p->gens); gen; gen = next) {
		next = TAILQ_NEXT(gen, entry);
		for (unsigned i = 0; i < gen->slots; i++)
			if (gen->workers[i])
				check_worker(gen->workers[i], now);
		check_nursery(gen, now);
		if (gen->retired && gen_is_idle(gen))
			gen_free(gen);
		else if (!gen->serving && now - gen->born_ms > HELLO_MS)
			gen_refuse(gen, "the scan process was not ready within 3 minutes");
	}
	const struct conf_scan *scan = p->current ? &p->current->g->conf->scan : NULL;
	fail_overdue(p, &p->text_queue, now, scan ? 2 * (uint64_t)scan->text_timeout_ms : 3000);
	fail_overdue(p, &p->file_queue, now, scan ? 3 * (uint64_t)scan->file_time_ms : 10000);
}

int pool_add(struct pool *p, struct generation *g, int nursery_fd)
{
	struct pool_gen *gen = calloc(1, sizeof *gen);
	if (!gen || io_nonblock(nursery_fd) < 0 ||
	    !(gen->readable = event_new(p->base, nursery_fd, EV_READ | EV_PERSIST, on_nursery, gen)) || event_add(gen->readable, NULL) < 0) {
		if (gen && gen->readable)
			event_free(gen->readable);
		free(gen);
		close(nursery_fd);
		generation_unref(&g);
		return -1;
	}
	gen->pool = p;
	gen->g = g;
	gen->fd = nursery_fd;
	gen->born_ms = clock_ms();
	TAILQ_INSERT_TAIL(&p->gens, gen, entry);
	return 0;
}

struct generation *pool_current(const struct pool *p)
{
	return p->current ? p->current->g : NULL;
}

struct pool *pool_new(struct event_base *base, const struct pool_ops *ops, void *ctx)
{
	static const struct timeval every = { 0, SWEEP_MS * 1000 };
	struct pool *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->base = base;
	p->ops = ops;
	p->ctx = ctx;
	TAILQ_INIT(&p->gens);
	TAILQ_INIT(&p->text_queue);
	TAILQ_INIT(&p->file_queue);
	buf_init(&p->packet, SCAN_PACKET_MAX);
	p->findings = calloc(SCAN_FINDINGS_MAX, sizeof *p->findings);
	p->file_findings = calloc(SCAN_FINDINGS_MAX, sizeof *p->file_findings);
	p->sweep = event_new(base, -1, EV_PERSIST, on_sweep, p);
	if (buf_reserve(&p->packet, SCAN_PACKET_MAX) < 0 || !p->findings || !p->file_findings || !p->sweep || event_add(p->sweep, &every) < 0) {
		pool_free(&p);
		return NULL;
	}
	return p;
}

void pool_free(struct pool **pp)
{
	struct pool *p = *pp;
	struct pool_job *j;
	if (!p)
		return;
	while (!TAILQ_EMPTY(&p->gens))
		gen_free(TAILQ_FIRST(&p->gens));
	struct job_list *const queues[] = { &p->text_queue, &p->file_queue };
	for (int q = 0; q < 2; q++) {
		while ((j = TAILQ_FIRST(queues[q]))) {
			dequeue(p, j);
			job_fail(j, CAUSE_SCANNER_DOWN, "filterd is stopping");
			job_free(j);
		}
	}
	if (p->sweep)
		event_free(p->sweep);
	buf_free(&p->packet);
	free(p->findings);
	free(p->file_findings);
	free(p);
	*pp = NULL;
}

static struct pool_job *job_new(struct pool *p, pool_done_fn *done, void *ctx)
{
	errno = EAGAIN;
	struct pool_job *j = p->queue_bytes < QUEUE_BYTES_MAX ? calloc(1, sizeof *j) : NULL;
	if (!j)
		return NULL;
	j->pool = p;
	j->done = done;
	j->ctx = ctx;
	j->fd = -1;
	j->queued_ms = clock_ms();
	return j;
}

struct pool_job *pool_scan_texts(struct pool *p, const struct scan_text *texts, size_t n, pool_done_fn *done, void *ctx)
{
	size_t size = 0;
	for (size_t i = 0; i < n; i++)
		size += texts[i].size;
	if (n > SCAN_TEXTS_MAX || size + n * 8 + 64 > SCAN_TEXT_JOB_MAX) {
		errno = EMSGSIZE;
		return NULL;
	}
	struct pool_job *j = job_new(p, done, ctx);
	if (!j)
		return NULL;
	j->bytes = malloc(size + 1);
	j->texts = calloc(n + 1, sizeof *j->texts);
	if (!j->bytes || !j->texts) {
		job_free(j);
		errno = ENOMEM;
		return NULL;
	}
	j->size = size;
	j->ntexts = n;
	char *at = j->bytes;
	for (size_t i = 0; i < n; i++) {
		memcpy(at, texts[i].data, texts[i].size);
		j->texts[i] = (struct scan_text){ texts[i].role, at, texts[i].size };
		at += texts[i].size;
	}
	p->status.text_jobs++;
	enqueue(p, j, false);
	dispatch_queue(p, &p->text_queue);
	return j;
}

struct pool_job *pool_scan_file(struct pool *p, int fd, uint64_t size, const char *name, pool_done_fn *done, void *ctx)
{
	struct pool_job *j = job_new(p, done, ctx);
	if (!j)
		return NULL;
	j->is_file = true;
	j->fd = fd;
	j->file_size = size;
	j->name = strndup(name, SCAN_NAME_MAX);
	if (!j->name) {
		job_free(j);
		return NULL;
	}
	p->status.file_jobs++;
	enqueue(p, j, false);
	dispatch_queue(p, &p->file_queue);
	return j;
}

void pool_status(const struct pool *p, struct pool_status *s_r)
{
	struct pool_status s = p->status;
	const struct pool_job *j;
	s.text_workers = s.file_workers = s.text_waiting = s.file_waiting = s.outstanding = 0;
	TAILQ_FOREACH(j, &p->text_queue, entry)
		s.text_waiting++;
	TAILQ_FOREACH(j, &p->file_queue, entry)
		s.file_waiting++;
	for (unsigned i = 0; p->current && i < p->current->slots; i++) {
		const struct worker *w = p->current->workers[i];
		if (!w)
			continue;
		s.outstanding += w->nsent;
		if (w->is_file)
			s.file_workers++;
		else
			s.text_workers++;
	}
	*s_r = s;
}
