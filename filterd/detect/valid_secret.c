/* Structure and randomness of tokens, keys and passwords. */
#include "detect/valid.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

static int b64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' || c == '+' ? 62 : c == '_' || c == '/' ? 63 : -1;
}

/* As much of the base64 or base64url as fits; returns the bytes written. */
static size_t b64_decode(const char *s, size_t size, char *dst, size_t dst_size)
{
	uint32_t bits = 0;
	int have = 0;
	size_t o = 0;
	for (size_t i = 0; i < size && o < dst_size; i++) {
		int v = b64_value(s[i]);
		if (v < 0)
			break;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			dst[o++] = (char)(bits >> have & 0xff);
		}
	}
	return o;
}

int valid_jwt(const char *s, size_t size, const double *num)
{
	const char *dot = memchr(s, '.', size);
	char head[1024];
	if (!dot)
		return 0;
	size_t n = b64_decode(s, (size_t)(dot - s), head, sizeof head);
	size_t i = 0;
	while (i < n && (head[i] == ' ' || head[i] == '\t' || head[i] == '\r' || head[i] == '\n'))
		i++;
	return i < n && head[i] == '{' && memmem(head + i, n - i, "\"alg\"", 5) != NULL;
}

/* The label behind "-----BEGIN " or "-----END ", up to the next "-----". */
static const char *pem_label(const char *s, const char *end, const char *word, size_t *size_r, const char **after_r)
{
	size_t n = strlen(word);
	const char *p = memmem(s, (size_t)(end - s), word, n);
	if (!p)
		return NULL;
	p += n;
	const char *dash = memmem(p, (size_t)(end - p), "-----", 5);
	if (!dash || dash - p > 64)
		return NULL;
	*size_r = (size_t)(dash - p);
	*after_r = dash + 5;
	return p;
}

int valid_pem(const char *s, size_t size, const double *num)
{
	const char *end = s + size, *body, *tail;
	size_t nb, ne;
	const char *b = pem_label(s, end, "-----BEGIN ", &nb, &body);
	if (!b)
		return 0;
	const char *e = pem_label(body, end, "-----END ", &ne, &tail);
	if (!e || nb != ne || memcmp(b, e, nb) != 0)
		return 0;
	size_t good = 0;
	for (const char *p = body; p < e - 9; p++)
		good += b64_value(*p) >= 0;
	return good >= 32;
}

/* log2 to six digits, so that libm isn't needed for it. */
static double log2_of(uint32_t n)
{
	int whole = 31 - __builtin_clz(n);
	double x = (double)n / (double)(1u << whole), r = whole;
	for (double bit = 0.5; bit > 1e-6; bit /= 2) {
		x *= x;
		if (x >= 2) {
			x /= 2;
			r += bit;
		}
	}
	return r;
}

int valid_entropy(const char *s, size_t size, const double *num)
{
	uint32_t count[256] = { 0 };
	double sum = 0;
	if (size == 0 || size > UINT32_MAX)
		return 0;
	for (size_t i = 0; i < size; i++)
		count[(unsigned char)s[i]]++;
	for (int i = 0; i < 256; i++)
		if (count[i])
			sum += count[i] * log2_of(count[i]);
	return log2_of((uint32_t)size) - sum / (double)size >= num[0];
}

int valid_classes(const char *s, size_t size, const double *num)
{
	int lower = 0, upper = 0, digit = 0, other = 0;
	for (size_t i = 0; i < size; i++) {
		if (s[i] >= 'a' && s[i] <= 'z')
			lower = 1;
		else if (s[i] >= 'A' && s[i] <= 'Z')
			upper = 1;
		else if (s[i] >= '0' && s[i] <= '9')
			digit = 1;
		else
			other = 1;
	}
	return lower + upper + digit + other >= (int)num[0];
}

uint32_t valid_crc32(const char *s, size_t size)
{
	uint32_t c = 0xffffffff;
	for (size_t i = 0; i < size; i++) {
		c ^= (unsigned char)s[i];
		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (0xedb88320 & -(c & 1));
	}
	return ~c;
}

/* GitHub and npm end their tokens so; the digits of base 62 are 0-9 A-Z a-z. */
int valid_crc32_base62(const char *s, size_t size, const double *num)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	const char *under = memrchr(s, '_', size);
	const char *body = under ? under + 1 : s;
	size_t n = (size_t)(s + size - body);
	if (n < 7)
		return 0;
	uint32_t crc = valid_crc32(body, n - 6);
	for (size_t i = 0; i < 6; i++, crc /= 62)
		if (body[n - 1 - i] != alphabet[crc % 62])
			return 0;
	return 1;
}

static int all_of(const char *s, size_t size, const char *set)
{
	for (size_t i = 0; i < size; i++)
		if (!strchr(set, s[i]))
			return 0;
	return 1;
}

int valid_not_placeholder(const char *s, size_t size, const double *num)
{
	static const char *const words[] = { "password",  "passwd", "pass",     "secret",   "changeme", "change_me", "example", "placeholder",
		                             "your",      "redacted", "hidden", "dummy",    "none",     "null",      "undefined", "todo",
		                             "user",      "username", "pwd",    "token",    "test",     "string",    "value",  "***" };
	if (size == 0 || s[0] == '<' || s[0] == '{' || s[0] == '$' || s[0] == '%' || s[0] == '[')
		return 0;
	if (memmem(s, size, "\xe2\x80\xa2", 3)) /* a dot of model/mask.h: redacted already */
		return 0;
	if (all_of(s, size, "xX*.-_#?") || (size > 2 && !valid_not_same(s, size, num)))
		return 0;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == size && strncasecmp(words[i], s, size) == 0)
			return 0;
	return strncasecmp(s, "your", size < 4 ? size : 4) != 0;
}
