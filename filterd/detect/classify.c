#include "detect/classify.h"

#include "detect/numbers.h"
#include "detect/outline.h"
#include "detect/sweep.h"
#include "detect/syntax.h"
#include "detect/variants.h"

#include <stdlib.h>
#include <string.h>

const char *pattern_class_name(const struct classified *c)
{
	static const char *const names[] = { [CLASS_LITERAL] = "literal", [CLASS_NUMBER] = "number", [CLASS_SHAPE] = "prefilter", [CLASS_ALWAYS] = "always" };
	return c->outline && c->kind != CLASS_NUMBER ? "token" : names[c->kind];
}

/* A node's literals: all texts it matches if they are few (exact), else the best set of which each match has one. */
struct info {
	int exact;              /* all is the set of texts it matches, folded to lower case */
	struct literals all;
	int has_best;
	struct literals best;
	uint32_t before;        /* of best */
};

static unsigned lower(unsigned c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static int add_literal(struct literals *l, const char *s, size_t size)
{
	for (int i = 0; i < l->n; i++)
		if (l->item[i].size == size && memcmp(l->item[i].s, s, size) == 0)
			return 0;
	if (l->n == LITERALS_MAX || size > LITERAL_SIZE_MAX)
		return -1;
	l->item[l->n].size = (uint8_t)size;
	memcpy(l->item[l->n++].s, s, size);
	return 0;
}

static int add_all(struct literals *l, const struct literals *more)
{
	for (int i = 0; i < more->n; i++)
		if (add_literal(l, more->item[i].s, more->item[i].size) < 0)
			return -1;
	return 0;
}

/* Each of a followed by each of b. */
static int product(const struct literals *a, const struct literals *b, struct literals *out)
{
	out->n = 0;
	for (int i = 0; i < a->n; i++)
		for (int k = 0; k < b->n; k++) {
			char s[2 * LITERAL_SIZE_MAX];
			size_t na = a->item[i].size, nb = b->item[k].size;
			memcpy(s, a->item[i].s, na);
			memcpy(s + na, b->item[k].s, nb);
			if (add_literal(out, s, na + nb) < 0)
				return -1;
		}
	return 0;
}

/* Long literals are rare in texts, and few are cheap; 0: of no use. */
static int score(const struct literals *l)
{
	int least = LITERAL_SIZE_MAX;
	for (int i = 0; i < l->n; i++)
		least = l->item[i].size < least ? l->item[i].size : least;
	return l->n == 0 || least < LITERAL_SIZE_MIN ? 0 : 64 + 16 * (least < 10 ? least : 10) - l->n;
}

static uint32_t capped(uint64_t v)
{
	return v < SYNTAX_INF ? (uint32_t)v : SYNTAX_INF;
}

static void consider(struct info *n, const struct literals *l, uint64_t before)
{
	int s = score(l);
	if (s == 0 || (n->has_best && score(&n->best) >= s))
		return;
	n->has_best = 1;
	n->best = *l;
	n->before = capped(before);
}

static void nothing(struct literals *l)
{
	l->n = 1;
	l->item[0].size = 0;
}

static void literals_of(const struct syntax *n, struct info *out);

static void literals_of_set(const struct syntax *n, struct info *out)
{
	if (n->wide)
		return;
	out->exact = 1;
	for (unsigned c = 0; c < 256 && out->exact; c++) {
		char ch = (char)lower(c);
		if (byte_set_has(&n->set, c) && add_literal(&out->all, &ch, 1) < 0)
			out->exact = 0;
	}
	if (out->all.n == 0 || out->all.n > 6)
		out->exact = 0;
}

static void literals_of_cat(const struct syntax *n, struct info *out)
{
	struct literals cur, next;
	struct info kid;
	uint64_t before = 0, width = 0; /* most bytes before cur; and before the kid at hand */
	int exact = 1;
	nothing(&cur);
	for (uint32_t i = 0; i < n->nkids; i++) {
		literals_of(n->kids[i], &kid);
		if (kid.exact && product(&cur, &kid.all, &next) == 0) {
			cur = next;
		} else {
			exact = 0;
			consider(out, &cur, before);
			if (kid.exact) {
				cur = kid.all;
				before = width;
			} else {
				if (kid.has_best)
					consider(out, &kid.best, width + kid.before);
				nothing(&cur);
				before = width + syntax_width(n->kids[i]);
			}
		}
		width += syntax_width(n->kids[i]);
	}
	consider(out, &cur, before);
	out->exact = exact;
	if (exact)
		out->all = cur;
}

/* All texts of l cut to their first (or last) size bytes. */
static void cut(const struct literals *l, int size, int last, struct literals *out)
{
	out->n = 0;
	for (int i = 0; i < l->n; i++) /* no more than l has, and they are no longer */
		if (add_literal(out, l->item[i].s + (last ? l->item[i].size - size : 0), (size_t)size) < 0)
			return;
}

/* Shorter pieces of what each match has one of, far fewer: "auth[ _-]?(?:token|key)" has "auth". */
static void shorten(struct info *n)
{
	const struct literals from = n->exact ? n->all : n->best;
	const uint32_t before = n->exact ? 0 : n->before;
	int least = LITERAL_SIZE_MAX, most = 0, best = -1;
	struct literals pieces;
	for (int i = 0; i < from.n; i++) {
		least = from.item[i].size < least ? from.item[i].size : least;
		most = from.item[i].size > most ? from.item[i].size : most;
	}
	if ((!n->exact && !n->has_best) || least < LITERAL_SIZE_MIN)
		return;
	for (int size = LITERAL_SIZE_MIN; size <= least && size <= 8; size++)
		for (int last = 0; last < 2; last++) {
			cut(&from, size, last, &pieces);
			int worth = 4 * size - 3 * pieces.n;
			if (best >= 0 && worth <= best)
				continue;
			best = worth > 0 ? worth : 0;
			n->best = pieces;
			n->has_best = 1;
			n->before = capped((uint64_t)before + (last ? (uint32_t)(most - size) : 0));
		}
}

/* One of each kid's best; if these are too many, shorter ones. */
static int best_of_kids(struct info *kids, uint32_t n, int shorter, struct literals *best, uint32_t *before_r)
{
	best->n = 0;
	*before_r = 0;
	for (struct info *k = kids; k < kids + n; k++) {
		if (shorter)
			shorten(k);
		else if (k->exact)
			consider(k, &k->all, 0);
		if (!k->has_best || add_all(best, &k->best) < 0)
			return -1;
		*before_r = k->before > *before_r ? k->before : *before_r;
	}
	return 0;
}

static void literals_of_alt(const struct syntax *n, struct info *out)
{
	struct literals best;
	uint32_t before;
	struct info *kids = malloc(n->nkids * sizeof *kids);
	if (!kids)
		return; /* without literals it is run everywhere */
	out->exact = 1;
	for (uint32_t i = 0; i < n->nkids; i++) {
		literals_of(n->kids[i], &kids[i]);
		out->exact = out->exact && kids[i].exact && add_all(&out->all, &kids[i].all) == 0;
	}
	if (best_of_kids(kids, n->nkids, 0, &best, &before) == 0 || best_of_kids(kids, n->nkids, 1, &best, &before) == 0)
		consider(out, &best, before);
	free(kids);
}

static void literals_of_repeat(const struct syntax *n, struct info *out)
{
	struct info kid;
	struct literals empty, next;
	nothing(&empty);
	literals_of(n->kids[0], &kid);
	if (n->min == 0) {
		out->exact = n->max == 0 || (n->max == 1 && kid.exact && add_all(&kid.all, &empty) == 0);
		out->all = n->max == 0 ? empty : kid.all;
		return;
	}
	if (!kid.exact) {
		if (kid.has_best)
			consider(out, &kid.best, kid.before);
		return;
	}
	out->all = kid.all;
	uint32_t times = 1;
	for (; times < n->min && product(&out->all, &kid.all, &next) == 0; times++)
		out->all = next;
	out->exact = times == n->max;
	if (!out->exact)
		consider(out, &out->all, 0);
}

static void literals_of(const struct syntax *n, struct info *out)
{
	out->exact = out->has_best = 0;
	out->all.n = out->best.n = 0;
	out->before = 0;
	switch (n->type) {
	case SYNTAX_SET:
		literals_of_set(n, out);
		break;
	case SYNTAX_EMPTY:
		out->exact = 1;
		nothing(&out->all);
		break;
	case SYNTAX_ANY:
		break;
	case SYNTAX_CAT:
		literals_of_cat(n, out);
		break;
	case SYNTAX_ALT:
		literals_of_alt(n, out);
		break;
	case SYNTAX_REPEAT:
		literals_of_repeat(n, out);
		break;
	}
}

static int subset(const struct syntax *n, int (*is)(unsigned char))
{
	if (n->wide)
		return 0;
	for (unsigned c = 0; c < 256; c++)
		if (byte_set_has(&n->set, c) && !is((unsigned char)c))
			return 0;
	return 1;
}

static int is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static uint32_t digits_of(const struct syntax *n)
{
	uint64_t v = 0;
	switch (n->type) {
	case SYNTAX_SET:
		return (uint32_t)subset(n, is_digit);
	case SYNTAX_CAT:
		for (uint32_t i = 0; i < n->nkids; i++)
			v += digits_of(n->kids[i]);
		break;
	case SYNTAX_ALT:
		v = SYNTAX_INF;
		for (uint32_t i = 0; i < n->nkids; i++) {
			uint32_t k = digits_of(n->kids[i]);
			v = k < v ? k : v;
		}
		break;
	case SYNTAX_REPEAT:
		v = (uint64_t)n->min * digits_of(n->kids[0]);
		break;
	default:
		break;
	}
	return capped(v);
}

/* A mark that every match has, or 0. */
static uint8_t need_of(const struct syntax *n)
{
	uint8_t need = 0;
	switch (n->type) {
	case SYNTAX_SET:
		for (unsigned c = 0; c < 256 && !n->wide; c++)
			if (byte_set_has(&n->set, c)) {
				if (need || c <= ' ' || c >= 0x7f || sweep_shape((unsigned char)c) != SHAPE_OTHER)
					return 0;
				need = (uint8_t)c;
			}
		return need;
	case SYNTAX_CAT:
		for (uint32_t i = 0; i < n->nkids && !need; i++)
			need = need_of(n->kids[i]);
		return need;
	case SYNTAX_ALT:
		need = need_of(n->kids[0]);
		for (uint32_t i = 1; i < n->nkids && need; i++)
			need = need_of(n->kids[i]) == need ? need : 0;
		return need;
	case SYNTAX_REPEAT:
		return n->min > 0 ? need_of(n->kids[0]) : 0;
	default:
		return 0;
	}
}

static int all_number(const struct syntax *n)
{
	if (n->type == SYNTAX_SET)
		return subset(n, sweep_is_number);
	if (n->type == SYNTAX_ANY && n->wide)
		return 0;
	/* a backreference repeats what a group matched: the same characters as the rest */
	for (uint32_t i = 0; i < n->nkids; i++)
		if (!all_number(n->kids[i]))
			return 0;
	return 1;
}

/* Token characters in a row: at the start, at the end, anywhere; all: nothing else in it. */
struct row {
	uint32_t start, end, any;
	int all;
};

static struct row row_join(struct row a, struct row b)
{
	struct row r;
	uint32_t middle = capped((uint64_t)a.end + b.start);
	r.all = a.all && b.all;
	r.start = a.all ? capped((uint64_t)a.any + b.start) : a.start;
	r.end = b.all ? capped((uint64_t)b.any + a.end) : b.end;
	r.any = a.any > b.any ? a.any : b.any;
	r.any = middle > r.any ? middle : r.any;
	return r;
}

static struct row row_of(const struct syntax *n)
{
	struct row r = { 0, 0, 0, 1 }, k;
	switch (n->type) {
	case SYNTAX_SET:
		r.all = subset(n, sweep_is_token);
		r.start = r.end = r.any = (uint32_t)r.all;
		break;
	case SYNTAX_EMPTY:
		break;
	case SYNTAX_ANY:
		r.all = 0;
		break;
	case SYNTAX_CAT:
		for (uint32_t i = 0; i < n->nkids; i++)
			r = row_join(r, row_of(n->kids[i]));
		break;
	case SYNTAX_ALT:
		r = row_of(n->kids[0]);
		for (uint32_t i = 1; i < n->nkids; i++) {
			k = row_of(n->kids[i]);
			r.start = k.start < r.start ? k.start : r.start;
			r.end = k.end < r.end ? k.end : r.end;
			r.any = k.any < r.any ? k.any : r.any;
			r.all &= k.all;
		}
		break;
	case SYNTAX_REPEAT:
		k = row_of(n->kids[0]);
		if (k.all) {
			r.start = r.end = r.any = capped((uint64_t)k.any * n->min);
		} else if (n->min == 0) {
			r.all = 0;
		} else {
			r = n->min > 1 ? row_join(k, k) : k;
		}
		break;
	}
	return r;
}

/* The classes that a match's first characters can have; stops (returns 0) where positions are no longer fixed. */
static int prefix_of(const struct syntax *n, uint8_t mask[4], int *at)
{
	if (*at == 4)
		return 0;
	uint8_t m = 0, alt[4] = { 0 };
	int go = 1, first = -1;
	switch (n->type) {
	case SYNTAX_SET:
		for (unsigned c = 0; c < 256; c++)
			if (byte_set_has(&n->set, c))
				m |= (uint8_t)(1u << sweep_shape((unsigned char)c));
		if (n->wide)
			m |= 1u << SHAPE_OTHER;
		mask[(*at)++] = m;
		return !n->wide;
	case SYNTAX_EMPTY:
		return 1;
	case SYNTAX_ANY:
		return 0;
	case SYNTAX_CAT:
		for (uint32_t i = 0; i < n->nkids && go; i++)
			go = prefix_of(n->kids[i], mask, at);
		return go;
	case SYNTAX_ALT:
		for (uint32_t i = 0; i < n->nkids; i++) {
			uint8_t branch[4] = { 0 };
			int end = *at;
			go &= prefix_of(n->kids[i], branch, &end);
			for (int k = *at; k < end; k++)
				alt[k] |= branch[k];
			go &= first < 0 || end == first;
			first = first < 0 || end < first ? end : first;
		}
		for (; *at < first; (*at)++)
			mask[*at] = alt[*at];
		return go;
	case SYNTAX_REPEAT:
		for (uint32_t i = 0; i < n->min && go && *at < 4; i++)
			go = prefix_of(n->kids[0], mask, at);
		return go && n->min == n->max;
	}
	return 0;
}

static void shapes_of(const struct syntax *root, struct classified *c)
{
	uint8_t *mask = c->first, known[4] = { 0 };
	uint64_t *shapes = c->shapes;
	int n = 0;
	prefix_of(root, known, &n);
	memset(mask, 15, 4);
	memcpy(mask, known, (size_t)n);
	c->digit_at = 0;
	while (c->digit_at < 4 && mask[c->digit_at] != 1u << SHAPE_DIGIT)
		c->digit_at++;
	for (unsigned s = 0; s < 256; s++)
		if ((mask[0] >> (s >> 6) & 1) && (mask[1] >> (s >> 4 & 3) & 1) && (mask[2] >> (s >> 2 & 3) & 1) && (mask[3] >> (s & 3) & 1))
			shapes[s >> 6] |= UINT64_C(1) << (s & 63);
}

enum { REPEAT_ENDLESS = 4096 }; /* what "without bound" counts as: about a paragraph */

/* What a node can begin with. */
struct first {
	struct syntax set; /* only .set and .wide are used */
	int empty;         /* it can match nothing, so what follows it counts too */
};

static void first_add(struct first *f, const struct first *more)
{
	for (int i = 0; i < 4; i++)
		f->set.set.bit[i] |= more->set.set.bit[i];
	f->set.wide |= more->set.wide;
}

static struct first first_of(const struct syntax *n)
{
	struct first f = { .empty = 1 }, k;
	switch (n->type) {
	case SYNTAX_SET:
		f = (struct first){ .set = *n };
		break;
	case SYNTAX_EMPTY:
		break;
	case SYNTAX_ANY:
		memset(&f.set.set, 0xff, sizeof f.set.set);
		f.set.wide = 1;
		break;
	case SYNTAX_CAT:
		for (uint32_t i = 0; i < n->nkids && f.empty; i++) {
			k = first_of(n->kids[i]);
			first_add(&f, &k);
			f.empty = k.empty;
		}
		break;
	case SYNTAX_ALT:
		f.empty = 0;
		for (uint32_t i = 0; i < n->nkids; i++) {
			k = first_of(n->kids[i]);
			first_add(&f, &k);
			f.empty |= k.empty;
		}
		break;
	case SYNTAX_REPEAT:
		f = first_of(n->kids[0]);
		f.empty |= n->min == 0;
		break;
	}
	return f;
}

static int disjoint(const struct syntax *a, const struct syntax *b)
{
	for (int i = 0; i < 4; i++)
		if (a->set.bit[i] & b->set.bit[i])
			return 0;
	return !(a->wide && b->wide);
}

/* Backtracking, roughly: ways a node can match at one place, and steps to go through all of them. */
struct effort {
	double ways, steps;
};

static double bounded(double v)
{
	return v < 1e30 ? v : 1e30;
}

static struct effort effort_of(const struct syntax *n, const struct first *follow)
{
	struct effort e = { 1, 0 }, k;
	struct first next, own;
	switch (n->type) {
	case SYNTAX_SET:
		e.steps = 1;
		break;
	case SYNTAX_EMPTY:
		break;
	case SYNTAX_ANY:
		e.steps = n->max < REPEAT_ENDLESS ? n->max : REPEAT_ENDLESS;
		break;
	case SYNTAX_CAT:
		for (uint32_t i = 0; i < n->nkids; i++) {
			next = (struct first){ .empty = 1 };
			for (uint32_t j = i + 1; j < n->nkids && next.empty; j++) {
				own = first_of(n->kids[j]);
				first_add(&next, &own);
				next.empty = own.empty;
			}
			if (next.empty)
				first_add(&next, follow);
			k = effort_of(n->kids[i], &next);
			e.steps = bounded(e.steps + e.ways * k.steps);
			e.ways = bounded(e.ways * k.ways);
		}
		break;
	case SYNTAX_ALT:
		e.ways = 0;
		for (uint32_t i = 0; i < n->nkids; i++) {
			k = effort_of(n->kids[i], follow);
			e.ways = bounded(e.ways + k.ways);
			e.steps = bounded(e.steps + k.steps);
		}
		break;
	case SYNTAX_REPEAT:
		own = first_of(n->kids[0]);
		next = *follow;
		first_add(&next, &own);
		k = effort_of(n->kids[0], &next);
		double max = n->max < REPEAT_ENDLESS ? n->max : REPEAT_ENDLESS, min = n->min < REPEAT_ENDLESS ? n->min : REPEAT_ENDLESS;
		double rounds = 1; /* ways of all rounds together */
		for (double i = 0; i < max && i < 100 && k.ways > 1; i++)
			rounds = bounded(rounds * k.ways);
		/* where what follows can't begin like another round ("\\s*="), giving rounds back is never tried in vain */
		int decided = n->min == n->max || (disjoint(&own.set, &follow->set) && !own.empty);
		e.steps = bounded(max * k.steps * rounds);
		e.ways = bounded(rounds * (decided ? 1 : 1 + max - min));
		break;
	}
	if (n->atomic)
		e.ways = 1;
	return e;
}

static double cost_of(const struct syntax *root)
{
	struct first nothing_behind = { .empty = 0 };
	return effort_of(root, &nothing_behind).steps + 1;
}

static uint8_t begins_wide(const struct syntax *root)
{
	struct first f = first_of(root);
	return !f.empty && !(f.set.set.bit[0] | f.set.set.bit[1]);
}

void classify(const char *pattern, struct arena *a, struct classified *c)
{
	struct syntax_tree tree;
	struct info info;
	*c = (struct classified){ .kind = CLASS_ALWAYS, .before = SYNTAX_INF, .width = SYNTAX_INF, .cost = 1e30, .digit_at = 4 };
	memset(c->shapes, 0xff, sizeof c->shapes);
	struct arena *scratch = arena_new(16 << 20);
	if (!scratch || syntax_read(pattern, scratch, &tree) < 0) {
		arena_free(&scratch);
		return;
	}
	c->width = capped((uint64_t)syntax_width(tree.root) + tree.look_ahead);
	c->cost = cost_of(tree.root);
	c->digits = digits_of(tree.root);
	c->token = row_of(tree.root).any;
	memset(c->shapes, 0, sizeof c->shapes);
	shapes_of(tree.root, c);
	c->leading = row_of(tree.root).start;
	c->need = need_of(tree.root);
	c->wide = begins_wide(tree.root);
	literals_of(tree.root, &info);
	if (info.exact)
		consider(&info, &info.all, 0);
	if (info.has_best)
		c->literals = arena_alloc(a, sizeof *c->literals);
	if (c->literals) {
		c->kind = CLASS_LITERAL;
		*c->literals = info.best;
		c->before = info.before;
	} else if (c->digits >= SWEEP_DIGITS_MIN && all_number(tree.root)) {
		c->kind = CLASS_NUMBER;
		c->numbers = numbers_read(tree.root, a);
		c->variants = variants_read(tree.root, a);
	} else if (c->digits >= 2 || c->token >= 8 || (c->shapes[0] & c->shapes[1] & c->shapes[2] & c->shapes[3]) != UINT64_MAX) {
		c->kind = CLASS_SHAPE;
	}
	if (c->kind != CLASS_LITERAL && !c->variants)
		c->outline = outline_read(tree.root, a);
	if (c->kind == CLASS_ALWAYS && c->outline)
		c->kind = CLASS_SHAPE;
	arena_free(&scratch);
}
