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

int evidence_count(const struct evidence *e, const char *low, size_t size, int ascii, size_t start, size_t end)
{
	size_t from = back(low, start, e->def->before, ascii), to = forth(low, size, end, e->def->after, ascii);
	int n = 0;
	for (size_t i = 0; i < e->nterms && n < e->def->min; i++)
		n += term_found_in(&e->terms[i], low, size, from, start) || term_found_in(&e->terms[i], low, size, end, to);
	return n;
}
