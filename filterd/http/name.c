#include "http/name.h"

#include "base/text.h"
#include "http/upload.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool is_alnum(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029 || cp == 0x200e || cp == 0x200f ||
	       cp == 0x061c || (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

bool name_is_good(const char *name)
{
	size_t size = strlen(name);
	if (size == 0 || size > UPLOAD_NAME_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (size_t i = 0; i < size;) {
		uint32_t cp;
		int n = text_decode(name + i, size - i, &cp);
		if (n == 0 || is_control(cp) || cp == '/' || cp == '\\')
			return false;
		i += (size_t)n;
	}
	return true;
}

int name_encode(const char *name, char *dst, size_t dst_size)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t at = 0;
	for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
		if (at + 4 > dst_size)
			return -1;
		if (is_alnum(*p) || *p == '-' || *p == '.' || *p == '_' || *p == '~') {
			dst[at++] = (char)*p;
			continue;
		}
		dst[at++] = '%';
		dst[at++] = hex[*p >> 4];
		dst[at++] = hex[*p & 15];
	}
	dst[at] = '\0';
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool name_matches(const char *segment, const char *name)
{
	while (*segment && *name) {
		int c = (unsigned char)*segment++;
		if (c == '%') {
			int high = hex_digit(segment[0]), low = high < 0 ? -1 : hex_digit(segment[1]);
			if (low < 0)
				return false;
			c = high << 4 | low;
			segment += 2;
		}
		if (c != (unsigned char)*name++)
			return false;
	}
	return *segment == *name; /* both at their end */
}

bool is_token(const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!is_alnum((unsigned char)s[i]) && (s[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", s[i])))
			return false;
	return size > 0;
}

void media_type_copy(char *dst, size_t dst_size, const char *type)
{
	size_t size = strcspn(type, "; \t"), slash = strcspn(type, "/");
	*dst = '\0';
	if (size >= dst_size || slash >= size || !is_token(type, slash) ||
	    !is_token(type + slash + 1, size - slash - 1))
		return;
	for (size_t i = 0; i < size; i++)
		dst[i] = type[i] >= 'A' && type[i] <= 'Z' ? (char)(type[i] | 0x20) : type[i];
	dst[size] = '\0';
}

int random_word(char *dst, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char random[48];
	if (size > sizeof random || size % 3 != 0 || RAND_bytes(random, (int)size) != 1)
		return -1;
	for (size_t i = 0; i < size; i += 3) {
		uint32_t v = (uint32_t)random[i] << 16 | (uint32_t)random[i + 1] << 8 | random[i + 2];
		for (int shift = 18; shift >= 0; shift -= 6)
			*dst++ = digits[v >> shift & 63];
	}
	*dst = '\0';
	OPENSSL_cleanse(random, sizeof random);
	return 0;
}
