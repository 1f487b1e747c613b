#include "detect/ruledef.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row of digits (1 to size of them), no more. */
static int read_digits(const char **s, size_t size, uint32_t *n_r)
{
	size_t n = 0;
	for (*n_r = 0; isdigit((unsigned char)**s) && n < size; n++, ++*s)
		*n_r = *n_r * 10 + (uint32_t)(**s - '0');
	return (int)n;
}

static int add_lengths(const struct cfg_reader *r, const config_setting_t *s, uint64_t *lengths)
{
	uint32_t from = 0, to = 0;
	int ok = 1;
	if (config_setting_type(s) == CONFIG_TYPE_STRING) {
		const char *p = config_setting_get_string(s);
		ok = read_digits(&p, 2, &from) > 0;
		to = from;
		if (*p == '-')
			ok &= (p++, read_digits(&p, 2, &to) > 0);
		ok &= *p == '\0';
	} else {
		int n = config_setting_get_int(s);
		ok = config_setting_type(s) == CONFIG_TYPE_INT && n > 0;
		from = to = (uint32_t)n;
	}
	if (!ok || from > to || from < NUMBERDEF_LENGTH_MIN || to > NUMBERDEF_LENGTH_MAX)
		return cfg_error(r, s, "a length is a number of digits from %d to %d, or such as \"13-19\"", NUMBERDEF_LENGTH_MIN, NUMBERDEF_LENGTH_MAX);
	for (uint32_t n = from; n <= to; n++)
		*lengths |= UINT64_C(1) << n;
	return 0;
}

static int read_lengths(const struct cfg_reader *r, const config_setting_t *d, struct number_def *n)
{
	const config_setting_t *s = config_setting_get_member(d, "lengths");
	if (!s)
		return cfg_error(r, d, "kind = \"number\" needs \"lengths\", such as [ 16 ]");
	n->line = (int)config_setting_source_line(s);
	if (!config_setting_is_array(s) && !config_setting_is_list(s))
		return add_lengths(r, s, &n->lengths);
	for (int i = 0; i < config_setting_length(s); i++)
		if (add_lengths(r, config_setting_get_elem(s, (unsigned)i), &n->lengths) < 0)
			return -1;
	return n->lengths ? 0 : cfg_error(r, s, "\"lengths\" is empty");
}

static int shortest(const struct number_def *n)
{
	return __builtin_ctzll(n->lengths);
}

static int read_prefixes(const struct cfg_reader *r, const config_setting_t *d, struct number_def *n)
{
	struct cfg_words w = { 0 };
	if (cfg_strings(r, d, "prefixes", &w) < 0)
		return -1;
	n->prefixes = arena_alloc(r->arena, w.n * sizeof *n->prefixes + 1);
	if (!n->prefixes)
		return cfg_error(r, d, "out of memory");
	for (size_t i = 0; i < w.n; i++) {
		struct number_prefix *p = &n->prefixes[n->nprefixes++];
		const char *s = w.item[i];
		int digits = read_digits(&s, NUMBERDEF_PREFIX_DIGITS_MAX, &p->from), to = digits;
		p->to = p->from;
		if (*s == '-') {
			s++;
			to = read_digits(&s, NUMBERDEF_PREFIX_DIGITS_MAX, &p->to);
		}
		p->digits = (uint8_t)digits;
		p->line = w.line[i];
		if (digits == 0 || to != digits || *s || p->from > p->to)
			return cfgerr_set(r->err, r->file, w.line[i], "a prefix is 1 to %d digits, \"4\", or from one to another of as many, \"51-55\"",
			                  NUMBERDEF_PREFIX_DIGITS_MAX);
		if (digits > shortest(n))
			return cfgerr_set(r->err, r->file, w.line[i], "this prefix is longer than the shortest of \"lengths\", %d", shortest(n));
	}
	return 0;
}

static int read_groups(const struct cfg_reader *r, const config_setting_t *d, struct number_def *n)
{
	struct cfg_words w = { 0 };
	if (cfg_strings(r, d, "groups", &w) < 0)
		return -1;
	n->groups = arena_alloc(r->arena, w.n * sizeof *n->groups + 1);
	if (!n->groups)
		return cfg_error(r, d, "out of memory");
	if (w.n && !n->separators[0])
		return cfg_error(r, config_setting_get_member(d, "groups"), "\"groups\" needs \"separators\" that stand between them");
	for (size_t i = 0; i < w.n; i++) {
		struct number_group *g = &n->groups[n->ngroups++];
		const char *s = w.item[i];
		unsigned digits = 0;
		*g = (struct number_group){ 0 };
		for (uint32_t size = 1; size > 0 && g->n < NUMBERDEF_LENGTH_MAX && digits <= NUMBERDEF_LENGTH_MAX;) {
			if (read_digits(&s, 2, &size) == 0)
				size = 0;
			digits += size;
			g->size[g->n++] = (uint8_t)size;
			if (*s != '-')
				break;
			s++;
		}
		g->digits = (uint8_t)digits;
		if (*s || g->n < 2 || memchr(g->size, 0, g->n) || digits > NUMBERDEF_LENGTH_MAX)
			return cfgerr_set(r->err, r->file, w.line[i], "groups are numbers of digits, such as \"4-4-4-4\"");
		if (!(n->lengths >> digits & 1))
			return cfgerr_set(r->err, r->file, w.line[i], "these groups have %u digits, which is none of \"lengths\"", digits);
	}
	return 0;
}

int numberdef_read(const struct cfg_reader *r, const config_setting_t *d, struct number_def **n_r)
{
	static const char *const keys[] = { "lengths", "prefixes", "separators", "groups" };
	const char *kind = cfg_string(r, d, "kind");
	*n_r = NULL;
	for (size_t i = 0; i < sizeof keys / sizeof *keys && !kind; i++)
		if (config_setting_get_member(d, keys[i]))
			return cfg_error(r, config_setting_get_member(d, keys[i]), "\"%s\" needs kind = \"number\"", keys[i]);
	if (!kind)
		return 0;
	if (strcmp(kind, "number") != 0)
		return cfg_error(r, config_setting_get_member(d, "kind"), "there is no kind \"%.40s\"; a detector without one has patterns or words, the other is \"number\"", kind);
	if (!config_setting_get_member(d, "confidence"))
		return cfg_error(r, d, "kind = \"number\" needs \"confidence\", 1 to 100");
	struct number_def *n = arena_alloc(r->arena, sizeof *n);
	if (!n)
		return cfg_error(r, d, "out of memory");
	*n = (struct number_def){ .confidence = (uint8_t)cfg_int(d, "confidence", 1), .file = r->file };
	const char *separators = cfg_string(r, d, "separators");
	for (const char *s = separators; s && *s; s++)
		if (*s < ' ' || *s > '~' || isalnum((unsigned char)*s))
			return cfg_error(r, config_setting_get_member(d, "separators"), "separators are spaces and marks of ASCII, \" -./\"");
	strncpy(n->separators, separators ? separators : "", sizeof n->separators - 1);
	if (read_lengths(r, d, n) < 0 || read_prefixes(r, d, n) < 0 || read_groups(r, d, n) < 0)
		return -1;
	*n_r = n;
	return 0;
}

/* A regex as it is written; what no longer fits is cut and told of in the end. */
struct writer {
	char text[RULEDEF_REGEX_MAX + 1];
	size_t n;
};

static __attribute__((format(printf, 2, 3))) void put(struct writer *w, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(w->text + w->n, sizeof w->text - w->n, fmt, ap);
	va_end(ap);
	w->n += (size_t)n < sizeof w->text - w->n ? (size_t)n : sizeof w->text - w->n - 1;
}

/* How a number is written: where separators may or must stand. */
struct form {
	const struct number_group *group; /* NULL: no groups */
	char gap[40];                      /* between two digits; between groups if there are some; "": nothing */
	unsigned digits;
};

static int is_border(const struct form *f, unsigned digit)
{
	unsigned end = 0;
	for (int i = 0; f->group && i < f->group->n; i++)
		if ((end += f->group->size[i]) == digit)
			return 1;
	return !f->group && f->gap[0];
}

/* The digits from `at` on, all of them free. */
static void put_rest(struct writer *w, const struct form *f, unsigned at)
{
	while (at < f->digits) {
		unsigned row = at;
		if (is_border(f, at) && !f->group) {
			put(w, "(?:%s\\d){%u}", f->gap, f->digits - at);
			return;
		}
		if (is_border(f, at))
			put(w, "%s", f->gap);
		do
			row++;
		while (row < f->digits && !is_border(f, row));
		put(w, "\\d{%u}", row - at);
		at = row;
	}
}

static void put_gap(struct writer *w, const struct form *f, unsigned at)
{
	if (at > 0 && at < f->digits && is_border(f, at))
		put(w, "%s", f->gap);
}

/* The prefixes from lo on that differ in the last k digits and one more only: [d to e] and k free digits.  Returns the next one. */
static uint32_t put_prefixes(struct writer *w, const struct form *f, const struct number_prefix *p, uint32_t lo)
{
	uint32_t ten = 1, more = 0;
	unsigned free_digits = 0;
	while (free_digits + 1 < p->digits && lo % (ten * 10) == 0 && lo + ten * 10 - 1 <= p->to) {
		ten *= 10;
		free_digits++;
	}
	uint32_t d = lo / ten % 10;
	while (d + more < 9 && lo + (more + 2) * ten - 1 <= p->to)
		more++;
	char number[16];
	snprintf(number, sizeof number, "%0*u", p->digits, lo);
	unsigned fixed = p->digits - free_digits - 1u;
	for (unsigned i = 0; i < fixed; i++) {
		put_gap(w, f, i);
		put(w, "%c", number[i]);
	}
	put_gap(w, f, fixed);
	put(w, more ? "[%u-%u]" : "%u", d, d + more);
	put_rest(w, f, fixed + 1);
	return lo + (more + 1) * ten;
}

static int put_form(struct writer *w, const struct number_def *n, const struct form *f, struct cfgerr *err)
{
	const char *between = "";
	w->n = 0;
	/* letters and digits don't touch it, nor is it a piece of a number with decimals */
	put(w, "(?<![0-9A-Za-z])(?<!\\d[.,])(?:");
	for (size_t i = 0; i < n->nprefixes; i++)
		for (uint32_t lo = n->prefixes[i].from; lo <= n->prefixes[i].to; between = "|") {
			put(w, "%s", between);
			lo = put_prefixes(w, f, &n->prefixes[i], lo);
		}
	if (n->nprefixes == 0) {
		put(w, "\\d");
		put_rest(w, f, 1);
	}
	put(w, ")(?![0-9A-Za-z]|[.,]\\d)");
	return w->n + 1 < sizeof w->text ? 0 : cfgerr_set(err, n->file, n->line, "these are too many prefixes for one detector");
}

static int add(struct detector_def *d, const struct form *f, struct writer *w, struct arena *a, struct cfgerr *err)
{
	const struct number_def *n = d->number;
	if (d->npatterns == RULEDEF_PATTERNS_MAX)
		return cfgerr_set(err, n->file, n->line, "detector \"%.64s\" has too many lengths, groups and separators: they make more than %d patterns", d->id,
		                  RULEDEF_PATTERNS_MAX);
	if (put_form(w, n, f, err) < 0)
		return -1;
	d->patterns[d->npatterns] = (struct pattern_def){ .regex = arena_strdup(a, w->text), .file = n->file, .line = n->line, .confidence = n->confidence };
	return d->patterns[d->npatterns++].regex ? 0 : cfgerr_set(err, n->file, n->line, "out of memory");
}

static void gap_of(char gap[40], const char *separators, const char *often)
{
	size_t o = 0;
	gap[o++] = '[';
	for (const char *s = separators; *s; s++) {
		if (strchr("]\\^-[", *s))
			gap[o++] = '\\';
		gap[o++] = *s;
	}
	strcpy(gap + o, "]");
	strcat(gap, often);
}

int numberdef_patterns(struct detector_def *d, struct arena *a, struct cfgerr *err)
{
	const struct number_def *n = d->number;
	struct pattern_def *all = arena_alloc(a, RULEDEF_PATTERNS_MAX * sizeof *all);
	struct writer *w = malloc(sizeof *w);
	int r = 0;
	if (!all || !w) {
		free(w);
		return cfgerr_set(err, n->file, n->line, "out of memory");
	}
	if (d->npatterns)
		memcpy(all, d->patterns, d->npatterns * sizeof *all);
	d->patterns = all;
	for (unsigned digits = NUMBERDEF_LENGTH_MIN; digits <= NUMBERDEF_LENGTH_MAX && r == 0; digits++) {
		struct form f = { .digits = digits };
		if (n->separators[0] && !n->ngroups)
			gap_of(f.gap, n->separators, "?");
		if (n->lengths >> digits & 1)
			r = add(d, &f, w, a, err);
	}
	/* one separator throughout */
	for (size_t i = 0; i < n->ngroups; i++)
		for (const char *s = n->separators; *s && r == 0; s++) {
			struct form f = { .group = &n->groups[i], .digits = n->groups[i].digits };
			gap_of(f.gap, (char[]){ *s, '\0' }, "");
			r = add(d, &f, w, a, err);
		}
	free(w);
	return r;
}
