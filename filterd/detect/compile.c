/* From rule files to a compiled set. */
#include "detect/decode.h"
#include "detect/evidence.h"
#include "detect/fold.h"
#include "detect/near.h"
#include "detect/odds.h"
#include "detect/set.h"
#include "detect/view.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SET_ARENA_MAX = 256 << 20, REGEX_FOLDED_MAX = 4 * RULEDEF_REGEX_MAX };

/* Patterns meet the normalised view, so their letters are normalised too: "Prüfung" is written as it is spoken.
 * What would turn into a metacharacter is escaped. */
static int fold_regex(const char *regex, char *dst, size_t dst_size)
{
	size_t size = strlen(regex), o = 0;
	for (size_t i = 0; i < size;) {
		uint32_t cp = 0;
		int n = text_decode(regex + i, size - i, &cp);
		const struct fold *f = n > 0 && cp >= 0x80 ? fold_get(cp) : NULL;
		const char *piece = f ? f->bytes : regex + i;
		size_t len = f ? f->size : (size_t)(n > 0 ? n : 1);
		if (o + 2 * len + 1 > dst_size)
			return -1;
		for (size_t k = 0; k < len; k++) {
			if (f && strchr("\\^$.[]|()?*+{}-#", piece[k]))
				dst[o++] = '\\';
			dst[o++] = piece[k];
		}
		i += (size_t)(n > 0 ? n : 1);
	}
	dst[o] = '\0';
	return 0;
}

static int compile_regex(struct detect_set *set, struct regex *re, const char *regex, struct classified *cls, int callout,
                         const char *file, int line, struct cfgerr *err)
{
	char msg[300], *folded = malloc(REGEX_FOLDED_MAX);
	int r = folded ? fold_regex(regex, folded, REGEX_FOLDED_MAX) : -1;
	struct classified exclusion;
	cls = cls ? cls : &exclusion;
	if (r < 0)
		cfgerr_set(err, file, line, "this regex is too long");
	else
		classify(folded, set->arena, cls);
	if (r == 0 && (r = regex_compile(re, folded, callout, cls->cost > CLASSIFY_COST_MAX, msg, sizeof msg)) < 0)
		cfgerr_set(err, file, line, "bad regex: %s: %.120s", msg, regex);
	free(folded);
	if (r == 0) {
		set->jit &= re->jit;
		if (re->ngroups > set->ngroups_max)
			set->ngroups_max = re->ngroups;
	}
	return r;
}

static int compile_checks(struct detect_set *set, const struct detector_def *def, struct pattern *p)
{
	const struct valid_list *lists[] = { &p->def->validate, &def->validate };
	struct check *c = arena_alloc(set->arena, 2 * VALID_LIST_MAX * sizeof *c);
	if (!c)
		return -1;
	p->checks = c;
	for (int l = 0; l < 2; l++)
		for (int i = 0; i < lists[l]->n; i++) {
			const struct valid_use *u = &lists[l]->use[i];
			const void *arg = u->own_check ? u->own : u->v->params[0].name ? u->num : NULL;
			c[p->nchecks++] = (struct check){ u->v->check, u->own_check, arg };
		}
	p->excludes = def->exclude_values.n || def->exclude_patterns.n || def->exclude_same;
	for (int list = 0; list < EXCLUDE_LISTS; list++)
		p->excludes |= def->exclude_texts[list].n > 0;
	p->checked = p->nchecks || p->excludes;
	return 0;
}

static int compile_pattern(struct detect_set *set, const struct detector_def *def, size_t i, struct cfgerr *err)
{
	struct pattern *p = &set->patterns[set->npatterns];
	p->def = &def->patterns[i];
	p->detector = (uint16_t)set->ndetectors;
	p->confidence = p->def->confidence;
	if (compile_checks(set, def, p) < 0)
		return cfgerr_set(err, p->def->file, p->def->line, "out of memory");
	if (compile_regex(set, &p->re, p->def->regex, &p->cls, p->checked, p->def->file, p->def->line, err) < 0)
		return -1;
	set->npatterns++;
	p->odds = odds_of(def, p->def, p->def->regex);
	p->cap = odds_count(def, p->def, p->cls.kind == CLASS_LITERAL) ? odds_cap(p->odds) : 100;
	p->group = (uint16_t)regex_group(&p->re, "secret");
	char none[1] = "", name[64];
	if (p->group == 0 && regex_misnamed(&p->re, "secret", name, sizeof name))
		return cfgerr_set(err, p->def->file, p->def->line, "the group \"%s\" of this regex is no \"secret\"; if that is not meant, give it another name: %.120s",
		                  name, p->def->regex);
	struct regex_run run;
	if (regex_run_init(&run, p->re.ngroups) < 0)
		return cfgerr_set(err, p->def->file, p->def->line, "out of memory");
	int empty = regex_match(&p->re, &run, none, 0, 0, 0, 1) == 1;
	regex_run_free(&run);
	return empty ? cfgerr_set(err, p->def->file, p->def->line, "this regex matches the empty text, so it would be found everywhere: %.120s", p->def->regex) : 0;
}

static int compile_evidence(struct detect_set *set, const struct detector_def *def, struct detector *d, struct cfgerr *err)
{
	d->evidence = arena_alloc(set->arena, def->nevidence * sizeof *d->evidence + 1);
	if (!d->evidence)
		return cfgerr_set(err, def->file, def->line, "out of memory");
	for (size_t i = 0; i < def->nevidence; i++) {
		const struct evidence_def *ed = &def->evidence[i];
		struct evidence *e = &d->evidence[i];
		e->def = ed;
		e->terms = arena_alloc(set->arena, (ed->any.n + ed->none.n) * sizeof *e->terms + 1);
		if (!e->terms)
			return cfgerr_set(err, ed->file, ed->line, "out of memory");
		for (; e->nterms < ed->any.n; e->nterms++)
			if (term_read(set->arena, ed->any.item[e->nterms], 0, &e->terms[e->nterms]) < 0)
				return cfgerr_set(err, ed->any.file[e->nterms], ed->any.line[e->nterms], "the evidence term \"%.60s\" is empty or longer than 255 bytes",
				                  ed->any.item[e->nterms]);
		for (; e->nnone < ed->none.n; e->nnone++)
			if (term_read(set->arena, ed->none.item[e->nnone], 0, &e->terms[e->nterms + e->nnone]) < 0)
				return cfgerr_set(err, ed->none.file[e->nnone], ed->none.line[e->nnone], "the evidence term \"%.60s\" is empty or longer than 255 bytes",
				                  ed->none.item[e->nnone]);
	}
	return 0;
}

enum { CASED_BELOW = 0x2000 }; /* scripts with two cases, but for a few rare ones, stand below */

/* The longest piece without spaces is what the literal matcher looks for. */
static int compile_word(struct detect_set *set, const struct words_def *list, const struct word_def *def, struct cfgerr *err)
{
	struct word *w = &set->words[set->nwords];
	const char *text = def->text;
	int exact = list->exact;
	if (text[0] == '=') {
		exact = 1;
		text++;
	}
	if (term_read(set->arena, text, exact, &w->term) < 0)
		return cfgerr_set(err, def->file, def->line, "the word \"%.60s\" is empty or longer than 255 bytes", def->text);
	w->term.open_start |= list->part;
	w->term.open_end |= list->part;
	w->detector = (uint16_t)set->ndetectors;
	w->confidence = list->confidence;
	size_t size = w->term.size, best = 0;
	char *low = arena_alloc(set->arena, size + 1);
	if (!low)
		return cfgerr_set(err, def->file, def->line, "out of memory");
	for (size_t i = 0; i < size;) {
		uint32_t cp = 0;
		int n = text_decode(w->term.s + i, size - i, &cp);
		set->want_lower |= cp >= 0x80 && cp < CASED_BELOW;
		text_encode(fold_lower(cp), low + i);
		i += (size_t)(n > 0 ? n : 1);
	}
	for (size_t i = 0, from = 0; i <= size; i++) {
		if (i < size && low[i] != ' ')
			continue;
		if (i - from > best) {
			best = i - from;
			w->at = (uint8_t)from;
		}
		from = i + 1;
	}
	if (best < LITERAL_SIZE_MIN)
		return cfgerr_set(err, def->file, def->line, "the word \"%.60s\" is too short: one of its words must have three bytes; use a pattern", def->text);
	w->piece = low + w->at;
	w->size = (uint8_t)best;
	set->nwords++;
	return 0;
}

static int compile_words(struct detect_set *set, const struct detector_def *def, struct cfgerr *err)
{
	for (size_t i = 0; i < def->nwords; i++)
		for (size_t k = 0; k < def->words[i].n; k++)
			if (compile_word(set, &def->words[i], &def->words[i].item[k], err) < 0)
				return -1;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compile_exclude(struct detect_set *set, const struct detector_def *def, struct detector *d, struct cfgerr *err)
{
	size_t nv = def->exclude_values.n, np = def->exclude_patterns.n;
	d->excluded = arena_alloc(set->arena, nv * sizeof *d->excluded + 1);
	d->exclude_patterns = arena_alloc(set->arena, np * sizeof *d->exclude_patterns + 1);
	if (!d->excluded || !d->exclude_patterns)
		return cfgerr_set(err, def->file, def->line, "out of memory");
	for (int list = 0; list < EXCLUDE_LISTS; list++) {
		const struct cfg_words *texts = &def->exclude_texts[list];
		d->exclude_texts[list] = arena_alloc(set->arena, texts->n * sizeof **d->exclude_texts + 1);
		if (!d->exclude_texts[list])
			return cfgerr_set(err, def->file, def->line, "out of memory");
		for (size_t i = 0; i < texts->n; i++)
			if (term_read(set->arena, texts->item[i], 0, &d->exclude_texts[list][i]) < 0)
				return cfgerr_set(err, texts->file[i], texts->line[i], "the excluded text \"%.60s\" is empty or longer than 255 bytes", texts->item[i]);
	}
	for (size_t i = 0; i < nv; i++) {
		char bare[DETECT_EXCLUDED_MAX];
		size_t n;
		if (view_fold(def->exclude_values.item[i], strlen(def->exclude_values.item[i]), bare, sizeof bare, &n) < 0)
			return cfgerr_set(err, def->exclude_values.file[i], def->exclude_values.line[i], "this excluded value is longer than %d bytes", DETECT_EXCLUDED_MAX);
		n = detect_strip(bare, n, bare);
		d->excluded[d->nexcluded] = arena_strndup(set->arena, bare, n);
		if (!d->excluded[d->nexcluded++])
			return cfgerr_set(err, def->file, def->line, "out of memory");
	}
	qsort(d->excluded, d->nexcluded, sizeof *d->excluded, by_text);
	for (; d->nexclude_patterns < np; d->nexclude_patterns++) {
		size_t i = d->nexclude_patterns;
		char whole[RULEDEF_REGEX_MAX + 16];
		if (strlen(def->exclude_patterns.item[i]) > RULEDEF_REGEX_MAX)
			return cfgerr_set(err, def->exclude_patterns.file[i], def->exclude_patterns.line[i], "this regex is too long");
		struct regex plain; /* for a message about what the author wrote */
		if (compile_regex(set, &plain, def->exclude_patterns.item[i], NULL, 0, def->exclude_patterns.file[i], def->exclude_patterns.line[i], err) < 0)
			return -1;
		regex_free(&plain);
		/* an exclusion means the whole sensitive part, not a piece of it */
		stpcpy(stpcpy(stpcpy(whole, "\\A(?:"), def->exclude_patterns.item[i]), ")\\z");
		if (compile_regex(set, &d->exclude_patterns[i], whole, NULL, 0, def->exclude_patterns.file[i], def->exclude_patterns.line[i], err) < 0)
			return -1;
	}
	return 0;
}

size_t detect_strip(const char *s, size_t size, char *dst)
{
	size_t o = 0;
	for (size_t i = 0; i < size; i++)
		if (s[i] != ' ' && s[i] != '-' && s[i] != '.' && s[i] != '/')
			dst[o++] = s[i];
	return o;
}

static void fill_info(struct detect_info *info, const struct detector_def *def)
{
	*info = (struct detect_info){ .id = def->id, .title = def->title, .mask = def->mask, .country = def->country, .class_name = def->class_name, .off = def->off };
	info->references = def->reference.item;
	info->nreferences = def->reference.n;
	for (int c = 1; c <= 100 && info->nlevels < sizeof info->levels; c++) {
		int used = 0;
		for (size_t i = 0; i < def->npatterns; i++)
			used |= def->patterns[i].confidence == c;
		for (size_t i = 0; i < def->nwords; i++)
			used |= def->words[i].confidence == c;
		for (size_t i = 0; i < def->nof; i++)
			used |= def->of[i].confidence == c;
		used |= def->prints && def->prints->confidence == c;
		used |= def->edm && def->edm->confidence == c;
		if (used)
			info->levels[info->nlevels++] = (uint8_t)c;
	}
}

static int compile_detector(struct detect_set *set, const struct detector_def *def, struct cfgerr *err)
{
	struct detector *d = &set->detectors[set->ndetectors];
	d->def = def;
	fill_info(&d->info, def);
	int r = compile_evidence(set, def, d, err);
	if (r == 0)
		r = compile_exclude(set, def, d, err);
	for (size_t i = 0; i < def->npatterns && r == 0; i++)
		r = compile_pattern(set, def, i, err);
	if (r == 0)
		r = compile_words(set, def, err);
	set->ndetectors++; /* also on failure: detect_free() then finds its regexes */
	return r;
}

static int compile_all(struct detect_set *set, const struct bundle *b, struct cfgerr *err)
{
	struct ruledefs defs;
	size_t npatterns = 0, nwords = 0;
	if (view_init() < 0 || decode_init() < 0)
		return cfgerr_set(err, NULL, 0, "out of memory");
	if (ruledef_read(b, set->arena, &defs, err) < 0)
		return -1;
	for (size_t i = 0; i < defs.n; i++) {
		npatterns += defs.detectors[i].npatterns;
		for (size_t k = 0; k < defs.detectors[i].nwords; k++)
			nwords += defs.detectors[i].words[k].n;
	}
	if (near_plan(set, &defs, err) < 0)
		return -1;
	set->words = arena_alloc(set->arena, nwords * sizeof *set->words + 1);
	set->detectors = arena_alloc(set->arena, defs.n * sizeof *set->detectors + 1);
	set->patterns = arena_alloc(set->arena, npatterns * sizeof *set->patterns + 1);
	if (!set->detectors || !set->patterns || !set->words)
		return cfgerr_set(err, NULL, 0, "out of memory");
	for (size_t i = 0; i < defs.n; i++)
		if (compile_detector(set, &defs.detectors[i], err) < 0)
			return -1;
	if (edm_compile(b, set, err) < 0 || prints_compile(b, set, err) < 0)
		return -1;
	return detect_plan(set) < 0 ? cfgerr_set(err, NULL, 0, "out of memory") : 0;
}

/* A matcher that loses matches is worse than none: it proves itself each time, on this very processor. */
static void choose_matcher(struct detect_set *set, enum detect_matcher m)
{
	char why[120];
	set->body = LITERAL_PORTABLE;
	if (m == DETECT_PORTABLE)
		return;
	if (literal_selftest(LITERAL_HYPERSCAN, why, sizeof why) < 0) {
		snprintf(set->matcher, sizeof set->matcher, ", Hyperscan SWITCHED OFF");
		snprintf(set->degraded, sizeof set->degraded, "Hyperscan is switched off, the portable matcher looks for literals: %s", why);
		return;
	}
	set->body = LITERAL_HYPERSCAN;
	snprintf(set->matcher, sizeof set->matcher, ", literals by Hyperscan");
}

int detect_compile(const struct bundle *b, struct detect_set **set_r, struct cfgerr *err)
{
	return detect_compile_with(b, DETECT_PORTABLE, set_r, err);
}

int detect_compile_with(const struct bundle *b, enum detect_matcher m, struct detect_set **set_r, struct cfgerr *err)
{
	struct detect_set *set = calloc(1, sizeof *set);
	if (set)
		set->arena = arena_new(SET_ARENA_MAX);
	if (!set || !set->arena) {
		free(set);
		return cfgerr_set(err, NULL, 0, "out of memory");
	}
	set->jit = 1;
	choose_matcher(set, m);
	if (compile_all(set, b, err) < 0) {
		detect_free(&set);
		return -1;
	}
	*set_r = set;
	return 0;
}

void detect_free(struct detect_set **setp)
{
	struct detect_set *set = *setp;
	if (!set)
		return;
	for (size_t i = 0; i < set->npatterns; i++)
		regex_free(&set->patterns[i].re);
	for (size_t i = 0; i < set->ndetectors; i++)
		for (size_t k = 0; k < set->detectors[i].nexclude_patterns; k++)
			regex_free(&set->detectors[i].exclude_patterns[k]);
	edm_free(&set->edm);
	prints_set_free(&set->prints);
	literal_free(&set->literals);
	arena_free(&set->arena);
	free(set);
	*setp = NULL;
}

size_t detect_count(const struct detect_set *set)
{
	return set->ndetectors;
}

const struct detect_info *detect_info(const struct detect_set *set, size_t index)
{
	return index < set->ndetectors ? &set->detectors[index].info : NULL;
}

size_t detect_tests(const struct detect_set *set)
{
	size_t n = 0;
	for (size_t i = 0; i < set->ndetectors; i++)
		n += set->detectors[i].def->match.n + set->detectors[i].def->no_match.n;
	return n;
}

const char *detect_degraded(const struct detect_set *set)
{
	return set->degraded;
}

const char *detect_matcher(const struct detect_set *set)
{
	return set->matcher;
}

int detect_jit(const struct detect_set *set)
{
	return set->jit;
}
