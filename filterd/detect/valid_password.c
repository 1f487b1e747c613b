/* What people choose as passwords, told from what else stands behind the word "password": words, dates, versions, files, code. */
#include "detect/valid.h"

#include <string.h>
#include <strings.h>

enum { PASSWORD_SIZE_MIN = 5, PASSWORD_SIZE_MAX = 64 };

static int lower(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static int upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static int letter(char c)
{
	return lower(c) || upper(c);
}

static int digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How many of the size bytes at s, from the first on, are in a class. */
static size_t run_of(const char *s, size_t size, int (*class)(char c))
{
	size_t i = 0;
	while (i < size && class(s[i]))
		i++;
	return i;
}

static int holds(const char *s, size_t size, const char *what)
{
	return memmem(s, size, what, strlen(what)) != NULL;
}

static int begins(const char *s, size_t size, const char *what)
{
	size_t n = strlen(what);
	return n <= size && strncasecmp(s, what, n) == 0;
}

/* Marks that prose has no use for inside a word. */
static int strong_mark(char c)
{
	return c != '\0' && strchr("!@#$%^&*+=?~|\\", c) != NULL;
}

/* Classes among lower case, upper case, digits and marks; 0 if no letter, or nothing but letters.  A mark at the end may be the sentence's. */
static int classes_of(const char *s, size_t size)
{
	int has[4] = { 0 };
	while (size > 0 && strchr("!?.,;:", s[size - 1]))
		size--;
	for (size_t i = 0; i < size; i++) {
		has[0] |= lower(s[i]);
		has[1] |= upper(s[i]);
		has[2] |= digit(s[i]);
		has[3] |= strong_mark(s[i]);
	}
	return (has[0] || has[1]) && (has[2] || has[3]) ? has[0] + has[1] + has[2] + has[3] : 0;
}

/* "12chars", "90days", "8Zeichen" */
static int is_quantity(const char *s, size_t size)
{
	size_t n = run_of(s, size, digit);
	return n >= 1 && n <= 2 && (n + run_of(s + n, size - n, lower) == size || (upper(s[n]) && n + 1 + run_of(s + n + 1, size - n - 1, lower) == size));
}

/* "2026-11-25T10:00", "25.11.2026,", "10:30am" */
static int is_date(const char *s, size_t size)
{
	size_t n = run_of(s, size, digit), m;
	if (n < 1 || n > 4 || n + 2 > size || !strchr("-./:", s[n]))
		return 0;
	m = run_of(s + n + 1, size - n - 1, digit);
	return m == 1 || m == 2;
}

/* "v1.2.3-rc1", "2.0b1" */
static int is_version(const char *s, size_t size)
{
	size_t v = s[0] == 'v' || s[0] == 'V', n = run_of(s + v, size - v, digit);
	return n > 0 && v + n + 1 < size && (s[v + n] == '.' || (v && v + n == size)) && digit(s[v + n + 1]);
}

/* "sha256sum", "utf-8", "oauth2": a known word, digits, and then small letters and dashes at most */
static int is_technical(const char *s, size_t size)
{
	static const char *const names[] = { "md",   "sha", "sha-", "base", "utf",  "utf-",  "oauth", "ipv", "aes", "aes-", "rsa",
		                             "rsa-", "ssh", "http", "tls",  "tlsv", "sslv",  "ntlmv", "pbkdf",  "argon", "python",  "php",
		                             "pkcs", "pkcs#", "log", "java", "html", "web",  "win",  "windows", "office", "wpa" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = strlen(names[i]);
		if (!begins(s, size, names[i]))
			continue;
		size_t d = run_of(s + n, size - n, digit);
		if (d == 0)
			continue;
		for (n += d; n < size && (lower(s[n]) || s[n] == '-'); n++)
			;
		if (n == size)
			return 1;
	}
	return 0;
}

/* Words of one case joined by mark, each of which may end in a digit, and the last in some: "password_hash2", "config.db1", "asn1_NOVALUE" */
static int is_joined(const char *s, size_t size, char mark)
{
	int marks = 0;
	for (size_t i = 0; i < size; i++) {
		i += run_of(s + i, size - i, lower(s[i]) ? lower : upper);
		size_t n = run_of(s + i, size - i, digit);
		if (n > 1 && i + n < size)
			return 0;
		i += n;
		if (i < size && s[i] != mark)
			return 0;
		marks += i < size;
	}
	return marks > 0;
}

static int is_identifier(const char *s, size_t size)
{
	return is_joined(s, size, '_') || is_joined(s, size, '.');
}

static int is_name_char(char c)
{
	return letter(c) || digit(c) || c == '-' || c == '.' || c == '_';
}

/* "web01.example.org", and with a port */
static int is_host(const char *s, size_t size)
{
	size_t n = run_of(s, size, is_name_char), end = n;
	if (n < size && (s[n] != ':' || n + 1 + run_of(s + n + 1, size - n - 1, digit) != size))
		return 0;
	while (end > 0 && lower(s[end - 1]))
		end--;
	return n - end >= 2 && end >= 2 && s[end - 1] == '.' && letter(s[0]) && memchr(s, '_', n) == NULL;
}

static int is_address(const char *s, size_t size)
{
	const char *at = memrchr(s, '@', size);
	if (!at || at == s)
		return at == s && 1 + run_of(s + 1, size - 1, is_name_char) == size; /* "@anna2" speaks to somebody */
	return run_of(s, size, is_name_char) == (size_t)(at - s) && is_host(at + 1, size - (size_t)(at - s) - 1);
}

static int is_file(const char *s, size_t size)
{
	static const char *const ends[] = { ".txt", ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".zip", ".png", ".jpg", ".conf", ".cfg", ".ini", ".yml", ".yaml",
		                            ".json", ".xml", ".log", ".md", ".exe", ".sh", ".py", ".js", ".java", ".html", ".php", ".pem", ".kdbx", ".csv", ".bak", ".gz" };
	if (holds(s, size, "://") || s[0] == '/' || begins(s, size, "./") || begins(s, size, "~/") || (size > 2 && letter(s[0]) && s[1] == ':' && s[2] == '\\'))
		return 1;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t n = strlen(ends[i]);
		if (size > n && strncasecmp(s + size - n, ends[i], n) == 0)
			return 1;
	}
	return 0;
}

/* "JIRA-1234" */
static int is_ticket(const char *s, size_t size)
{
	size_t n = run_of(s, size, upper);
	return n >= 2 && n + 1 < size && s[n] == '-' && n + 1 + run_of(s + n + 1, size - n - 1, digit) == size;
}

static int is_code(const char *s, size_t size)
{
	static const char *const parts[] = { "(", ")", "{", "}", "[", "]", "<", ">", "->", "::", "==", "!=", "&&", "||", "${", "\\n", "%s", "%d" };
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (holds(s, size, parts[i]))
			return 1;
	size_t word = run_of(s, size, is_name_char);
	if (word > 1 && word + 1 < size && s[word] == '=')
		return 1; /* "user=anna2" */
	if (s[0] == '&' || s[0] == '*' || s[0] == '-' || s[0] == '+' || s[0] == '=' || s[0] == '|' || s[0] == '\\')
		return 1; /* an operator, an option, a control sequence of a text processor */
	return (s[0] == '#' || s[0] == '!') && 1 + run_of(s + 1, size - 1, letter) == size; /* a channel, a tag of YAML */
}

int valid_password(const char *s, size_t size, const double *num)
{
	static int (*const others[])(const char *s, size_t size) = { is_quantity, is_date, is_version, is_technical, is_identifier, is_host,
		                                                     is_address,  is_file, is_ticket,  is_code };
	if (size < PASSWORD_SIZE_MIN || size > PASSWORD_SIZE_MAX || !valid_not_placeholder(s, size, num))
		return 0;
	int classes = classes_of(s, size);
	if (classes == 0 || classes < (int)num[0])
		return 0;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (others[i](s, size))
			return 0;
	return 1;
}
