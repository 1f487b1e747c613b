#include "extract/text_mail.h"

#include "base/clock.h"
#include "extract/layer_text.h"
#include "extract/text_out.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 20, PARAM_MAX = 256, BOUNDARY_MAX = 200 };

struct slice {
	const char *data;
	size_t size;
};

/* What the headers of a part say of its body. */
struct entity {
	char type[64], charset[41], boundary[BOUNDARY_MAX], encoding[24];
	char name[4 * PARAM_MAX]; /* UTF-8 */
};

struct reader {
	struct document *doc;
	struct text_out headers;
	unsigned parts;
	enum cause cause;
};

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* RFC 2045, 6.7; in_word: RFC 2047, 4.2, where '_' is a space.  Bytes, not yet text. */
static void decode_quoted(struct text_out *o, const char *s, size_t size, bool in_word)
{
	for (size_t i = 0; i < size; i++) {
		if (s[i] == '=' && i + 2 < size && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
			char c = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
			text_out_add(o, &c, 1);
			i += 2;
		} else if (s[i] == '=' && !in_word) { /* a soft line break, and the blanks that were added on the way */
			size_t end = i + 1;
			while (end < size && (s[end] == ' ' || s[end] == '\t' || s[end] == '\r'))
				end++;
			if (end < size && s[end] == '\n')
				i = end;
			else if (end < size)
				text_out_add(o, s + i, 1);
			else
				i = end;
		} else {
			text_out_add(o, in_word && s[i] == '_' ? " " : s + i, 1);
		}
	}
}

static int base64_value(char c)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(letters, c) : NULL;
	return at ? (int)(at - letters) : -1;
}

/* RFC 2045, 6.8: what is no letter of it is passed over.  A new quantum begins behind padding, as mail readers do it. */
static void decode_base64(struct text_out *o, const char *s, size_t size)
{
	uint32_t bits = 0;
	unsigned n = 0;
	for (size_t i = 0; i < size; i++) {
		int v = base64_value(s[i]);
		if (s[i] == '=')
			n = bits = 0;
		if (v < 0)
			continue;
		bits = bits << 6 | (uint32_t)v;
		n += 6;
		if (n >= 8) {
			n -= 8;
			char c = (char)(bits >> n);
			text_out_add(o, &c, 1);
		}
	}
}

/* RFC 2047: =?charset?encoding?text?=.  Returns its length, or 0. */
static size_t encoded_word(struct text_out *o, const char *s, size_t size)
{
	char charset[41];
	const char *first = size > 8 ? memchr(s + 2, '?', size - 2) : NULL;
	size_t left = first ? size - (size_t)(first + 1 - s) : 0;
	if (left < 4 || first[2] != '?')
		return 0;
	const char *text = first + 3, *end = memmem(text, left - 2, "?=", 2);
	size_t n = (size_t)(first - s) - 2;
	if (!end || n == 0 || n >= sizeof charset || end - text > 4096)
		return 0;
	memcpy(charset, s + 2, n);
	charset[n] = '\0';
	charset[strcspn(charset, "*")] = '\0'; /* a language may follow, RFC 2231, 5 */
	struct text_out bytes = { .max = 4096 };
	if ((first[1] | 0x20) == 'b')
		decode_base64(&bytes, text, (size_t)(end - text));
	else
		decode_quoted(&bytes, text, (size_t)(end - text), true);
	if (bytes.len > 0)
		text_out_decoded(o, charset, bytes.data, bytes.len);
	text_out_free(&bytes);
	return (size_t)(end + 2 - s);
}

/* A header's value as people read it. */
static void add_header(struct text_out *o, const char *s, size_t size)
{
	size_t plain = 0, behind_word = size + 1;
	for (size_t i = 0; i < size;) {
		size_t n = s[i] == '=' && i + 1 < size && s[i + 1] == '?' ? 1 : 0;
		if (!n) {
			i++;
			continue;
		}
		/* white space between two encoded words is none (6.2) */
		size_t gap = plain;
		while (gap < i && isspace((unsigned char)s[gap]))
			gap++;
		if (!(behind_word == plain && gap == i))
			text_out_decoded(o, NULL, s + plain, i - plain);
		plain = i;
		n = encoded_word(o, s + i, size - i);
		i += n ? n : 2;
		if (n)
			plain = behind_word = i;
	}
	text_out_decoded(o, NULL, s + plain, size - plain);
	text_out_break(o);
}

/* The bytes of %xx (RFC 2231), in place. */
static void percent_decode(char *s)
{
	char *to = s;
	for (; *s; s++, to++) {
		if (*s == '%' && hex(s[1]) >= 0 && hex(s[2]) >= 0) {
			*to = (char)(hex(s[1]) * 16 + hex(s[2]));
			s += 2;
		} else {
			*to = *s;
		}
	}
	*to = '\0';
}

/* The value of a parameter of a header; its numbered pieces (RFC 2231, 3) are joined.  Appends to dst.  True if it begins
 * with charset and language. */
static bool parameter(const char *s, size_t size, const char *name, char *dst, size_t dst_size)
{
	size_t want = strlen(name), len = strlen(dst);
	bool any_extended = false;
	for (const char *p = memchr(s, ';', size); p; p = memchr(p, ';', size - (size_t)(p - s))) {
		const char *end = s + size;
		for (p++; p < end && isspace((unsigned char)*p); p++)
			;
		if ((size_t)(end - p) <= want || strncasecmp(p, name, want) != 0)
			continue;
		p += want;
		/* name*0*=…; name*1=… : a star before the number, another one for what is encoded */
		bool pieces = p + 1 < end && p[0] == '*' && isdigit((unsigned char)p[1]), extended = false;
		for (p += pieces; p < end && (*p == '*' || isdigit((unsigned char)*p)); p++)
			extended |= *p == '*';
		while (p < end && isspace((unsigned char)*p))
			p++;
		if (p == end || *p != '=')
			continue;
		for (p++; p < end && isspace((unsigned char)*p); p++)
			;
		size_t begin = len;
		bool quoted = p < end && *p == '"';
		for (p += quoted; p < end && (quoted ? *p != '"' : !isspace((unsigned char)*p) && *p != ';'); p++) {
			if (quoted && *p == '\\' && p + 1 < end)
				p++;
			if (len + 1 < dst_size && *p != '\r' && *p != '\n')
				dst[len++] = *p;
		}
		dst[len] = '\0';
		if (extended) {
			percent_decode(dst + begin);
			len = strlen(dst);
			any_extended = true;
		} else if (!pieces) {
			return any_extended;
		}
		if (p == end)
			return any_extended;
	}
	return any_extended;
}

static bool is_field(const struct slice *line, const char *name)
{
	size_t n = strlen(name);
	return line->size > n && strncasecmp(line->data, name, n) == 0 && line->data[n] == ':';
}

/* A file name as people read it, however it was written: RFC 2231, or RFC 2047 though that forbids it. */
static void read_name(struct entity *e, const char *value, size_t size, const char *key)
{
	char raw[PARAM_MAX] = "", *name = raw, *charset = NULL;
	struct text_out o = { .max = sizeof e->name - 1 };
	if (parameter(value, size, key, raw, sizeof raw)) {
		char *first = strchr(raw, '\''), *second = first ? strchr(first + 1, '\'') : NULL;
		if (second) {
			*first = '\0';
			charset = raw;
			name = second + 1;
		}
	}
	if (charset && charset[0])
		text_out_decoded(&o, charset, name, strlen(name));
	else
		add_header(&o, name, strlen(name));
	while (o.len > 0 && o.data[o.len - 1] == '\n')
		o.len--;
	if (o.len > 0)
		memcpy(e->name, o.data, o.len);
	e->name[o.len] = '\0';
	text_out_free(&o);
}

static void read_type(struct entity *e, const char *value, size_t size)
{
	size_t n = 0;
	while (size > 0 && isspace((unsigned char)*value))
		value++, size--;
	for (; n < size && n + 1 < sizeof e->type && !isspace((unsigned char)value[n]) && value[n] != ';'; n++)
		e->type[n] = (char)tolower((unsigned char)value[n]);
	e->type[n] = '\0';
	parameter(value, size, "charset", e->charset, sizeof e->charset);
	parameter(value, size, "boundary", e->boundary, sizeof e->boundary);
	read_name(e, value, size, "name");
}

static void read_field(struct entity *e, const struct slice *line)
{
	size_t colon = (size_t)((const char *)memchr(line->data, ':', line->size) - line->data) + 1, n = 0;
	const char *value = line->data + colon;
	size_t size = line->size - colon;
	if (is_field(line, "Content-Type")) {
		read_type(e, value, size);
	} else if (is_field(line, "Content-Disposition") && !e->name[0]) {
		read_name(e, value, size, "filename");
	} else if (is_field(line, "Content-Transfer-Encoding")) {
		while (size > 0 && isspace((unsigned char)*value))
			value++, size--;
		for (; n < size && n + 1 < sizeof e->encoding && !isspace((unsigned char)value[n]); n++)
			e->encoding[n] = (char)tolower((unsigned char)value[n]);
		e->encoding[n] = '\0';
	}
}

/* One field with the lines that continue it; returns its length, 0 at the end of the headers. */
static size_t next_field(const char *s, size_t size)
{
	size_t n = 0;
	while (n < size) {
		const char *nl = memchr(s + n, '\n', size - n);
		n = nl ? (size_t)(nl - s) + 1 : size;
		if (n == size || (s[n] != ' ' && s[n] != '\t'))
			break;
	}
	return n;
}

/* Reads the headers at s; returns where the body begins. */
static size_t read_headers(struct reader *r, const char *s, size_t size, struct entity *e)
{
	size_t at = 0;
	while (at < size) {
		if (s[at] == '\n')
			return at + 1;
		if (s[at] == '\r' && at + 1 < size && s[at + 1] == '\n')
			return at + 2;
		struct slice line = { s + at, next_field(s + at, size - at) };
		const char *colon = memchr(line.data, ':', line.size);
		if (colon)
			read_field(e, &line);
		add_header(&r->headers, line.data, line.size);
		at += line.size;
	}
	return size;
}

static void give_body(struct reader *r, const struct entity *e, const char *s, size_t size)
{
	struct document *d = r->doc;
	struct text_out bytes = { .max = d->text_max }, text = { .max = d->text_max };
	struct layer_text t;
	const char *part = e->name[0] ? e->name : "";
	if (strcmp(e->encoding, "base64") == 0)
		decode_base64(&bytes, s, size);
	else if (strcmp(e->encoding, "quoted-printable") == 0)
		decode_quoted(&bytes, s, size, false);
	else
		text_out_add(&bytes, s, size);
	/* what is called by another type may be text all the same; then libclamav's layer of it is not looked at again */
	bool html = strcmp(e->type, "text/html") == 0, is_text = !e->type[0] || strncmp(e->type, "text/", 5) == 0;
	if (is_text && e->charset[0])
		text_out_decoded(&text, e->charset, bytes.data ? bytes.data : "", bytes.len);
	const struct text_out *from = text.len > 0 ? &text : &bytes;
	if (bytes.full || text.full) {
		document_fail(r->doc, &r->cause, CAUSE_LIMIT, "more text than may be read");
	} else if (from->len > 0) {
		int got = layer_text_plain(html ? "CL_TYPE_HTML" : is_text ? "CL_TYPE_TEXT_ASCII" : "", from->data, from->len, &t);
		if (got < 0)
			document_fail(r->doc, &r->cause, CAUSE_LIMIT, "out of memory");
		if (got > 0) {
			d->give(d->ctx, part, ROLE_FILE, t.data, t.size);
			d->given(d->ctx, bytes.data, bytes.len);
		}
		layer_text_free(&t);
	}
	text_out_free(&bytes);
	text_out_free(&text);
}

static void add_between(struct reader *r, const char *s, size_t size)
{
	text_out_decoded(&r->headers, NULL, s, size);
	r->doc->given(r->doc->ctx, s, size);
}

static void read_entity(struct reader *r, const char *s, size_t size, unsigned depth);

/* The parts between lines "--boundary" (RFC 2046, 5.1.1); what stands before and behind them is text too. */
static void read_multipart(struct reader *r, const char *boundary, const char *s, size_t size, unsigned depth)
{
	size_t n = strlen(boundary), begin = 0, at = 0;
	bool inside = false;
	while (at < size) {
		const char *nl = memchr(s + at, '\n', size - at);
		size_t next = nl ? (size_t)(nl - s) + 1 : size;
		bool border = size - at >= n + 2 && s[at] == '-' && s[at + 1] == '-' && memcmp(s + at + 2, boundary, n) == 0;
		if (border || next == size) {
			size_t end = border ? at : size;
			if (inside)
				read_entity(r, s + begin, end - begin, depth + 1);
			else if (end > begin)
				add_between(r, s + begin, end - begin);
			begin = next;
			inside = border && !(size - at >= n + 4 && memcmp(s + at + 2 + n, "--", 2) == 0);
		}
		at = next;
	}
}

static void read_entity(struct reader *r, const char *s, size_t size, unsigned depth)
{
	struct document *d = r->doc;
	struct entity e = { .type = "" };
	if (clock_ms() > d->deadline_ms) {
		document_fail(r->doc, &r->cause, CAUSE_TIMEOUT, "no time left");
		return;
	}
	if (depth > DEPTH_MAX || ++r->parts > d->parts_max) {
		document_fail(r->doc, &r->cause, CAUSE_LIMIT, depth > DEPTH_MAX ? "nested deeper than may be read" : "too many parts");
		return;
	}
	size_t body = read_headers(r, s, size, &e);
	if (e.name[0])
		d->give(d->ctx, e.name, ROLE_NAME, e.name, strlen(e.name));
	if (strncmp(e.type, "multipart/", 10) == 0 && e.boundary[0])
		read_multipart(r, e.boundary, s + body, size - body, depth);
	else if (strcmp(e.type, "message/rfc822") == 0 && strcmp(e.encoding, "base64") != 0)
		read_entity(r, s + body, size - body, depth + 1);
	else
		give_body(r, &e, s + body, size - body);
}

bool text_mail_is_part(const char *name)
{
	return strcmp(name, "mixedtextportion") == 0 || strcmp(name, "textportion") == 0;
}

enum cause text_mail_read(struct document *d)
{
	struct reader r = { .doc = d, .headers = { .max = d->text_max } };
	read_entity(&r, d->data, d->size, 0);
	if (r.headers.full)
		document_fail(r.doc, &r.cause, CAUSE_LIMIT, "more headers than may be read");
	if (r.headers.len > 0)
		d->give(d->ctx, "", ROLE_FILE, r.headers.data, r.headers.len);
	text_out_free(&r.headers);
	return r.cause;
}
