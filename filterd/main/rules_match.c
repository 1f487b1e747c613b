/* filterctl rules match: rules on a text, for people; on texts and conversations, for programs. */
#include "main/rules_cli.h"

#include "base/text.h"
#include "main/convo.h"
#include "main/ctl.h"
#include "main/rules_judge.h"
#include "model/mask.h"
#include "model/reading.h"
#include "model/rest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_BUDGET_US = 5000000, FINDINGS_SHOWN = 50 };

/* What one sender of a conversation wrote last. */
struct sender {
	const char *from;
	struct window window;
};

struct match {
	struct finding f;
	int crosses;                  /* it takes the messages before to see it */
};

struct matcher {
	const struct detect_set *set;
	struct detect_scratch *scratch;
	struct finding *out, *more;   /* of the message, and of a reading */
	struct match *matches;        /* of both */
	struct finding end;           /* in a reading: ends a number that may go on; of confidence 0: nothing does */
	const struct reading *end_of;
	struct reading readings[READINGS_MAX];
	struct sender *senders;       /* of the conversation at hand */
	size_t nsenders, senders_cap;
	const struct convo *convo;
	struct judge *judge;          /* NULL: what becomes of a text is not asked for */
	struct arena *arena;          /* of the line at hand */
	json_t *findings, *decisions; /* decisions: of its messages */
	enum cause incomplete;
};

static json_t *describe(const struct matcher *m, size_t message, const char *text, const struct finding *f, int crosses)
{
	size_t start = rules_points(text, f->start), end = start + rules_points(text + f->start, f->end - f->start);
	json_t *j = json_pack("{s:s, s:I, s:I, s:i}", "detector", detect_info(m->set, f->detector)->id, "start", (json_int_t)start, "end",
	                      (json_int_t)end, "confidence", (int)f->confidence);
	if (m->convo->is_list)
		json_object_set_new(j, "message", json_integer((json_int_t)message));
	if (f->document)
		json_object_update_new(j, json_pack("{s:I, s:i, s:i}", "document", (json_int_t)f->document, "share_document", f->share_document,
		                                    "share_message", f->share_message));
	if (crosses)
		json_object_set_new(j, "crosses", json_true());
	return j;
}

static int same_text(const struct detect_text *texts, const struct finding *a, const struct finding *b)
{
	return a->detector == b->detector && a->end - a->start == b->end - b->start &&
	       memcmp(texts[a->text].data + a->start, texts[b->text].data + b->start, a->end - a->start) == 0;
}

/* Body and XHTML mostly say the same: what stands in both is one finding, in the body. */
static int stands_in_body(const struct convo_message *msg, const struct finding *found, size_t n, const struct finding *f)
{
	for (size_t i = 0; msg->has_body && f->text > 0 && i < n && found[i].text == 0; i++)
		if (same_text(msg->texts, &found[i], f))
			return 1;
	return 0;
}

static struct window *window_of(struct matcher *m, const char *from)
{
	for (size_t i = 0; i < m->nsenders; i++)
		if (strcmp(m->senders[i].from, from) == 0)
			return &m->senders[i].window;
	if (m->nsenders == m->senders_cap) {
		size_t cap = m->senders_cap ? 2 * m->senders_cap : 8;
		struct sender *p = realloc(m->senders, cap * sizeof *p);
		if (!p)
			return NULL;
		m->senders = p;
		m->senders_cap = cap;
	}
	struct sender *s = &m->senders[m->nsenders++];
	*s = (struct sender){ .from = from };
	return &s->window;
}

/* Adds what takes the messages before to see to the n there are.  A place that was found (in the message alone, or in another reading) is told
 * once, as what is surest. */
static size_t add_match(struct matcher *m, size_t n, const struct finding *f)
{
	for (size_t i = 0; i < n; i++) {
		struct finding *known = &m->matches[i].f;
		if (known->text != f->text || known->detector != f->detector || known->start != f->start || known->end != f->end)
			continue;
		if (f->confidence > known->confidence)
			m->matches[i] = (struct match){ *f, 1 };
		return n;
	}
	if (n < DETECT_FINDINGS_MAX)
		m->matches[n++] = (struct match){ *f, 1 };
	return n;
}

/* Which of its texts stands for a message among others. */
static size_t spoken(const struct convo_message *msg)
{
	const struct detect_text *t = msg->texts;
	return msg->ntexts > 1 && t[1].role == ROLE_XHTML && reading_prefers(t[1].data, t[1].size, t[0].data, t[0].size) ? 1 : 0;
}

/* What only shows together with the messages before, behind the n there are.  Returns how many there are then. */
static size_t match_reading(struct matcher *m, const struct reading *r, size_t which, const struct detect_text *body, size_t own, size_t n)
{
	const struct detect_text text = { body->role, r->data, r->size };
	size_t found = 0;
	enum cause cause = detect_scan(m->set, m->scratch, &text, 1, MESSAGE_BUDGET_US, m->more, &found);
	if (cause != CAUSE_NONE)
		m->incomplete = cause;
	for (size_t i = 0; i < found; i++) {
		struct finding f = m->more[i];
		f.text = (uint16_t)which;
		if (!reading_news(r, &f, m->out, own))
			continue;
		if (f.confidence > m->end.confidence && rest_may_follow(r, &m->more[i], &f, body->data, body->size)) {
			m->end = m->more[i];
			m->end_of = r;
		}
		n = add_match(m, n, &f);
	}
	return n;
}

/* What becomes of a message, for those that something is found in or that were not read to their end. */
static int decide(struct matcher *m, size_t at, enum cause cause, size_t n)
{
	const struct convo_message *msg = &m->convo->messages[at];
	struct judged judged;
	if (!m->judge || (n == 0 && cause == CAUSE_NONE))
		return 0;
	json_t *j = json_object();
	if (m->convo->is_list)
		json_object_set_new(j, "message", json_integer((json_int_t)at));
	int r = judge_texts(m->judge, m->arena, msg->from, msg->texts, msg->ntexts, m->out, n, cause, &judged);
	if (r == 0)
		r = judge_add_json(m->judge, &judged, j);
	return json_array_append_new(m->decisions, j) < 0 ? -1 : r;
}

static int match_message(struct matcher *m, size_t at)
{
	const struct convo_message *msg = &m->convo->messages[at];
	const size_t which = spoken(msg);
	const struct detect_text *text = &msg->texts[which];
	size_t own = 0, n = 0;
	enum cause cause = detect_scan(m->set, m->scratch, msg->texts, msg->ntexts, MESSAGE_BUDGET_US, m->out, &own);
	if (cause != CAUSE_NONE || msg->broken)
		m->incomplete = cause != CAUSE_NONE ? cause : CAUSE_UNSCANNABLE;
	for (size_t i = 0; i < own; i++)
		if (!stands_in_body(msg, m->out, own, &m->out[i]))
			m->matches[n++] = (struct match){ m->out[i], 0 };
	if (m->convo->is_list && m->convo->n > 1 && cause != CAUSE_UNSCANNABLE) {
		struct window *w = window_of(m, msg->from);
		if (!w)
			return -1;
		const uint64_t corrects = msg->replaces >= 0 ? (uint64_t)msg->replaces + 1 : 0;
		const size_t readings = reading_make(w, corrects, text->data, text->size, m->readings);
		m->end.confidence = 0;
		for (size_t i = 0; i < readings; i++)
			n = match_reading(m, &m->readings[i], which, text, own, n);
		const struct rest_text rest = { at + 1, 0, 0, text->data, text->size };
		struct finding f;
		if (rest_take(w, &rest, m->end_of, m->end.confidence ? &m->end : NULL, &f)) {
			f.text = (uint16_t)which;
			n = add_match(m, n, &f);
		}
		if (corrects)
			window_replace(w, corrects, text->data, text->size);
		else
			window_add(w, at + 1, 0, 0, text->data, text->size);
	}
	for (size_t i = 0; i < n; i++) {
		const struct match *f = &m->matches[i];
		json_array_append_new(m->findings, describe(m, at, msg->texts[f->f.text].data, &f->f, f->crosses));
		if (f->crosses && own < DETECT_FINDINGS_MAX)
			m->out[own++] = f->f; /* rules judge what the message says by itself and what only shows together */
	}
	return decide(m, at, cause, own);
}

static const char *match_line(struct matcher *m, const json_t *line, struct arena *a)
{
	static const char no_memory[] = "out of memory";
	struct convo c;
	const char *wrong = convo_read(line, a, &c);
	if (wrong)
		return wrong;
	m->convo = &c;
	m->arena = a;
	m->findings = json_array();
	m->decisions = json_array();
	m->nsenders = 0;
	m->incomplete = CAUSE_NONE;
	if (m->judge && judge_converse(m->judge, c.is_list) < 0)
		wrong = no_memory;
	for (size_t i = 0; i < c.n && !wrong; i++)
		wrong = match_message(m, i) < 0 ? no_memory : NULL;
	json_t *answer = json_pack("{s:O, s:o}", "id", c.id, "findings", m->findings);
	if (m->incomplete != CAUSE_NONE)
		json_object_set_new(answer, "incomplete", json_string(cause_name(m->incomplete)));
	if (m->judge && c.is_list)
		json_object_set(answer, "decisions", m->decisions);
	else if (m->judge && json_array_size(m->decisions))
		json_object_update(answer, json_array_get(m->decisions, 0));
	else if (m->judge)
		json_object_update_new(answer, json_pack("{s:s, s:[]}", "action", action_name(ACTION_DELIVER), "rules"));
	json_decref(m->decisions);
	if (wrong)
		json_decref(answer);
	return wrong ? wrong : rules_print_json(answer) < 0 ? no_memory : NULL;
}

static int match_lines(struct matcher *m)
{
	char *line = NULL;
	size_t cap = 0, number = 0;
	int status = CTL_OK;
	for (ssize_t n; (n = getline(&line, &cap, stdin)) >= 0;) {
		number++;
		if (strspn(line, " \t\r\n") == (size_t)n)
			continue;
		json_error_t je;
		json_t *j = json_loadb(line, (size_t)n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &je);
		struct arena *a = arena_new(CONVO_ARENA_MAX);
		const char *wrong = !a ? "out of memory" : j ? match_line(m, j, a) : je.text;
		if (wrong) {
			fprintf(stderr, "stdin:%zu: %s\n", number, wrong);
			status = CTL_FOUND;
		}
		arena_free(&a);
		json_decref(j);
	}
	free(line);
	if (fflush(stdout) != 0 || ferror(stdin)) {
		fprintf(stderr, "filterctl: %s\n", strerror(errno));
		status = CTL_FOUND;
	}
	return status;
}

static void print_findings(const struct matcher *m, const char *text, size_t n)
{
	for (size_t i = 0; i < n && i < FINDINGS_SHOWN; i++) {
		const struct finding *f = &m->out[i];
		const struct detect_info *d = detect_info(m->set, f->detector);
		size_t start = rules_points(text, f->start), size = f->end - f->start;
		char *masked = malloc(3 * size + 1), quoted[300];
		if (!masked || mask_apply(&d->mask, text + f->start, size, masked, 3 * size + 1) < 0)
			quoted[0] = '\0';
		else
			text_quote(quoted, sizeof quoted, masked, strlen(masked));
		free(masked);
		printf("%s: \"%s\" at %zu to %zu, confidence %d\n", d->id, quoted, start, start + rules_points(text + f->start, size), f->confidence);
	}
	if (n > FINDINGS_SHOWN)
		printf("and %zu more\n", n - FINDINGS_SHOWN);
	if (n == 0)
		puts("nothing is found in this text");
}

static int tell_text(struct matcher *m, const struct rules_options *o, const char *text, const struct judged *judged, enum cause cause)
{
	size_t n = judged->in.nfindings;
	if (!o->json) {
		print_findings(m, text, n);
		if (cause != CAUSE_NONE)
			printf("it could not be looked at to its end: %s\n", cause_name(cause));
		judge_print(m->judge, judged);
		return 0;
	}
	m->findings = json_array();
	m->convo = &(const struct convo){ 0 };
	for (size_t i = 0; i < n; i++)
		json_array_append_new(m->findings, describe(m, 0, text, &m->out[i], 0));
	json_t *answer = json_pack("{s:o, s:o}", "findings", m->findings, "assumed", judge_assumed_json(m->judge));
	if (cause != CAUSE_NONE)
		json_object_set_new(answer, "incomplete", json_string(cause_name(cause)));
	if (judge_add_json(m->judge, judged, answer) == 0)
		return rules_print_json(answer);
	json_decref(answer);
	return -1;
}

/* One text: all of standard input. */
static int match_text(struct matcher *m, const struct rules_options *o)
{
	size_t size, n = 0;
	char *text = rules_read_text(&size);
	struct arena *a = arena_new(CONVO_ARENA_MAX);
	const struct detect_text one = { ROLE_BODY, text, size };
	struct judged judged;
	int status = CTL_FAILED;
	if (text && a) {
		enum cause cause = detect_scan(m->set, m->scratch, &one, 1, MESSAGE_BUDGET_US, m->out, &n);
		if (judge_texts(m->judge, a, "", &one, 1, m->out, n, cause, &judged) == 0 && tell_text(m, o, text, &judged, cause) == 0)
			status = cause != CAUSE_NONE ? CTL_FOUND : CTL_OK;
	}
	if (status == CTL_FAILED)
		fputs("filterctl: out of memory\n", stderr);
	arena_free(&a);
	free(text);
	return status;
}

static int run(struct matcher *m, const struct rules_loaded *l, const struct rules_options *o)
{
	struct judge judge;
	if (!m->scratch || !m->out || !m->more || !m->matches) {
		fputs("filterctl: out of memory\n", stderr);
		return CTL_FOUND;
	}
	if (o->jsonl && !o->decide)
		return match_lines(m);
	int status = judge_new(l, o, m->scratch, &judge);
	if (status != CTL_OK)
		return status;
	m->judge = &judge;
	status = o->jsonl ? match_lines(m) : match_text(m, o);
	judge_free(&judge);
	return status;
}

int rules_match(const struct rules_options *o)
{
	struct rules_loaded l;
	if (rules_load(o->rules, &l) < 0)
		return CTL_FOUND;
	struct matcher m = { .set = l.set, .scratch = detect_scratch_new(l.set), .out = malloc(DETECT_FINDINGS_MAX * sizeof *m.out),
	                     .more = malloc(DETECT_FINDINGS_MAX * sizeof *m.more), .matches = malloc(DETECT_FINDINGS_MAX * sizeof *m.matches) };
	int status = run(&m, &l, o);
	free(m.senders);
	free(m.matches);
	free(m.more);
	free(m.out);
	detect_scratch_free(&m.scratch);
	rules_unload(&l);
	return status;
}
