#include "detect/decoders.h"

#include "base/text.h"

#include <string.h>

/* The Latin letter that this one of another script looks like (UTS #39, confusables), or 0. */
static char looks_like(uint32_t cp)
{
	static const struct {
		uint16_t cp;
		char letter;
	} rows[] = {
		{ 0x0131, 'i' }, { 0x0251, 'a' }, { 0x0261, 'g' }, { 0x0269, 'i' }, { 0x028f, 'y' }, { 0x0391, 'A' },
		{ 0x0392, 'B' }, { 0x0395, 'E' }, { 0x0396, 'Z' }, { 0x0397, 'H' }, { 0x0399, 'I' }, { 0x039a, 'K' },
		{ 0x039c, 'M' }, { 0x039d, 'N' }, { 0x039f, 'O' }, { 0x03a1, 'P' }, { 0x03a4, 'T' }, { 0x03a5, 'Y' },
		{ 0x03a7, 'X' }, { 0x03b1, 'a' }, { 0x03b2, 'b' }, { 0x03b3, 'y' }, { 0x03b5, 'e' }, { 0x03b7, 'n' },
		{ 0x03b9, 'i' }, { 0x03ba, 'k' }, { 0x03bd, 'v' }, { 0x03bf, 'o' }, { 0x03c1, 'p' }, { 0x03c3, 'o' },
		{ 0x03c4, 't' }, { 0x03c5, 'u' }, { 0x03c7, 'x' }, { 0x03c9, 'w' }, { 0x03f2, 'c' }, { 0x03f3, 'j' },
		{ 0x0405, 'S' }, { 0x0406, 'I' }, { 0x0408, 'J' }, { 0x0410, 'A' }, { 0x0412, 'B' }, { 0x0415, 'E' },
		{ 0x041a, 'K' }, { 0x041c, 'M' }, { 0x041d, 'H' }, { 0x041e, 'O' }, { 0x0420, 'P' }, { 0x0421, 'C' },
		{ 0x0422, 'T' }, { 0x0423, 'Y' }, { 0x0425, 'X' }, { 0x042c, 'b' }, { 0x0430, 'a' }, { 0x0432, 'b' },
		{ 0x0433, 'r' }, { 0x0435, 'e' }, { 0x043a, 'k' }, { 0x043c, 'm' }, { 0x043d, 'h' }, { 0x043e, 'o' },
		{ 0x0440, 'p' }, { 0x0441, 'c' }, { 0x0442, 't' }, { 0x0443, 'y' }, { 0x0445, 'x' }, { 0x044c, 'b' },
		{ 0x0455, 's' }, { 0x0456, 'i' }, { 0x0458, 'j' }, { 0x0474, 'V' }, { 0x0475, 'v' }, { 0x04ae, 'Y' },
		{ 0x04af, 'y' }, { 0x04bb, 'h' }, { 0x04c0, 'I' }, { 0x04cf, 'l' }, { 0x0501, 'd' }, { 0x051a, 'Q' },
		{ 0x051b, 'q' }, { 0x051c, 'W' }, { 0x051d, 'w' }, { 0x0566, 'q' }, { 0x0570, 'h' }, { 0x0578, 'n' },
		{ 0x057d, 'u' }, { 0x0585, 'o' },
	};
	size_t lo = 0, hi = sizeof rows / sizeof *rows;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (rows[mid].cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < sizeof rows / sizeof *rows && rows[lo].cp == cp ? rows[lo].letter : 0;
}

/* First bytes of the letters in looks_like(): U+0131 to U+057F. */
static int may_look_like(char c)
{
	return is(c, ALIKE);
}

/* A word of Latin letters and such that look like them: nobody mixes scripts within a word but to hide it. */
size_t decode_mixed_word(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	size_t i = at, others = 0;
	while (i < size) {
		uint32_t cp;
		int len = is_letter(s[i]) ? 1 : may_look_like(s[i]) ? text_decode(s + i, size - i, &cp) : 0;
		char c = len == 1 ? s[i] : len > 1 ? looks_like(cp) : 0;
		if (len > 1 && !c)
			return 0;
		if (len == 0)
			break;
		others += len > 1;
		dst[(*n)++] = c;
		i += (size_t)len;
	}
	return others > 0 && others < *n && (i == size || (unsigned char)s[i] < 0x80) ? i - at : 0;
}

/* The letter that a letter, digit or mark stands for, in the second spelling where there are two; 0: none. */
static char leet_letter(char c, int second)
{
	static const char letter[128] = {
		['0'] = 'o', ['1'] = 'i', ['3'] = 'e', ['4'] = 'a', ['5'] = 's', ['7'] = 't', ['8'] = 'b', ['@'] = 'a', ['$'] = 's', ['!'] = 'i',
		['A'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
		['a'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
	};
	if (second && (c == '1' || c == '!'))
		return 'l';
	return (unsigned char)c < sizeof letter ? letter[(unsigned char)c] : '\0';
}

enum { LEET_MIN = 3, LEET_MAX = 16 };

size_t decode_leet(const char *s, size_t size, size_t at, char *dst, size_t *n)
{
	/* only these: they say what stands beside them */
	static const char *const words[] = {
		"account", "api", "apikey", "bank", "card", "cardno", "cc", "confidential", "contrasena", "credential", "credentials", "credit", "creditcard", "cvv", "haslo",
		"iban", "kennwort", "konto", "kontonummer", "kreditkarte", "login", "mastercard", "parola", "pass", "passcode", "passord", "passphrase", "passport", "passwd",
		"password", "passwords", "passwort", "private", "secret", "senha", "social", "ssn", "token", "visa", "wachtwoord",
	};
	size_t run = 0, letters = 0;
	while (at + run < size && run < LEET_MAX && leet_letter(s[at + run], 0))
		letters += is_letter(s[at + run++]) != 0;
	if (letters == run || letters < 2 || run == LEET_MAX || run < LEET_MIN) /* most words end here */
		return 0;
	for (int second = 0; second < 2; second++)
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			size_t k = 0, others = 0, end;
			for (; at + k < size && words[i][k] && leet_letter(s[at + k], second) == words[i][k]; k++)
				others += !is_letter(s[at + k]);
			end = at + k;
			if (words[i][k] || others == 0 || others == k || (end < size && (is(s[end], LETTER | DIGIT))))
				continue;
			memcpy(dst, words[i], k);
			*n = k;
			return k;
		}
	return 0;
}
