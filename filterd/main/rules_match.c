/* filterctl rules match: rules on a text, for people; on texts and conversations, for programs. */
#include "main/rules_cli.h"

#include "base/text.h"
#include "main/convo.h"
#include "main/ctl.h"
#include "main/rules_judge.h"
#include "model/mask.h"
#include "model/window.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_BUDGET_US = 5000000 };

/* What one sender of a conversation wrote last. */
struct sender {
	const char *from;
	struct window window;
};

struct matcher {
	const struct detect_set *set;
	struct detect_scratch *scratch;
	struct finding *out, *more;   /* of the message, and of it with those before */
	struct window_joined *joined;
	struct sender *senders;       /* of the conversation at hand */
	size_t nsenders, senders_cap;
	const struct convo *convo;
	struct judge *judge;          /* NULL: what becomes of a text is not asked for */
	struct arena *arena;          /* of the line at hand */
	json_t *findings, *decisions; /* decisions: of its messages */
	enum cause incomplete;
};

static void add_finding(struct matcher *m, size_t message, const char *text, const struct finding *f, int crosses)
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
	json_array_append_new(m->findings, j);
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

/* True if the message alone shows it there already, or a joined text did. */
static int is_known(const struct finding *found, size_t n, const struct finding *f)
{
	for (size_t i = 0; i < n; i++)
		if (found[i].text == f->text && found[i].detector == f->detector && found[i].start < f->end && f->start < found[i].end)
			return 1;
	return 0;
}

/* Which of its texts stands for a message among others. */
static size_t spoken(const struct convo_message *msg)
{
	const struct detect_text *t = msg->texts;
	return msg->ntexts > 1 && t[1].role == ROLE_XHTML && window_prefers(t[1].data, t[1].size, t[0].data, t[0].size) ? 1 : 0;
}

/* What only shows together with the messages before; n_r counts what is found. */
static void match_joined(struct matcher *m, size_t at, const struct window *w, uint64_t corrects, int space, size_t *n_r)
{
	const struct convo_message *msg = &m->convo->messages[at];
	const size_t which = spoken(msg);
	const struct detect_text *text = &msg->texts[which];
	size_t n = 0;
	if (!window_join(w, corrects, space, text->data, text->size, m->joined) ||
	    !window_suspicious(m->joined))
		return;
	const struct detect_text joined = { text->role, m->joined->data, m->joined->size };
	enum cause cause = detect_scan(m->set, m->scratch, &joined, 1, MESSAGE_BUDGET_US, m->more, &n);
	if (cause != CAUSE_NONE)
		m->incomplete = cause;
	for (size_t i = 0; i < n && *n_r < DETECT_FINDINGS_MAX; i++) {
		struct finding f = m->more[i];
		size_t start, end;
		bool crosses = window_part(m->joined, f.start, f.end, &start, &end);
		if (!crosses && !window_inside(m->joined, f.start, f.end, &start, &end))
			continue;
		f.text = (uint16_t)which;
		f.start = (uint32_t)start;
		f.end = (uint32_t)end;
		if (is_known(m->out, *n_r, &f))
			continue;
		add_finding(m, at, text->data, &f, 1);
		m->out[(*n_r)++] = f;
	}
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
	int r = judge_texts(m->judge, m->arena, msg->texts, msg->ntexts, m->out, n, cause, &judged);
	if (r == 0)
		r = judge_add_json(m->judge, &judged, j);
	return json_array_append_new(m->decisions, j) < 0 ? -1 : r;
}

static int match_message(struct matcher *m, size_t at)
{
	const struct convo_message *msg = &m->convo->messages[at];
	size_t n = 0;
	enum cause cause = detect_scan(m->set, m->scratch, msg->texts, msg->ntexts, MESSAGE_BUDGET_US, m->out, &n);
	if (cause != CAUSE_NONE || msg->broken)
		m->incomplete = cause != CAUSE_NONE ? cause : CAUSE_UNSCANNABLE;
	for (size_t i = 0; i < n; i++)
		if (!stands_in_body(msg, m->out, n, &m->out[i]))
			add_finding(m, at, msg->texts[m->out[i].text].data, &m->out[i], 0);
	if (!m->convo->is_list || m->convo->n < 2 || cause == CAUSE_UNSCANNABLE)
		return decide(m, at, cause, n);
	struct window *w = window_of(m, msg->from);
	if (!w)
		return -1;
	for (int space = 1; space >= 0; space--) { /* a correction stands behind everything, too: recipients saw both */
		match_joined(m, at, w, 0, space, &n);
		if (msg->replaces >= 0)
			match_joined(m, at, w, (uint64_t)msg->replaces + 1, space, &n);
	}
	const struct detect_text *text = &msg->texts[spoken(msg)];
	if (msg->replaces >= 0)
		window_replace(w, (uint64_t)msg->replaces + 1, text->data, text->size);
	else
		window_add(w, at + 1, 0, 0, text->data, text->size);
	return decide(m, at, cause, n);
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
	for (size_t i = 0; i < n; i++) {
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
		add_finding(m, 0, text, &m->out[i], 0);
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
		if (judge_texts(m->judge, a, &one, 1, m->out, n, cause, &judged) == 0 && tell_text(m, o, text, &judged, cause) == 0)
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
	if (!m->scratch || !m->out || !m->more || !m->joined) {
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
	                     .more = malloc(DETECT_FINDINGS_MAX * sizeof *m.more), .joined = malloc(sizeof *m.joined) };
	int status = run(&m, &l, o);
	free(m.senders);
	free(m.joined);
	free(m.more);
	free(m.out);
	detect_scratch_free(&m.scratch);
	rules_unload(&l);
	return status;
}
