/* Check digits that many registers share. */
#include "detect/valid.h"

#include <string.h>

static int is_filler(char c)
{
	return c != '\0' && strchr(" -./_|,;:()*~`\t\n\r", c) != NULL;
}

/* The next digit from the left, 10 at the end, -1 at anything else. */
static int next_digit(const char **s, const char *end)
{
	while (*s < end && is_filler(**s))
		++*s;
	if (*s == end)
		return 10;
	char c = *(*s)++;
	return c >= '0' && c <= '9' ? c - '0' : -1;
}

/* ISO/IEC 7064, MOD 11-10. */
int valid_mod11_10(const char *s, size_t size, const double *num)
{
	const char *end = s + size;
	int p = 10, n = 0, sum = 0;
	for (int d; (d = next_digit(&s, end)) != 10; n++) {
		if (d < 0)
			return 0;
		sum = (p + d) % 10;
		p = (sum ? sum : 10) * 2 % 11;
	}
	return n >= 2 && sum == 1;
}

/* H. M. Damm, Total anti-symmetrische Quasigruppen (2004). */
int valid_damm(const char *s, size_t size, const double *num)
{
	static const char table[10][11] = { "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
		                            "3674209581", "5869720134", "8945362017", "9438617205", "2581436790" };
	const char *end = s + size;
	int at = 0, n = 0;
	for (int d; (d = next_digit(&s, end)) != 10; n++) {
		if (d < 0)
			return 0;
		at = table[at][d] - '0';
	}
	return n >= 2 && at == 0;
}

/* J. Verhoeff, Error Detecting Decimal Codes (1969): the dihedral group of ten, digits permuted by their place from the
 * right. */
int valid_verhoeff(const char *s, size_t size, const double *num)
{
	static const char multiply[10][11] = { "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
		                               "5987604321", "6598710432", "7659821043", "8765932104", "9876543210" };
	static const char permute[8][11] = { "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258" };
	int at = 0, n = 0;
	for (size_t i = size; i-- > 0;) {
		if (is_filler(s[i]))
			continue;
		if (s[i] < '0' || s[i] > '9')
			return 0;
		at = multiply[at][permute[n++ % 8][s[i] - '0'] - '0'] - '0';
	}
	return n >= 2 && at == 0;
}
