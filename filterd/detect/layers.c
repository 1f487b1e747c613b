#include "detect/layers.h"

#include "detect/odds.h"
#include "detect/stages.h"

enum { SURROUNDINGS_MAX = 16384, CUT_MARGIN = 128, BORDER_MARGIN = 2 };

static void swap_views(struct view *a, struct view *b)
{
	struct view t = *a;
	*a = *b;
	*b = t;
}

/* Evidence that a match was short of below may be decoded, and stand outside of it: then it counts, unless a piece or a cut is beside
 * it and it only looks like a match. */
static int is_supported(const struct detector *by, const struct view *layer, const struct decoded *d, size_t base, size_t start, size_t end)
{
	size_t a, b, from = base + start, to = base + end;
	if (by->def->nevidence == 0 || (base > 0 && start < CUT_MARGIN) || (base + layer->text_size < d->size && layer->text_size - end < CUT_MARGIN))
		return 0;
	/* a keyword in mixed scripts may stand right beside it: letters of it were letters before */
	return d->mixed || decode_map(d, from > BORDER_MARGIN ? from - BORDER_MARGIN : 0, to + BORDER_MARGIN, &a, &b) == 0;
}

/* One value of a record is decoded, another stands there plainly: found beside it, which is where the detector's spans stand. */
static int is_partner(const struct detect_scratch *s, const struct detector *by, size_t first, size_t kept, size_t i)
{
	if (!by->def->edm)
		return 0;
	for (size_t k = i + 1; k < s->nspans && s->spans[k].detector == s->spans[i].detector; k++)
		if (s->spans[k].hidden)
			return 1;
	for (size_t k = kept; k > first && s->spans[k - 1].detector == s->spans[i].detector; k--)
		if (s->spans[k - 1].hidden)
			return 1;
	return 0;
}

enum { PROOF = 5 };

/* Does a check of the detector's refuse most of what only looks like it? */
static int proves(const struct detector *d)
{
	double odds = odds_of_validators(&d->def->validate);
	for (size_t i = 0; i < d->def->npatterns && odds < PROOF; i++)
		odds = odds_of_validators(&d->def->patterns[i].validate);
	return odds >= PROOF;
}

/* Spans found in a layer, which is the decoded text from base on, become spans of the view that it was decoded from. */
static void lower_spans(const struct detect_set *set, struct detect_scratch *s, size_t from, const struct view *layer, const struct decoded *d, size_t base)
{
	size_t n = from, start, end, a, b;
	for (size_t i = from; i < s->nspans; i++) {
		view_map(layer, s->spans[i].match_start, s->spans[i].match_end, &start, &end);
		s->spans[i].hidden = decode_map(d, base + start, base + end, &a, &b) > 0;
	}
	for (size_t i = from; i < s->nspans; i++) {
		struct span p = s->spans[i];
		const struct detector *by = &set->detectors[p.detector];
		view_map(layer, p.match_start, p.match_end, &start, &end);
		/* what no piece takes part in was found in the view below already, or is none there */
		int news = p.hidden ? !decode_is_guess(d, base + start, base + end) || proves(by)
		                    : is_supported(by, layer, d, base, start, end) || is_partner(s, by, from, n, i);
		if (!news) {
			s->per_detector[p.detector]--;
			continue;
		}
		decode_map(d, base + start, base + end, &a, &b);
		p.match_start = (uint32_t)a;
		p.match_end = (uint32_t)b;
		view_map(layer, p.start, p.end, &start, &end);
		decode_map(d, base + start, base + end, &a, &b);
		p.start = (uint32_t)a;
		p.end = (uint32_t)b;
		s->spans[n++] = p;
	}
	s->nspans = n;
}

static int goes_on(char c)
{
	return sweep_is_token((unsigned char)c) || c == '\n' || c == '\r';
}

/* The surroundings of the pieces from *next on that stand close to each other: what else is there was looked at before.  A key in lines
 * of base64 is a match of many, and there may be pieces in all of them. */
static void surroundings(const struct detect_set *set, const struct decoded *d, size_t *next, size_t *from_r, size_t *to_r)
{
	size_t context = set->context, from = d->pieces[*next].from, to = 0;
	from = from > context ? from - context : 0;
	while (*next < d->npieces && (to == 0 || d->pieces[*next].from <= to + context)) {
		size_t end = d->pieces[(*next)++].to + context;
		to = end > to ? end : to;
		to = to < d->size ? to : d->size;
		while (to < d->size && to < end + SURROUNDINGS_MAX && goes_on(d->data[to]))
			to++;
	}
	for (size_t least = from > SURROUNDINGS_MAX ? from - SURROUNDINGS_MAX : 0; from > least && goes_on(d->data[from - 1]);)
		from--;
	while (from > 0 && ((unsigned char)d->data[from] & 0xc0) == 0x80)
		from--;
	while (to < d->size && ((unsigned char)d->data[to] & 0xc0) == 0x80)
		to++;
	*from_r = from;
	*to_r = to;
}

static int scan_layers(const struct detect_set *set, struct detect_scratch *s, int depth);

/* Looks at bytes [from, to) of what d has decoded; the view it was made of lies below. */
static int scan_layer(const struct detect_set *set, struct detect_scratch *s, int depth, size_t from, size_t to)
{
	const struct decoded *d = &s->decoded[depth];
	size_t before = s->nspans;
	int r = view_make(&s->view, d->data + from, to - from);
	if (r == VIEW_OK && scan_sweep(set, s) < 0)
		r = VIEW_NOMEM;
	if (r == VIEW_OK) {
		scan_view(set, s);
		if (s->layer)
			s->layer(s->layer_arg, depth, from);
		r = scan_layers(set, s, depth + 1);
	}
	if (r == VIEW_OK)
		lower_spans(set, s, before, &s->view, d, from);
	else
		s->nspans = before;
	return r;
}

/* What the view at hand hides in an encoding, decoded, is looked at like any text; depth such layers are below already. */
static int scan_layers(const struct detect_set *set, struct detect_scratch *s, int depth)
{
	unsigned hints = depth == DECODE_DEPTH_MAX || s->budget.over ? 0 : decode_wanted(&s->view, &s->sweep);
	if (hints == 0)
		return VIEW_OK;
	struct decoded *d = &s->decoded[depth];
	int r = decode_make(d, s->view.data, s->view.size, hints);
	s->budget.limited |= d->cut;
	if (r <= 0)
		return r < 0 ? VIEW_NOMEM : VIEW_OK;
	swap_views(&s->view, &s->below[depth]);
	r = VIEW_OK;
	for (size_t next = 0, from, to; next < d->npieces && r == VIEW_OK && !s->budget.over;) {
		surroundings(set, d, &next, &from, &to);
		r = scan_layer(set, s, depth, from, to);
	}
	swap_views(&s->view, &s->below[depth]);
	s->low_stale = 1;
	return r;
}

int layers_scan(const struct detect_set *set, struct detect_scratch *s)
{
	return scan_layers(set, s, 0);
}
