/* Which patterns are run when: by literal, on number runs, or on whole texts. */
#include "detect/pass.h"
#include "detect/trace.h"

#include <stdlib.h>
#include <string.h>

/* A literal of a pattern or word. */
struct use {
	const char *s;
	uint32_t size, pattern; /* from npatterns on: a word, behind those: evidence */
};

static int by_text(const void *pa, const void *pb)
{
	const struct use *a = pa, *b = pb;
	uint32_t n = a->size < b->size ? a->size : b->size;
	int c = memcmp(a->s, b->s, n);
	if (c == 0)
		c = a->size < b->size ? -1 : a->size > b->size;
	return c ? c : a->pattern < b->pattern ? -1 : a->pattern > b->pattern;
}

/* The longest piece of ASCII without spaces. */
static struct use piece_of(const struct term *t, uint32_t user)
{
	struct use best = { t->s, 0, user };
	for (size_t i = 0, from = 0; i <= t->size; i++) {
		if (i < t->size && t->s[i] != ' ' && (unsigned char)t->s[i] < 0x80)
			continue;
		if (i - from > best.size)
			best = (struct use){ t->s + from, (uint32_t)(i - from), user };
		from = i + 1;
	}
	return best;
}

static int is_ascii(const struct term *t)
{
	for (size_t i = 0; i < t->size; i++)
		if ((unsigned char)t->s[i] >= 0x80)
			return 0;
	return 1;
}

/* The terms of an evidence that a finding can't do without: where none of them is in a text, the detector needn't be asked. */
static size_t collect_evidence(const struct detect_set *set, struct evidence *e, struct use *uses)
{
	size_t n = 0;
	if (!e->def->required || e->def->min < 1)
		return 0;
	for (size_t k = 0; k < e->nterms; k++) {
		struct use u = piece_of(&e->terms[k], (uint32_t)(set->npatterns + set->nwords + e->index));
		if (u.size < LITERAL_SIZE_MIN) {
			e->wide_term |= (uint8_t)!is_ascii(&e->terms[k]);
			e->short_terms |= e->terms[k].is_short = (uint8_t)is_ascii(&e->terms[k]);
		} else if (uses) {
			uses[n++] = u;
		} else {
			n++;
		}
	}
	return n;
}

static size_t collect(const struct detect_set *set, struct use *uses)
{
	size_t n = 0;
	for (size_t i = 0; i < set->npatterns; i++) {
		const struct classified *c = &set->patterns[i].cls;
		for (int k = 0; c->kind == CLASS_LITERAL && k < c->literals->n; k++, n++)
			if (uses)
				uses[n] = (struct use){ c->literals->item[k].s, c->literals->item[k].size, (uint32_t)i };
	}
	for (size_t i = 0; i < set->nwords; i++, n++)
		if (uses)
			uses[n] = (struct use){ set->words[i].piece, set->words[i].size, (uint32_t)(set->npatterns + i) };
	for (size_t i = 0; i < set->ndetectors; i++)
		for (size_t k = 0; k < set->detectors[i].def->nevidence; k++)
			n += collect_evidence(set, &set->detectors[i].evidence[k], uses ? uses + n : NULL);
	return n;
}

/* uses is sorted: equal literals stand together and become one with several users. */
static int plan_literals(struct detect_set *set, const struct use *uses, size_t n)
{
	struct literal_text *texts = calloc(n + 1, sizeof *texts);
	uint32_t *items = arena_alloc(set->arena, n * sizeof *items + 1);
	set->users = arena_alloc(set->arena, n * sizeof *set->users + 1);
	if (!texts || !items || !set->users) {
		free(texts);
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || uses[i].size != uses[i - 1].size || memcmp(uses[i].s, uses[i - 1].s, uses[i].size) != 0) {
			texts[set->nliterals] = (struct literal_text){ uses[i].s, (uint8_t)uses[i].size };
			set->users[set->nliterals++].item = &items[i];
		}
		items[i] = uses[i].pattern;
		set->users[set->nliterals - 1].n++;
	}
	set->literals = literal_new(set->body, texts, set->nliterals);
	free(texts);
	return set->literals ? 0 : -1;
}

static int plan_others(struct detect_set *set)
{
	set->numbers.item = arena_alloc(set->arena, set->npatterns * sizeof *set->numbers.item + 1);
	set->others.item = arena_alloc(set->arena, set->npatterns * sizeof *set->others.item + 1);
	set->traced.item = arena_alloc(set->arena, set->npatterns * sizeof *set->traced.item + 1);
	set->variants.item = arena_alloc(set->arena, set->npatterns * sizeof *set->variants.item + 1);
	if (!set->numbers.item || !set->others.item || !set->traced.item || !set->variants.item)
		return -1;
	for (uint32_t i = 0; i < set->npatterns; i++) {
		const struct classified *c = &set->patterns[i].cls;
		enum pattern_class k = c->kind;
		if (k == CLASS_NUMBER && c->variants && set->patterns[i].group == 0)
			set->variants.item[set->variants.n++] = i;
		else if (c->outline)
			set->traced.item[set->traced.n++] = i;
		else if (k == CLASS_NUMBER)
			set->numbers.item[set->numbers.n++] = i;
		else if (k != CLASS_LITERAL)
			set->others.item[set->others.n++] = i;
		if (k == CLASS_SHAPE && !c->outline && !pattern_is_token(c) && !pattern_is_at_digit(c) &&
		    (c->shapes[0] & c->shapes[1] & c->shapes[2] & c->shapes[3]) != UINT64_MAX)
			set->want_shapes = 1;
	}
	set->index = number_index_new(set->arena, set->patterns, &set->variants);
	set->trace = trace_new(set->arena, set->patterns, &set->traced);
	return set->index && set->trace ? 0 : -1;
}

/* The surroundings of a decoded piece are looked at again: a detector with evidence from far off must not make that the whole text. */
enum { CONTEXT_MIN = 256, CONTEXT_MAX = 2048, BYTES_PER_POINT = 4 };

static size_t context_of(const struct detect_set *set)
{
	size_t most = 0;
	for (size_t i = 0; i < set->ndetectors; i++) {
		const struct edm_def *edm = set->detectors[i].def->edm;
		most = edm && edm->within > most ? edm->within : most;
		for (size_t k = 0; k < set->detectors[i].def->nevidence; k++) {
			const struct evidence_def *e = set->detectors[i].evidence[k].def;
			most = e->before > most ? e->before : most;
			most = e->after > most ? e->after : most;
		}
	}
	size_t all = CONTEXT_MIN + BYTES_PER_POINT * most;
	return all < CONTEXT_MAX ? all : CONTEXT_MAX;
}

static void set_gates(struct detect_set *set)
{
	for (size_t i = 0; i < set->npatterns; i++) {
		struct pattern *p = &set->patterns[i];
		const struct detector *d = &set->detectors[p->detector];
		p->gate = PATTERN_OPEN;
		for (size_t k = 0; k < d->def->nevidence && p->gate == PATTERN_OPEN; k++) {
			const struct evidence *e = &d->evidence[k];
			if (!e->def->required || e->def->min < 1)
				continue;
			p->gate = e->index;
			p->gate_ascii = e->wide_term;
			p->gate_short = e->short_terms ? e : NULL;
		}
	}
}

int detect_plan(struct detect_set *set)
{
	set->context = context_of(set);
	for (size_t i = 0; i < set->ndetectors; i++)
		for (size_t k = 0; k < set->detectors[i].def->nevidence; k++)
			set->detectors[i].evidence[k].index = (uint32_t)set->nevidence++;
	size_t n = collect(set, NULL);
	struct use *uses = calloc(n + 1, sizeof *uses);
	if (!uses)
		return -1;
	collect(set, uses);
	set_gates(set);
	qsort(uses, n, sizeof *uses, by_text);
	int r = plan_literals(set, uses, n);
	free(uses);
	return r < 0 ? r : plan_others(set);
}
