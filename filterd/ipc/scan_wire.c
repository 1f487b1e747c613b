#include "ipc/scan_wire.h"

#include "base/text.h"

#include <string.h>

enum { LENGTH_SIZE = 4, TEXT_JOB_HEAD = 9, TEXT_HEAD = 5, TEXT_ANSWER_HEAD = 7, TEXT_FINDING = 12, FILE_FINDING = 13 };
enum { PASSAGE = 0x80 };

/* A worker can't know these: they are the broker's own conclusions about workers. */
static int cause_of_worker(uint8_t cause)
{
	return cause < CAUSE_COUNT && cause != CAUSE_SCANNER_DOWN && cause != CAUSE_CRASHED && cause != CAUSE_RELOADING;
}

static int is_border(const char *data, size_t size, size_t at)
{
	return !data || at >= size || ((unsigned char)data[at] & 0xc0) != 0x80;
}

/* Length of the longest start of s that fits max bytes and does not split a code point. */
static size_t cut_len(const char *s, size_t size, size_t max)
{
	if (size <= max)
		return size;
	while (max > 0 && !is_border(s, size, max))
		max--;
	return max;
}

/* Text from another process that will be shown or compared: UTF-8 without NUL, within max. */
static int get_name(struct buf *in, size_t max, const char **s_r, size_t *len_r)
{
	if (buf_get_str16(in, s_r, len_r) < 0 || *len_r > max || !text_is_utf8(*s_r, *len_r))
		return SCAN_WIRE_BAD;
	return SCAN_WIRE_OK;
}

int scan_put_text_job(struct buf *out, const struct scan_text_job *job)
{
	size_t length = TEXT_JOB_HEAD;
	if (job->ntexts == 0 || job->ntexts > SCAN_TEXTS_MAX)
		return SCAN_WIRE_FULL;
	for (size_t i = 0; i < job->ntexts; i++) {
		length += TEXT_HEAD + (size_t)job->texts[i].size;
		if (length > SCAN_TEXT_JOB_MAX)
			return SCAN_WIRE_FULL;
	}
	if (buf_reserve(out, LENGTH_SIZE + length) < 0)
		return SCAN_WIRE_FULL;
	/* there is room: none of these can fail */
	int r = buf_put_u32(out, (uint32_t)length);
	r |= buf_put_u32(out, job->seq);
	r |= buf_put_u32(out, job->budget_us);
	r |= buf_put_u8(out, (uint8_t)job->ntexts);
	for (size_t i = 0; i < job->ntexts; i++) {
		r |= buf_put_u8(out, (uint8_t)job->texts[i].role);
		r |= buf_put_u32(out, job->texts[i].size);
		r |= buf_put(out, job->texts[i].data, job->texts[i].size);
	}
	return r < 0 ? SCAN_WIRE_FULL : SCAN_WIRE_OK;
}

/* A view of the next length-prefixed frame, nothing taken yet. */
static int peek_frame(const struct buf *in, size_t max, struct buf *frame_r)
{
	struct buf head;
	uint32_t length;
	buf_view(&head, buf_ptr(in), buf_left(in));
	if (buf_get_u32(&head, &length) < 0)
		return SCAN_WIRE_SHORT;
	if (length > max)
		return SCAN_WIRE_BAD;
	if (buf_left(&head) < length)
		return SCAN_WIRE_SHORT;
	buf_view(frame_r, buf_ptr(&head), length);
	return SCAN_WIRE_OK;
}

/* Takes the frame without touching its bytes: buf_skip() on an emptied buffer only moves its offsets. */
static void take_frame(struct buf *in, size_t length)
{
	buf_skip(in, LENGTH_SIZE + length);
}

int scan_get_text_job(struct buf *in, struct scan_text texts[SCAN_TEXTS_MAX], struct scan_text_job *job_r)
{
	struct buf f;
	uint8_t ntexts;
	int r = peek_frame(in, SCAN_TEXT_JOB_MAX, &f);
	if (r < 0)
		return r;
	size_t length = buf_left(&f);
	if (buf_get_u32(&f, &job_r->seq) < 0 || buf_get_u32(&f, &job_r->budget_us) < 0 || buf_get_u8(&f, &ntexts) < 0 || ntexts == 0)
		return SCAN_WIRE_BAD;
	for (size_t i = 0; i < ntexts; i++) {
		uint8_t role;
		const uint8_t *data;
		if (buf_get_u8(&f, &role) < 0 || role >= ROLE_COUNT || buf_get_u32(&f, &texts[i].size) < 0 ||
		    buf_get(&f, texts[i].size, &data) < 0)
			return SCAN_WIRE_BAD;
		texts[i].role = (enum text_role)role;
		texts[i].data = (const char *)data;
	}
	if (buf_left(&f) > 0)
		return SCAN_WIRE_BAD;
	job_r->ntexts = ntexts;
	job_r->texts = texts;
	take_frame(in, length);
	return SCAN_WIRE_OK;
}

/* The confidence of a finding, and which registered document it is a passage of, if it is one. */
static int put_confidence(struct buf *out, uint8_t confidence, uint32_t document, uint8_t share_document, uint8_t share_message)
{
	if (!document)
		return buf_put_u8(out, confidence);
	int r = buf_put_u8(out, confidence | PASSAGE);
	r |= buf_put_u32(out, document);
	r |= buf_put_u8(out, share_document);
	r |= buf_put_u8(out, share_message);
	return r;
}

static int is_share(uint8_t percent)
{
	return percent >= 1 && percent <= 100;
}

static int get_confidence(struct buf *in, uint8_t *confidence, uint32_t *document, uint8_t *share_document, uint8_t *share_message)
{
	*document = *share_document = *share_message = 0;
	if (buf_get_u8(in, confidence) < 0)
		return SCAN_WIRE_BAD;
	if (!(*confidence & PASSAGE))
		return SCAN_WIRE_OK;
	*confidence &= ~PASSAGE;
	if (buf_get_u32(in, document) < 0 || buf_get_u8(in, share_document) < 0 || buf_get_u8(in, share_message) < 0)
		return SCAN_WIRE_BAD;
	/* a passage has its part of both */
	return *document && is_share(*share_document) && is_share(*share_message) ? SCAN_WIRE_OK : SCAN_WIRE_BAD;
}

int scan_put_text_answer(struct buf *out, const struct scan_text_answer *a)
{
	if (a->n > SCAN_FINDINGS_MAX)
		return SCAN_WIRE_FULL;
	size_t length = TEXT_ANSWER_HEAD + a->n * TEXT_FINDING;
	for (size_t i = 0; i < a->n; i++)
		length += a->findings[i].document ? SCAN_PASSAGE_SIZE : 0;
	if (buf_reserve(out, LENGTH_SIZE + length) < 0)
		return SCAN_WIRE_FULL;
	int r = buf_put_u32(out, (uint32_t)length);
	r |= buf_put_u32(out, a->seq);
	r |= buf_put_u8(out, (uint8_t)a->cause);
	r |= buf_put_u16(out, (uint16_t)a->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct finding *f = &a->findings[i];
		r |= buf_put_u8(out, (uint8_t)f->text);
		r |= buf_put_u32(out, f->start);
		r |= buf_put_u32(out, f->end);
		r |= buf_put_u16(out, f->detector);
		r |= put_confidence(out, f->confidence, f->document, f->share_document, f->share_message);
	}
	return r < 0 ? SCAN_WIRE_FULL : SCAN_WIRE_OK;
}

static int get_finding(struct buf *f, const struct scan_text_job *sent, size_t ndetectors, struct finding *x)
{
	uint8_t text;
	if (buf_get_u8(f, &text) < 0 || buf_get_u32(f, &x->start) < 0 || buf_get_u32(f, &x->end) < 0 ||
	    buf_get_u16(f, &x->detector) < 0 || get_confidence(f, &x->confidence, &x->document, &x->share_document, &x->share_message) < 0)
		return SCAN_WIRE_BAD;
	if (text >= sent->ntexts || x->detector >= ndetectors || x->confidence < 1 || x->confidence > 100)
		return SCAN_WIRE_BAD;
	const struct scan_text *t = &sent->texts[text];
	if (x->start >= x->end || x->end > t->size)
		return SCAN_WIRE_BAD;
	if (!is_border(t->data, t->size, x->start) || !is_border(t->data, t->size, x->end))
		return SCAN_WIRE_BAD;
	x->text = text;
	return SCAN_WIRE_OK;
}

int scan_get_text_answer(struct buf *in, const struct scan_text_job *sent, size_t ndetectors, struct finding *findings,
                         struct scan_text_answer *a_r)
{
	struct buf f;
	uint32_t seq;
	uint8_t cause;
	uint16_t n;
	int r = peek_frame(in, SCAN_TEXT_ANSWER_MAX, &f);
	if (r < 0)
		return r;
	size_t length = buf_left(&f);
	if (buf_get_u32(&f, &seq) < 0 || seq != sent->seq || buf_get_u8(&f, &cause) < 0 || !cause_of_worker(cause) ||
	    buf_get_u16(&f, &n) < 0 || n > SCAN_FINDINGS_MAX || buf_left(&f) < (size_t)n * TEXT_FINDING)
		return SCAN_WIRE_BAD;
	for (size_t i = 0; i < n; i++)
		if (get_finding(&f, sent, ndetectors, &findings[i]) < 0)
			return SCAN_WIRE_BAD;
	if (buf_left(&f) > 0)
		return SCAN_WIRE_BAD;
	*a_r = (struct scan_text_answer){ .seq = seq, .cause = (enum cause)cause, .n = n, .findings = findings };
	take_frame(in, length);
	return SCAN_WIRE_OK;
}

int scan_put_file_job(struct buf *out, const struct scan_file_job *job)
{
	size_t name_len = cut_len(job->name, job->name_len, SCAN_NAME_MAX);
	if (buf_reserve(out, 4 + 1 + 8 + 4 + 2 + name_len) < 0)
		return SCAN_WIRE_FULL;
	int r = buf_put_u32(out, job->seq);
	r |= buf_put_u8(out, (uint8_t)job->kind);
	r |= buf_put_u64(out, job->size);
	r |= buf_put_u32(out, job->time_ms);
	r |= buf_put_str16(out, job->name, name_len);
	return r < 0 ? SCAN_WIRE_FULL : SCAN_WIRE_OK;
}

int scan_get_file_job(struct buf *in, struct scan_file_job *job_r)
{
	struct scan_file_job j;
	uint8_t kind;
	if (buf_get_u32(in, &j.seq) < 0 || buf_get_u8(in, &kind) < 0 || kind >= SCAN_KIND_COUNT || buf_get_u64(in, &j.size) < 0 ||
	    buf_get_u32(in, &j.time_ms) < 0 || get_name(in, SCAN_NAME_MAX, &j.name, &j.name_len) < 0 || buf_left(in) > 0)
		return SCAN_WIRE_BAD;
	j.kind = (enum scan_kind)kind;
	*job_r = j;
	return SCAN_WIRE_OK;
}

size_t scan_file_answer_size(size_t name_len, size_t nfindings, size_t path_bytes)
{
	return 4 + 1 + 1 + 2 + name_len + 8 + 2 + SCAN_TYPES_MAX + 2 + nfindings * FILE_FINDING + path_bytes;
}

int scan_put_file_answer(struct buf *out, const struct scan_file_answer *a)
{
	size_t name_len = cut_len(a->name, a->name_len, SCAN_NAME_MAX), paths = 0;
	if (a->n > SCAN_FINDINGS_MAX || a->types_len > SCAN_TYPES_MAX)
		return SCAN_WIRE_FULL;
	for (size_t i = 0; i < a->n; i++) {
		if (a->findings[i].path_len > SCAN_PATH_MAX)
			return SCAN_WIRE_FULL;
		paths += a->findings[i].path_len + (a->findings[i].document ? SCAN_PASSAGE_SIZE : 0);
	}
	size_t size = scan_file_answer_size(name_len, a->n, paths) - SCAN_TYPES_MAX + a->types_len;
	if (size > SCAN_PACKET_MAX || buf_reserve(out, size) < 0)
		return SCAN_WIRE_FULL;
	int r = buf_put_u32(out, a->seq);
	r |= buf_put_u8(out, (uint8_t)a->status);
	r |= buf_put_u8(out, (uint8_t)a->cause);
	r |= buf_put_str16(out, a->name, name_len);
	r |= buf_put_u64(out, a->scanned);
	r |= buf_put_str16(out, a->types_len ? a->types : "", a->types_len);
	r |= buf_put_u16(out, (uint16_t)a->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct scan_file_finding *f = &a->findings[i];
		r |= buf_put_u32(out, f->start);
		r |= buf_put_u32(out, f->end);
		r |= buf_put_u16(out, f->detector);
		r |= put_confidence(out, f->confidence, f->document, f->share_document, f->share_message);
		r |= buf_put_str16(out, f->path, f->path_len);
	}
	return r < 0 ? SCAN_WIRE_FULL : SCAN_WIRE_OK;
}

static int get_file_finding(struct buf *in, const struct scan_file_job *sent, size_t ndetectors, struct scan_file_finding *x)
{
	if (buf_get_u32(in, &x->start) < 0 || buf_get_u32(in, &x->end) < 0 || buf_get_u16(in, &x->detector) < 0 ||
	    get_confidence(in, &x->confidence, &x->document, &x->share_document, &x->share_message) < 0 ||
	    get_name(in, SCAN_PATH_MAX, &x->path, &x->path_len) < 0)
		return SCAN_WIRE_BAD;
	if (x->start >= x->end || x->detector >= ndetectors || x->confidence < 1 || x->confidence > 100)
		return SCAN_WIRE_BAD;
	/* the broker has the text of a text job; of a file's layers it knows nothing */
	if (sent->kind == SCAN_KIND_TEXT && (x->end > sent->size || x->path_len > 0))
		return SCAN_WIRE_BAD;
	return SCAN_WIRE_OK;
}

static int are_types(const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (s[i] < ' ' || s[i] > '~')
			return 0;
	return 1;
}

int scan_get_file_answer(struct buf *in, const struct scan_file_job *sent, size_t ndetectors,
                         struct scan_file_finding *findings, struct scan_file_answer *a_r)
{
	struct scan_file_answer a = { .findings = findings };
	uint8_t status, cause;
	uint16_t n;
	if (buf_get_u32(in, &a.seq) < 0 || a.seq != sent->seq || buf_get_u8(in, &status) < 0 || status >= SCAN_STATUS_COUNT ||
	    buf_get_u8(in, &cause) < 0 || !cause_of_worker(cause) || get_name(in, SCAN_NAME_MAX, &a.name, &a.name_len) < 0 ||
	    buf_get_u64(in, &a.scanned) < 0 || get_name(in, SCAN_TYPES_MAX, &a.types, &a.types_len) < 0 || !are_types(a.types, a.types_len) ||
	    buf_get_u16(in, &n) < 0 || n > SCAN_FINDINGS_MAX)
		return SCAN_WIRE_BAD;
	/* exactly the unscannable have a cause: a "clean" with one would be a verdict that is none */
	if ((status == SCAN_UNSCANNABLE) != (cause != CAUSE_NONE) || (status == SCAN_MALWARE && a.name_len == 0))
		return SCAN_WIRE_BAD;
	if (sent->kind == SCAN_KIND_PRINTS && n > 0)
		return SCAN_WIRE_BAD;
	for (size_t i = 0; i < n; i++)
		if (get_file_finding(in, sent, ndetectors, &findings[i]) < 0)
			return SCAN_WIRE_BAD;
	if (buf_left(in) > 0)
		return SCAN_WIRE_BAD;
	a.status = (enum scan_status)status;
	a.cause = (enum cause)cause;
	a.n = n;
	*a_r = a;
	return SCAN_WIRE_OK;
}

static int put_cut(struct buf *out, const char *s, size_t size)
{
	size_t len = strnlen(s, size);
	return buf_put_str16(out, s, cut_len(s, len, size - 1));
}

int scan_put_msg(struct buf *out, const struct scan_msg *m)
{
	if (buf_reserve(out, 16 + sizeof(struct scan_msg)) < 0)
		return SCAN_WIRE_FULL;
	int r = buf_put_u8(out, (uint8_t)m->type);
	switch (m->type) {
	case SCAN_MSG_HELLO:
		r |= buf_put_u32(out, m->hello.generation);
		r |= buf_put_u8(out, m->hello.ok);
		r |= buf_put_u32(out, m->hello.signatures);
		r |= buf_put_u16(out, m->hello.detectors);
		r |= buf_put_u16(out, m->hello.workers);
		r |= put_cut(out, m->hello.text, sizeof m->hello.text);
		r |= put_cut(out, m->hello.degraded, sizeof m->hello.degraded);
		break;
	case SCAN_MSG_DETECTOR:
		r |= buf_put_u16(out, m->detector.index);
		r |= put_cut(out, m->detector.id, sizeof m->detector.id);
		r |= put_cut(out, m->detector.title, sizeof m->detector.title);
		r |= buf_put_u8(out, m->detector.mask_first);
		r |= buf_put_u8(out, m->detector.mask_last);
		r |= buf_put_u8(out, m->detector.off);
		break;
	case SCAN_MSG_EXIT:
	case SCAN_MSG_WORKER:
	case SCAN_MSG_KILL:
		r |= buf_put_u16(out, m->worker.slot);
		r |= buf_put_u32(out, m->worker.pid);
		if (m->type == SCAN_MSG_EXIT) {
			r |= buf_put_u8(out, m->worker.signal);
			r |= buf_put_u8(out, m->worker.code);
		}
		break;
	}
	return r < 0 ? SCAN_WIRE_FULL : SCAN_WIRE_OK;
}

static int get_fixed(struct buf *in, char *dst, size_t size)
{
	const char *s;
	size_t len;
	if (get_name(in, size - 1, &s, &len) < 0)
		return SCAN_WIRE_BAD;
	memcpy(dst, s, len);
	dst[len] = '\0';
	return SCAN_WIRE_OK;
}

static int get_hello(struct buf *in, struct scan_hello *h)
{
	if (buf_get_u32(in, &h->generation) < 0 || buf_get_u8(in, &h->ok) < 0 || h->ok > 1 ||
	    buf_get_u32(in, &h->signatures) < 0 || buf_get_u16(in, &h->detectors) < 0 ||
	    buf_get_u16(in, &h->workers) < 0 || get_fixed(in, h->text, sizeof h->text) < 0 ||
	    get_fixed(in, h->degraded, sizeof h->degraded) < 0)
		return SCAN_WIRE_BAD;
	return SCAN_WIRE_OK;
}

static int get_detector(struct buf *in, struct scan_detector *d)
{
	if (buf_get_u16(in, &d->index) < 0 || get_fixed(in, d->id, sizeof d->id) < 0 ||
	    get_fixed(in, d->title, sizeof d->title) < 0 || buf_get_u8(in, &d->mask_first) < 0 ||
	    buf_get_u8(in, &d->mask_last) < 0 || buf_get_u8(in, &d->off) < 0 || d->off > 1)
		return SCAN_WIRE_BAD;
	return SCAN_WIRE_OK;
}

static int get_worker(struct buf *in, struct scan_worker *w, int is_exit)
{
	if (buf_get_u16(in, &w->slot) < 0 || buf_get_u32(in, &w->pid) < 0)
		return SCAN_WIRE_BAD;
	if (is_exit && (buf_get_u8(in, &w->signal) < 0 || buf_get_u8(in, &w->code) < 0))
		return SCAN_WIRE_BAD;
	/* a pid that is no pid (0, or negative as pid_t) would make a kill() hit a whole group */
	return w->pid == 0 || w->pid > INT32_MAX ? SCAN_WIRE_BAD : SCAN_WIRE_OK;
}

int scan_get_msg(struct buf *in, struct scan_msg *m_r)
{
	struct scan_msg m = { 0 };
	uint8_t type;
	int r = SCAN_WIRE_BAD;
	if (buf_get_u8(in, &type) < 0)
		return SCAN_WIRE_BAD;
	switch (type) {
	case SCAN_MSG_HELLO: r = get_hello(in, &m.hello); break;
	case SCAN_MSG_DETECTOR: r = get_detector(in, &m.detector); break;
	case SCAN_MSG_WORKER:
	case SCAN_MSG_KILL: r = get_worker(in, &m.worker, 0); break;
	case SCAN_MSG_EXIT: r = get_worker(in, &m.worker, 1); break;
	default: break;
	}
	if (r < 0 || buf_left(in) > 0)
		return SCAN_WIRE_BAD;
	m.type = (enum scan_msg_type)type;
	*m_r = m;
	return SCAN_WIRE_OK;
}
