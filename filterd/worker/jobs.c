#include "worker/jobs.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/io.h"
#include "detect/winnow.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { NAME_ROOM = sizeof((struct extract_result *)0)->name };

struct jobs {
	const struct engines *engines;
	struct detect_scratch *scratch;
	struct detect_text texts[SCAN_TEXTS_MAX];
	struct finding findings[DETECT_FINDINGS_MAX];
	struct scan_file_finding file_findings[SCAN_FINDINGS_MAX];
};
_Static_assert((int)DETECT_FINDINGS_MAX <= (int)SCAN_FINDINGS_MAX, "every finding can be sent");

struct jobs *jobs_new(const struct engines *e)
{
	struct jobs *j = calloc(1, sizeof *j);
	if (!j)
		return NULL;
	j->engines = e;
	j->scratch = detect_scratch_new(e->detect);
	if (!j->scratch)
		jobs_free(&j);
	return j;
}

void jobs_free(struct jobs **j)
{
	if (*j)
		detect_scratch_free(&(*j)->scratch);
	free(*j);
	*j = NULL;
}

int jobs_text(struct jobs *j, const struct scan_text_job *job, struct buf *out)
{
	struct scan_text_answer a = { .seq = job->seq, .findings = j->findings };
	for (size_t i = 0; i < job->ntexts; i++)
		j->texts[i] = (struct detect_text){ job->texts[i].role, job->texts[i].data, job->texts[i].size };
	a.cause = detect_scan(j->engines->detect, j->scratch, j->texts, job->ntexts, job->budget_us, j->findings, &a.n);
	return scan_put_text_answer(out, &a) < 0 ? -1 : 0;
}

/* A file job under way: findings of all its layers. */
struct file_run {
	struct jobs *jobs;
	struct arena *arena; /* paths */
	uint64_t deadline_us;
	size_t n, path_bytes;
	enum cause cause; /* why the findings are not complete */
};

static void add_findings(struct file_run *run, const char *path, size_t n)
{
	struct jobs *j = run->jobs;
	size_t len = strlen(path);
	if (n == 0)
		return;
	char *kept = arena_strdup(run->arena, path);
	for (size_t i = 0; i < n; i++) {
		size_t more = len + (j->findings[i].document ? SCAN_PASSAGE_SIZE : 0);
		size_t size = scan_file_answer_size(NAME_ROOM, run->n + 1, run->path_bytes + more);
		if (!kept || len > SCAN_PATH_MAX || run->n == SCAN_FINDINGS_MAX || size > SCAN_PACKET_MAX) {
			run->cause = CAUSE_OVER_BUDGET;
			return;
		}
		const struct finding *f = &j->findings[i];
		j->file_findings[run->n++] = (struct scan_file_finding){ f->start, f->end, f->detector, f->confidence, f->share_document, f->share_message, f->document, kept, len };
		run->path_bytes += more;
	}
}

static void run_rules(struct file_run *run, const char *path, enum text_role role, const char *text, size_t size)
{
	struct jobs *j = run->jobs;
	struct detect_text t = { role, text, size };
	uint64_t now = clock_us();
	size_t n = 0;
	if (now >= run->deadline_us) {
		run->cause = CAUSE_TIMEOUT;
		return;
	}
	uint64_t left = run->deadline_us - now;
	enum cause cause = detect_scan(j->engines->detect, j->scratch, &t, 1, left < UINT32_MAX ? (uint32_t)left : UINT32_MAX, j->findings, &n);
	if (cause != CAUSE_NONE)
		run->cause = cause;
	add_findings(run, path, n);
}

static void on_text(void *ctx, const char *path, enum text_role role, const char *text, size_t size)
{
	run_rules(ctx, path, role, text, size);
}

/* A text that was too large for the text socket. */
static void scan_text_file(struct file_run *run, const struct scan_file_job *job, int fd, struct extract_result *r)
{
	struct stat st;
	*r = (struct extract_result){ .status = SCAN_UNSCANNABLE, .cause = CAUSE_UNSCANNABLE, .name = "text" };
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size != job->size || job->size > UINT32_MAX)
		return;
	r->status = SCAN_CLEAN;
	r->cause = CAUSE_NONE;
	r->name[0] = '\0';
	r->scanned = job->size;
	if (job->size == 0)
		return;
	void *text = mmap(NULL, job->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED) {
		*r = (struct extract_result){ .status = SCAN_UNSCANNABLE, .cause = CAUSE_UNSCANNABLE, .name = "text" };
		return;
	}
	run_rules(run, "", ROLE_BODY, text, job->size);
	munmap(text, job->size);
}

/* The fingerprints of all texts of a file. */
struct print_run {
	struct winnow_table table;
	struct buf prints;
	uint64_t characters;
	enum cause cause;
};

static int on_prints(void *ctx, const struct winnow_print *p, size_t n)
{
	struct print_run *run = ctx;
	for (size_t i = 0; i < n; i++)
		if (buf_put_u64(&run->prints, p[i].hash) < 0) {
			run->cause = CAUSE_LIMIT;
			return -1;
		}
	return 0;
}

static void on_printed_text(void *ctx, const char *path, enum text_role role, const char *text, size_t size)
{
	struct print_run *run = ctx;
	size_t characters;
	if (role != ROLE_FILE)
		return;
	if (winnow_text(&run->table, text, size, on_prints, run, &characters) < 0)
		run->cause = CAUSE_LIMIT;
	run->characters += characters;
}

static enum cause print_file(struct jobs *j, const struct scan_file_job *job, int fd, int to, struct extract_result *r)
{
	struct print_run run = { .cause = CAUSE_NONE };
	winnow_init(&run.table);
	buf_init(&run.prints, SCAN_PRINTS_MAX);
	if (buf_put_u64(&run.prints, 0) < 0)
		return CAUSE_LIMIT;
	extract_scan(j->engines->extract, fd, "", job->time_ms, on_printed_text, &run, r);
	buf_set_u32(&run.prints, 0, (uint32_t)(run.characters >> 32));
	buf_set_u32(&run.prints, 4, (uint32_t)run.characters);
	if (io_write_all(to, buf_ptr(&run.prints), buf_left(&run.prints)) < 0)
		run.cause = CAUSE_NO_SPACE;
	buf_free(&run.prints);
	return run.cause;
}

static int same_size(int fd, uint64_t size)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0 && (uint64_t)st.st_size == size;
}

int jobs_file(struct jobs *j, const struct scan_file_job *job, int fd, int prints_fd, struct buf *out)
{
	struct extract_result r = { .status = SCAN_UNSCANNABLE, .cause = CAUSE_UNSCANNABLE, .name = "not the file that was announced" };
	struct file_run run = { .jobs = j, .deadline_us = clock_us() + (uint64_t)job->time_ms * 1000 };
	run.arena = arena_new(8 << 20);
	if (run.arena && same_size(fd, job->size)) {
		if (job->kind == SCAN_KIND_TEXT)
			scan_text_file(&run, job, fd, &r);
		else if (job->kind == SCAN_KIND_PRINTS)
			run.cause = print_file(j, job, fd, prints_fd, &r);
		else
			extract_scan(j->engines->extract, fd, "", job->time_ms, on_text, &run, &r);
	}
	/* "encrypted" is the one cause that a policy often lets pass: it must not hide that the rules did not get through */
	if (run.cause != CAUSE_NONE && (r.status == SCAN_CLEAN || (r.status == SCAN_UNSCANNABLE && r.cause == CAUSE_ENCRYPTED))) {
		r.status = SCAN_UNSCANNABLE;
		r.cause = run.cause;
		strcpy(r.name, "text");
	}
	struct scan_file_answer a = { .seq = job->seq, .status = r.status, .cause = r.cause, .name = r.name, .name_len = strlen(r.name),
		                      .scanned = r.scanned, .types = r.types, .types_len = strlen(r.types), .n = run.n, .findings = j->file_findings };
	int e = scan_put_file_answer(out, &a);
	arena_free(&run.arena);
	return e < 0 ? -1 : 0;
}
