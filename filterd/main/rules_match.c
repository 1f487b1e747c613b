#include "main/rules_cli.h"

#include "main/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MATCH_BUDGET_US = 5000000, MESSAGES_MAX = 4096 };

static json_t *finding_json(const struct detect_set *set, const struct detect_text *texts, const struct finding *f, int conversation)
{
	const char *s = texts[f->text].data;
	size_t start = rules_points(s, f->start), end = start + rules_points(s + f->start, f->end - f->start);
	json_t *j = json_pack("{s:s, s:I, s:I, s:i}", "detector", detect_info(set, f->detector)->id, "start", (json_int_t)start, "end",
	                      (json_int_t)end, "confidence", (int)f->confidence);
	if (conversation)
		json_object_set_new(j, "message", json_integer(f->text));
	return j;
}

struct matcher {
	const struct detect_set *set;
	struct detect_scratch *scratch;
	struct finding *out;
	struct detect_text *texts;
};

static int message_text(const json_t *m, struct detect_text *t_r)
{
	const json_t *body = json_is_object(m) ? json_object_get(m, "body") : m;
	if (!json_is_string(body))
		return -1;
	*t_r = (struct detect_text){ ROLE_BODY, json_string_value(body), json_string_length(body) };
	return 0;
}

/* The texts of a line: "text", or "messages" of a conversation.  NULL, or what is wrong with the line. */
static const char *line_texts(const json_t *line, struct matcher *m, size_t *n_r)
{
	const json_t *text = json_object_get(line, "text"), *list = json_object_get(line, "messages");
	if (!json_is_object(line))
		return "this line is no JSON object";
	if (!json_object_get(line, "id"))
		return "this line has no \"id\"";
	if (text && list)
		return "give either \"text\" or \"messages\"";
	*n_r = 1;
	if (text)
		return json_is_string(text) && message_text(text, &m->texts[0]) == 0 ? NULL : "\"text\" must be a string";
	if (!json_is_array(list))
		return "this line has no \"text\"";
	*n_r = json_array_size(list);
	if (*n_r > MESSAGES_MAX)
		return "there are more than 4096 messages in this line";
	for (size_t i = 0; i < *n_r; i++)
		if (message_text(json_array_get(list, i), &m->texts[i]) < 0)
			return "each of \"messages\" must be a string, or an object with \"body\", a string";
	return NULL;
}

static const char *match_line(struct matcher *m, const json_t *line)
{
	size_t ntexts, n = 0;
	const char *wrong = line_texts(line, m, &ntexts);
	if (wrong)
		return wrong;
	enum cause cause = detect_scan(m->set, m->scratch, m->texts, ntexts, MATCH_BUDGET_US, m->out, &n);
	json_t *list = json_array(), *answer = json_object();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, finding_json(m->set, m->texts, &m->out[i], json_object_get(line, "messages") != NULL));
	json_object_set(answer, "id", json_object_get(line, "id"));
	json_object_set_new(answer, "findings", list);
	if (cause != CAUSE_NONE)
		json_object_set_new(answer, "incomplete", json_string(cause_name(cause)));
	char *s = json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(answer);
	if (!s)
		return "out of memory";
	puts(s);
	free(s);
	return NULL;
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
		const char *wrong = j ? match_line(m, j) : je.text;
		if (wrong) {
			fprintf(stderr, "stdin:%zu: %s\n", number, wrong);
			status = CTL_FOUND;
		}
		json_decref(j);
	}
	free(line);
	if (fflush(stdout) != 0 || ferror(stdin)) {
		fprintf(stderr, "filterctl: %s\n", strerror(errno));
		status = CTL_FOUND;
	}
	return status;
}

int rules_match(const struct rules_options *o)
{
	struct rules_loaded l;
	if (rules_load(o->rules, &l) < 0)
		return CTL_FOUND;
	struct matcher m = { l.set, detect_scratch_new(l.set), malloc(DETECT_FINDINGS_MAX * sizeof *m.out), calloc(MESSAGES_MAX, sizeof *m.texts) };
	int status = CTL_FOUND;
	if (m.scratch && m.out && m.texts)
		status = match_lines(&m);
	else
		fputs("filterctl: out of memory\n", stderr);
	free(m.texts);
	free(m.out);
	detect_scratch_free(&m.scratch);
	rules_unload(&l);
	return status;
}
