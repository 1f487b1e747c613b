#include "policy/decide.h"

#include "policy/zones.h"

#include <string.h>

bool policy_rule_applies(const struct rule *r, const struct decide_input *in)
{
	return r->mode != RULE_OFF && when_applies(&r->when, &in->is) && (!r->when.file || when_file_of(r->when.file, &in->is));
}

bool policy_finding_counts(const struct rule_condition *c, const struct finding *f)
{
	return !c->members && f->detector == c->index && f->confidence >= c->confidence;
}

static bool is_filler(char ch)
{
	return ch == ' ' || ch == '-' || ch == '.' || ch == '/' || ch == '\t' || ch == '\n';
}

/* Same value, whatever the separators.  A value that is not at hand (of a file inside) is no other's. */
static bool same_value(const struct decide_text *texts, const struct finding *a, const struct finding *b)
{
	if (!texts[a->text].data || !texts[b->text].data)
		return false;
	const char *p = texts[a->text].data + a->start, *pe = texts[a->text].data + a->end;
	const char *q = texts[b->text].data + b->start, *qe = texts[b->text].data + b->end;
	for (;;) {
		while (p < pe && is_filler(*p))
			p++;
		while (q < qe && is_filler(*q))
			q++;
		if (p == pe || q == qe)
			return p == pe && q == qe;
		if (*p++ != *q++)
			return false;
	}
}

size_t policy_plain(const char *s, size_t size, char *dst)
{
	size_t n = 0;
	for (size_t i = 0; i < size; i++)
		if (!is_filler(s[i]))
			dst[n++] = s[i];
	return n;
}

size_t policy_value(const struct decide_text *texts, const struct finding *f, char *dst)
{
	const char *data = texts ? texts[f->text].data : NULL;
	return data ? policy_plain(data + f->start, f->end - f->start, dst) : 0;
}

bool policy_finding_allowed(const struct rule *r, const struct decide_input *in, size_t i)
{
	return in->allowed && in->allowed[i] && allow_value_for(&in->rules->allow, in->allowed[i], r->id, in->today);
}

/* What is asked: a rule's conditions, of an item, with or without regard to values that are allowed. */
struct asking {
	const struct rule *rule;
	const struct decide_input *in;
	bool as_if_none_allowed;
};

/* Distinct values are counted up to what is asked for, so this is at most findings × count comparisons. */
static struct decide_hit count_findings(const struct rule_condition *c, const struct asking *a)
{
	const struct decide_input *in = a->in;
	const struct finding *distinct[64];
	struct decide_hit hit = { .condition = c };
	for (size_t i = 0; i < in->nfindings; i++) {
		const struct finding *f = &in->findings[i];
		if (!policy_finding_counts(c, f) || (!a->as_if_none_allowed && policy_finding_allowed(a->rule, in, i)))
			continue;
		if (!hit.first || f->confidence > hit.first->confidence)
			hit.first = f;
		bool seen = false;
		for (uint32_t k = 0; c->distinct && in->texts && !seen && k < hit.count && k < 64; k++)
			seen = same_value(in->texts, distinct[k], f);
		if (seen)
			continue;
		if (hit.count < 64)
			distinct[hit.count] = f;
		hit.count++;
	}
	if (c->per != PER_ITEM && in->tallies) { /* the rest came earlier; yet without a finding of its own, it is not this item that does it */
		hit.count = hit.first ? in->tallies[c->tally].count : 0;
		hit.span_ms = in->tallies[c->tally].span_ms;
	}
	return hit;
}

uint32_t policy_count(const struct rule *r, const struct decide_input *in, const struct rule_condition *c)
{
	return count_findings(c, &(struct asking){ r, in, false }).count;
}

/* Enough findings for the condition? */
static bool condition_holds(const struct rule_condition *c, const struct asking *a, struct decide_hit *hit_r)
{
	*hit_r = count_findings(c, a);
	return hit_r->count >= c->count;
}

/* Whether the conditions hold together; those of detectors that made them hold go to hits (room for all), *n_r counts them. */
static bool conditions_hold(const struct rule_condition *c, size_t n, const struct asking *a, struct decide_hit *hits, size_t *n_r)
{
	bool any = false, any_holds = false;
	size_t all = 0;
	for (size_t k = 0; k < n; k += 1 + c[k].members) {
		size_t more = 0;
		bool holds = c[k].members ? conditions_hold(&c[k + 1], c[k].members, a, hits + all, &more) : condition_holds(&c[k], a, &hits[all]);
		if (c[k].kind != CONDITION_ANY && holds == (c[k].kind == CONDITION_NONE))
			return false;
		any |= c[k].kind == CONDITION_ANY;
		any_holds |= c[k].kind == CONDITION_ANY && holds;
		if (holds && c[k].kind != CONDITION_NONE)
			all += c[k].members ? more : 1;
	}
	*n_r = all;
	return !any || any_holds;
}

/* What made the rule match, into hits (room for one more than it has conditions); 0: it doesn't match. */
static size_t rule_hits(const struct asking *a, struct decide_hit *hits)
{
	const struct rule *r = a->rule;
	const struct decide_input *in = a->in;
	size_t n = 0;
	if (!conditions_hold(r->conditions, r->nconditions, a, hits, &n))
		return 0;
	if (n == 0)
		hits[n++] = (struct decide_hit){ 0 };
	const struct decide_file *file = r->when.file ? when_file_of(r->when.file, &in->is) : NULL;
	for (size_t i = 0; i < n; i++) {
		hits[i].rule = r;
		hits[i].file = file;
	}
	return n;
}

/* Takes a stricter action only, so that the first reason for the strictest one is named. */
static void raise(struct decision *d, enum action action, const struct rule *rule, enum cause cause)
{
	if (action > d->action) {
		d->action = action;
		d->rule = rule;
		d->cause = cause;
	}
}

static void deny(struct decision *d, enum denial why)
{
	if (d->denial == DENY_NOTHING) {
		d->denial = why;
		d->action = ACTION_BLOCK;
		d->rule = NULL;
		d->cause = CAUSE_NONE;
	}
}

/* What the (from, to) row says, rules aside. */
static void apply_row(const struct decide_input *in, const struct conf_policy *row, struct decision *d)
{
	if (!row->talk)
		deny(d, DENY_TALK);
	if (in->is_file && !row->files)
		deny(d, DENY_FILES);
	if (in->is_file && row->file_max > 0 && in->file_size > (uint64_t)row->file_max)
		deny(d, DENY_FILE_SIZE);
	if (in->check_peer && row->need_tls && !in->tls)
		deny(d, DENY_TLS);
	if (in->check_peer && in->is_s2s && row->need_peer_cert && !in->peer_cert)
		deny(d, DENY_PEER_CERT);
	if (in->malware)
		raise(d, row->malware, NULL, CAUSE_NONE);
	for (int c = CAUSE_NONE + 1; c < CAUSE_COUNT; c++) {
		if (!(in->causes & 1u << c))
			continue;
		d->unscanned = true;
		raise(d, row->on_failure[c], NULL, (enum cause)c);
		if (d->cause == CAUSE_NONE && d->action == ACTION_DELIVER)
			d->cause = (enum cause)c;
	}
}

static void mark_redactions(const struct decide_input *in, const struct decision *d)
{
	for (size_t h = 0; h < d->nhits; h++) {
		if (d->hits[h].rule->mode != RULE_ENFORCE || d->hits[h].rule->action < ACTION_REDACT || !d->hits[h].condition)
			continue;
		for (size_t i = 0; i < in->nfindings; i++)
			if (!d->redact[i] && !policy_finding_allowed(d->hits[h].rule, in, i) && policy_finding_counts(d->hits[h].condition, &in->findings[i]))
				d->redact[i] = d->hits[h].rule; /* rules are in the order of their priority */
	}
}

static int add_allowed(struct arena *a, struct decision *d, const struct allow_entry *entry, const struct decide_hit *hit)
{
	struct decide_allowed *more = arena_alloc(a, sizeof *more);
	if (!more)
		return -1;
	*more = (struct decide_allowed){ d->allowed, entry, *hit };
	d->allowed = more;
	return 0;
}

/* The entry that lets the whole item pass this rule. */
static const struct allow_entry *entry_for_item(const struct rule *r, const struct decide_input *in)
{
	const struct allow_list *l = &in->rules->allow;
	const struct allow_entry *e = allow_sender(l, in->is.sender, r->id, in->today);
	bool upload = (in->is.channels & 1u << CHANNEL_UPLOAD) != 0; /* then the file is all there is; a stanza that offers one has texts, too */
	const struct decide_file *file = r->when.file ? when_file_of(r->when.file, &in->is) : upload && in->is.nfiles == 1 ? &in->is.files[0] : NULL;
	/* a picture inside a stanza is not all of what a rule with conditions may have found */
	if (!e && file && (upload || r->nconditions == 0))
		e = allow_file(l, file->sha256, r->id, in->today);
	return e;
}

/* Of the values that the rule would have counted, those that are allowed: one record for each condition and entry. */
static int add_allowed_values(struct arena *a, struct decision *d, const struct asking *ask, const struct decide_hit *hits, size_t n)
{
	const struct decide_input *in = ask->in;
	for (size_t h = 0; h < n; h++) {
		struct decide_allowed *before = d->allowed;
		for (size_t i = 0; hits[h].condition && i < in->nfindings; i++) {
			if (!policy_finding_counts(hits[h].condition, &in->findings[i]) || !policy_finding_allowed(ask->rule, in, i))
				continue;
			const struct allow_entry *e = allow_value_for(&in->rules->allow, in->allowed[i], ask->rule->id, in->today);
			struct decide_allowed *same = d->allowed;
			while (same != before && same->entry != e)
				same = same->next;
			const struct decide_hit hit = { ask->rule, hits[h].condition, hits[h].file, 1, 0, &in->findings[i] };
			if (same != before)
				same->hit.count++;
			else if (add_allowed(a, d, e, &hit) < 0)
				return -1;
		}
	}
	return 0;
}

/* The rule's hits with regard to the allow-list; what that takes away is told of.  -1 without memory. */
static long ask_rule(struct arena *a, const struct rule *r, const struct decide_input *in, struct decision *d, struct decide_hit *hits)
{
	struct asking ask = { r, in, in->rules->allow.n > 0 };
	if (!ask.as_if_none_allowed)
		return (long)rule_hits(&ask, hits);
	size_t n = rule_hits(&ask, hits);
	const struct allow_entry *item = n > 0 ? entry_for_item(r, in) : NULL;
	for (size_t h = 0; item && h < n; h++)
		if (add_allowed(a, d, item, &hits[h]) < 0)
			return -1;
	if (item || (in->allowed && add_allowed_values(a, d, &ask, hits, n) < 0))
		return item ? 0 : -1;
	ask.as_if_none_allowed = false;
	return (long)rule_hits(&ask, hits);
}

/* What enforced rules ask for beside their action: an alert and a word to the sender of any of them, silence of the one that led to the action. */
static void add_also(struct decision *d)
{
	for (size_t h = 0; h < d->nhits; h++) {
		const struct rule *r = d->hits[h].rule;
		if (r->mode != RULE_ENFORCE)
			continue;
		d->alert |= (r->also & ALSO_ALERT) != 0;
		if (!d->notify && d->action == ACTION_DELIVER && r->also & ALSO_NOTIFY_SENDER)
			d->notify = r;
	}
	d->silent = d->rule && d->rule->also & ALSO_SILENT;
}

/* Where there is nothing to mask, in a file, redact means block. */
static enum action action_of(const struct rule *r, const struct decide_hit *hits, const struct decide_input *in)
{
	return r->action == ACTION_REDACT && (!in->can_redact || !hits[0].condition) ? ACTION_BLOCK : r->action;
}

void policy_decide(struct arena *a, const struct decide_input *in, struct decision *d_r)
{
	static const struct decision no_memory = { .action = ACTION_BLOCK, .cause = CAUSE_NO_SPACE, .unscanned = true };
	struct decision d = { .malware = in->malware };
	/* what has neither findings nor files can match no rule */
	size_t nrules = in->nfindings > 0 || in->is.nfiles > 0 ? in->rules->nrules : 0, hits_max = 0;
	for (size_t i = 0; i < nrules; i++)
		hits_max += in->rules->rules[i].nconditions + 1;
	d.hits = arena_alloc(a, hits_max * sizeof *d.hits);
	d.redact = arena_alloc(a, in->nfindings * sizeof *d.redact);
	if (!d.hits || !d.redact) {
		*d_r = no_memory;
		return;
	}
	for (size_t i = 0; i < in->is.nto; i++)
		apply_row(in, zone_policy(in->is.conf, in->is.from, in->is.to[i]), &d);
	for (size_t i = 0; i < nrules; i++) {
		const struct rule *r = &in->rules->rules[i];
		struct decide_hit *hits = &d.hits[d.nhits];
		if (!policy_rule_applies(r, in))
			continue;
		long n = ask_rule(a, r, in, &d, hits);
		if (n < 0) {
			*d_r = no_memory;
			return;
		}
		d.nhits += (size_t)n;
		if (n > 0 && r->mode == RULE_ENFORCE && d.denial == DENY_NOTHING)
			raise(&d, action_of(r, hits, in), r, CAUSE_NONE);
	}
	if (d.action == ACTION_REDACT)
		mark_redactions(in, &d);
	add_also(&d);
	*d_r = d;
}
