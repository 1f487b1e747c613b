#include "main/rules_judge.h"

#include "base/clock.h"
#include "flow/drip.h"
#include "flow/redact.h"
#include "policy/zones.h"
#include "main/ctl_say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int take_detectors(struct judge *j, const char **ids)
{
	size_t n = detect_count(j->l->set);
	for (size_t i = 0; i < n; i++) {
		const struct detect_info *d = detect_info(j->l->set, i);
		ids[i] = d->id;
		j->detectors[i] = (struct generation_detector){ (char *)d->id, (char *)d->title, d->mask };
	}
	struct cfgerr err = { 0 };
	int r = policy_rules_parse(&j->l->b, &j->rules, &err);
	if (r == 0)
		r = policy_rules_bind(j->rules, ids, n, &err);
	if (r == 0 && j->assumed.configured)
		r = policy_rules_check(j->rules, j->assumed.conf, &err);
	if (r < 0)
		ctl_complain_of(&err, "");
	return r;
}

int judge_new(const struct rules_loaded *l, const struct rules_options *o, struct detect_scratch *s, struct judge *j_r)
{
	*j_r = (struct judge){ .l = l, .o = o, .scratch = s, .today = allow_today(clock_wall_s()) };
	if (assume(o, &j_r->assumed) < 0)
		return CTL_USAGE;
	const char **ids = calloc(detect_count(l->set) + 1, sizeof *ids);
	j_r->detectors = calloc(detect_count(l->set) + 1, sizeof *j_r->detectors);
	j_r->again = malloc(DETECT_FINDINGS_MAX * sizeof *j_r->again);
	int r = -1;
	if (s && ids && j_r->detectors && j_r->again)
		r = take_detectors(j_r, ids);
	else
		fputs("filterctl: out of memory\n", stderr);
	free(ids);
	if (r < 0)
		judge_free(j_r);
	return r < 0 ? CTL_FOUND : CTL_OK;
}

void judge_free(struct judge *j)
{
	drip_free(&j->drip);
	policy_rules_free(&j->rules);
	assumed_free(&j->assumed);
	free(j->detectors);
	free(j->again);
	*j = (struct judge){ 0 };
}

int judge_converse(struct judge *j, int begins)
{
	drip_free(&j->drip);
	if (!begins || j->rules->ntallies == 0)
		return 0;
	j->drip = drip_new(DRIP_BYTES_MAX);
	return j->drip ? 0 : -1;
}

static int by_place(const void *pa, const void *pb)
{
	const struct finding *a = pa, *b = pb;
	return a->text != b->text ? (a->text < b->text ? -1 : 1) : a->start != b->start ? (a->start < b->start ? -1 : 1) :
	       a->end != b->end ? (a->end < b->end ? -1 : 1) : (int)a->detector - (int)b->detector;
}

static void set_input(const struct judge *j, const char *from, struct judged *r, const struct finding *findings, size_t n, enum cause cause)
{
	const struct assumed *a = &j->assumed;
	bool upload = a->channel == CHANNEL_UPLOAD;
	r->in = (struct decide_input){
		.rules = j->rules,
		.is = a->is,
		.is_file = upload,
		.file_size = r->file.size,
		.can_redact = !upload,
		.causes = cause == CAUSE_NONE ? 0 : 1u << cause,
		.texts = upload ? NULL : r->texts, /* of a file they are not at hand */
		.findings = findings,
		.nfindings = n,
		.today = j->today,
	};
	r->in.is.files = &r->file;
	r->in.is.nfiles = upload;
	if (!strchr(from, '@'))
		return;
	r->in.is.sender = from;
	if (a->configured)
		r->in.is.from = zone_of_jid(a->conf, from, strlen(from));
}

/* As if all of a conversation were said at once. */
static int count_over_time(struct judge *j, struct arena *a, const char *from, struct judged *r)
{
	const struct drip_item item = { .from = *from ? from : r->in.is.sender, .to = r->in.is.recipient };
	return j->drip ? drip_count(j->drip, a, &r->in, &item, 0, &r->in.tallies) : 0;
}

/* Writes the masks into texts of a stanza that has these texts and nothing else. */
static int redact_texts(const struct judge *j, struct arena *a, const struct detect_text *texts, size_t n, const struct judged *r, struct detect_text *out)
{
	struct xml_node nodes[JUDGE_TEXTS_MAX] = { 0 };
	struct stanza_piece pieces[JUDGE_TEXTS_MAX];
	struct stanza_text all[JUDGE_TEXTS_MAX];
	for (size_t i = 0; i < n; i++) {
		nodes[i].text = arena_strndup(a, texts[i].data, texts[i].size);
		nodes[i].size = texts[i].size;
		if (!nodes[i].text)
			return -1;
		pieces[i] = (struct stanza_piece){ 0, (uint32_t)texts[i].size, &nodes[i], NULL };
		all[i] = (struct stanza_text){ texts[i].role, nodes[i].text, (uint32_t)texts[i].size, &pieces[i], 1 };
	}
	struct stanza s = { .arena = a, .channel = j->assumed.channel, .lang = j->o->lang, .texts = all, .ntexts = n };
	const struct redact how = {
		.findings = r->in.findings,
		.nfindings = r->in.nfindings,
		.rules = r->d.redact,
		.texts = r->texts,
		.detectors = j->detectors,
		.language = j->assumed.conf->language,
	};
	if (redact_stanza(a, &s, &how) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		out[i] = (struct detect_text){ texts[i].role, nodes[i].text, nodes[i].size };
	return 0;
}

/* As the server does: what is redacted is looked at once more, and blocked if a rule still redacts it. */
static void redact(struct judge *j, struct arena *a, const char *from, const struct detect_text *texts, size_t n, struct judged *r)
{
	struct detect_text masked[JUDGE_TEXTS_MAX];
	struct judged second = { 0 };
	size_t found = 0;
	r->d.action = ACTION_BLOCK;
	if (redact_texts(j, a, texts, n, r, masked) < 0)
		return;
	enum cause cause = detect_scan(j->l->set, j->scratch, masked, n, JUDGE_BUDGET_US, j->again, &found);
	for (size_t i = 0; i < n; i++)
		second.texts[i] = (struct decide_text){ masked[i].data, masked[i].size };
	set_input(j, from, &second, j->again, found, cause);
	second.in.tallies = r->in.tallies;
	policy_decide(a, &second.in, &second.d);
	r->shown = second.d.action >= ACTION_REDACT;
	if (r->shown)
		return;
	r->d.action = ACTION_REDACT;
	r->delivered = masked[0].data;
	r->delivered_size = masked[0].size;
}

int judge_texts(struct judge *j, struct arena *a, const char *from, const struct detect_text *texts, size_t ntexts, struct finding *findings, size_t n,
                enum cause cause, struct judged *r)
{
	*r = (struct judged){ .file = { .name = "", .declared = "text/plain", .types = "text/plain", .sha256 = "" } };
	for (size_t i = 0; i < ntexts; i++) {
		r->texts[i] = (struct decide_text){ texts[i].data, texts[i].size };
		r->file.size += texts[i].size;
	}
	r->file.unscanned = cause != CAUSE_NONE;
	if (n > 0)
		qsort(findings, n, sizeof *findings, by_place);
	set_input(j, from, r, findings, n, cause);
	if (count_over_time(j, a, from, r) < 0)
		return -1;
	policy_decide(a, &r->in, &r->d);
	if (!r->d.hits || !r->d.redact)
		return -1;
	if (r->d.action == ACTION_REDACT)
		redact(j, a, from, texts, ntexts, r);
	return 0;
}

/* Whether any of its conditions asks for what was found, with whatever confidence. */
static bool has_say(const struct judged *r, const struct rule *rule)
{
	for (size_t k = 0; k < rule->nconditions; k++)
		for (size_t i = 0; i < r->in.nfindings; i++)
			if (!rule->conditions[k].members && r->in.findings[i].detector == rule->conditions[k].index)
				return true;
	return false;
}

enum judge_outcome judge_outcome(const struct judge *j, const struct judged *r, const struct rule *rule)
{
	for (size_t i = 0; i < r->d.nhits; i++)
		if (r->d.hits[i].rule == rule)
			return JUDGE_MATCHES;
	for (const struct decide_allowed *a = r->d.allowed; a; a = a->next)
		if (a->hit.rule == rule)
			return JUDGE_ALLOWED;
	if (!has_say(r, rule))
		return JUDGE_SILENT;
	if (rule->mode == RULE_OFF)
		return JUDGE_OFF;
	return policy_rule_applies(rule, &r->in) ? JUDGE_TOO_LITTLE : JUDGE_ELSEWHERE;
}
