/* The broker's side of the scan workers (PROTOCOL.scan): generations of them, queues, windows, deadlines, and
 * who is blamed when one dies.
 *
 * Every job that is taken ends in its callback exactly once, with a result or a
 * cause, whatever workers and nurseries do.  The first half of a generation's worker slots serves texts,
 * the second half files: a file may take seconds, and no message waits behind it.
 */
#ifndef FILTERD_FLOW_POOL_H
#define FILTERD_FLOW_POOL_H

#include "flow/generation.h"
#include "ipc/scan_wire.h"

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

struct pool;
struct pool_job;

enum { POOL_WRECKED_MS = 5000 };

struct pool_ops {
	/* The generation serves from now on; the one before it drains. */
	void (*accepted)(void *ctx, struct generation *g);
	/* It never served, and is gone: text says what is wrong. */
	void (*refused)(void *ctx, uint32_t number, const char *text);
	/* The serving generation lacks a worker, and its nursery has brought none for POOL_WRECKED_MS: another nursery is
	 * needed.  Said once; what workers there are serve on. */
	void (*wrecked)(void *ctx, uint32_t number);
	void (*worker_died)(void *ctx, uint32_t number, unsigned slot, uint32_t pid, int signal, int code);
};

/* What became of a job.  Pointers are valid during the callback; g can be kept with generation_ref. */
struct pool_result {
	struct generation *g;        /* whose worker answered; the current one (may be NULL) when none did */
	enum scan_status status;     /* texts: clean, or unscannable with a cause */
	enum cause cause;
	const char *name;            /* files: signature, or what could not be read; "" else */
	const char *types;           /* files: media types by content, of the file first; "" if unknown, NULL for texts */
	const struct finding *findings;                /* texts */
	const struct scan_file_finding *file_findings; /* files */
	size_t nfindings;
};
typedef void pool_done_fn(void *ctx, const struct pool_result *r);

struct pool *pool_new(struct event_base *base, const struct pool_ops *ops, void *ctx);
void pool_free(struct pool **p);

/* Takes over g's reference and the nursery channel; serves once its HELLO is good and workers are there. */
int pool_add(struct pool *p, struct generation *g, int nursery_fd) __attribute__((warn_unused_result));
/* The serving generation, or NULL. */
struct generation *pool_current(const struct pool *p);

/* Copies the texts.  NULL with errno EMSGSIZE when they do not fit a job (SCAN_TEXT_JOB_MAX, SCAN_TEXTS_MAX: the item
 * is CAUSE_TOO_BIG), EAGAIN when too much waits already, ENOMEM. */
struct pool_job *pool_scan_texts(struct pool *p, const struct scan_text *texts, size_t n, pool_done_fn *done, void *ctx);
/* fd is borrowed until done; the worker gets a read-only duplicate of it. */
struct pool_job *pool_scan_file(struct pool *p, int fd, uint64_t size, const char *name, pool_done_fn *done, void *ctx);

struct pool_status {
	unsigned text_workers, file_workers, text_waiting, file_waiting, outstanding;
	uint64_t text_jobs, file_jobs, deaths, timeouts;
};
void pool_status(const struct pool *p, struct pool_status *s_r);

#endif
