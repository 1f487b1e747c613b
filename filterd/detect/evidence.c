#include "detect/evidence.h"

static size_t back(const char *s, size_t at, size_t points, int ascii)
{
	if (ascii)
		return at > points ? at - points : 0;
	while (at > 0 && points > 0) {
		at--;
		points -= ((unsigned char)s[at] & 0xc0) != 0x80;
	}
	return at;
}

static size_t forth(const char *s, size_t size, size_t at, size_t points, int ascii)
{
	if (ascii)
		return size - at > points ? at + points : size;
	while (at < size && points > 0) {
		at++;
		points -= at == size || ((unsigned char)s[at] & 0xc0) != 0x80;
	}
	return at;
}

struct reach {
	const char *low;
	size_t size, from, start, end, to; /* [from, start) and [end, to) are looked at */
};

static int count_in(const struct term *t, const struct reach *w, size_t from, size_t to, int max)
{
	int n = 0;
	for (size_t at = from, end; n < max && at < to; at = end)
		if ((end = term_find(t, w->low, w->size, at, to)) > 0)
			n++;
		else
			break;
	return n;
}

int evidence_count(const struct evidence *e, const char *low, size_t size, int ascii, size_t start, size_t end)
{
	const struct evidence_def *def = e->def;
	struct reach w = { low, size, back(low, start, def->before, ascii), start, end, forth(low, size, end, def->after, ascii) };
	int n = 0, enough = def->max ? def->max + 1 : def->min;
	for (size_t i = 0; i < e->nterms && n < enough; i++) {
		int each = def->distinct ? 1 : enough - n, k = count_in(&e->terms[i], &w, w.from, w.start, each);
		n += k < each ? k + count_in(&e->terms[i], &w, w.end, w.to, each - k) : k;
	}
	return n;
}

int evidence_holds(const struct evidence *e, const char *low, size_t size, int ascii, size_t start, size_t end)
{
	const struct evidence_def *def = e->def;
	size_t from = back(low, start, def->before, ascii), to = forth(low, size, end, def->after, ascii);
	int n = evidence_count(e, low, size, ascii, start, end);
	if (n < def->min || (def->max && n > def->max))
		return 0;
	for (const struct term *t = e->terms + e->nterms; t < e->terms + e->nterms + e->nnone; t++)
		if (term_find(t, low, size, from, start) || term_find(t, low, size, end, to))
			return 0;
	return 1;
}

int evidence_short(const struct evidence *e, const char *low, size_t size)
{
	for (size_t i = 0; i < e->nterms; i++)
		if (e->terms[i].is_short && term_find(&e->terms[i], low, size, 0, size))
			return 1;
	return 0;
}
