#include "extract/package.h"

#include "extract/text_xml.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TYPES_MAX = 1 << 20, PARTS_MAX = 4096, NAME_MAX = 256 };

/* Parts that are XML, and what says which of them is the main one. */
struct package {
	char (*parts)[NAME_MAX];
	size_t nparts;
	char *types;      /* [Content_Types].xml */
	bool opendocument, encrypted, spoilt; /* spoilt: a part that should be XML is not */
};

static bool is_method_shared(unsigned method)
{
	return method == 0 || method == 8 || method == 12;
}

bool package_may_be(const char *data, size_t size)
{
	const char *end = data + size;
	if (size < 30 || memcmp(data, "PK\3\4", 4) != 0)
		return false;
	for (const char *p = data; (p = memmem(p, (size_t)(end - p), "PK\1\2", 4)); p += 4)
		if (end - p > 12 && !is_method_shared((unsigned char)p[10] | (unsigned)(unsigned char)p[11] << 8))
			return false;
	return is_method_shared((unsigned char)data[8] | (unsigned)(unsigned char)data[9] << 8);
}

/* The declaration may be left out (XML 1.0, 2.8), and some programs do. */
static bool begins_as_xml(const char *data, size_t size)
{
	if (text_xml_may_be(data, size))
		return true;
	if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		data += 3, size -= 3;
	while (size > 0 && strchr(" \t\r\n", *data) && *data)
		data++, size--;
	return size > 1 && data[0] == '<' && data[1];
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);
	return n >= e && strcasecmp(name + n - e, end) == 0;
}

static enum cause on_member(void *ctx, const char *name, const void *data, size_t size)
{
	struct package *p = ctx;
	if (strcasecmp(name, "[Content_Types].xml") == 0 && !p->types && size < TYPES_MAX)
		p->types = size > 0 ? strndup(data, size) : NULL;
	static const char kind[] = "application/vnd.oasis.opendocument.";
	if (strcmp(name, "mimetype") == 0)
		p->opendocument = size >= sizeof kind - 1 && memcmp(data, kind, sizeof kind - 1) == 0;
	if (strcmp(name, "META-INF/manifest.xml") == 0 && size > 0) /* ISO 26300-3, 4.8.4 */
		p->encrypted = memmem(data, size, "encryption-data", strlen("encryption-data")) != NULL;
	bool xml = size > 0 && begins_as_xml(data, size);
	if (xml && p->nparts < PARTS_MAX && strlen(name) < NAME_MAX)
		strcpy(p->parts[p->nparts++], name);
	p->spoilt |= size > 0 && !xml && (ends_in(name, ".xml") || ends_in(name, ".rels"));
	return CAUSE_NONE;
}

static bool has_part(const struct package *p, const char *name, size_t size)
{
	for (size_t i = 0; i < p->nparts; i++)
		if (strlen(p->parts[i]) == size && strncasecmp(p->parts[i], name, size) == 0)
			return true;
	return false;
}

/* The value of an attribute within one tag, or NULL. */
static const char *value_of(const char *tag, size_t size, const char *attribute, size_t *size_r)
{
	const char *a = memmem(tag, size, attribute, strlen(attribute)), *end = tag + size;
	if (!a)
		return NULL;
	a += strlen(attribute);
	while (a < end && strchr(" \t\r\n=", *a))
		a++;
	if (a == end || (*a != '"' && *a != '\''))
		return NULL;
	const char *close = memchr(a + 1, *a, (size_t)(end - a - 1));
	*size_r = close ? (size_t)(close - a - 1) : 0;
	return close ? a + 1 : NULL;
}

/* ISO 29500-2, 10.1.2.2: each Override names a part and its type; that of a main part ends in "main+xml" (but for binary workbooks). */
static bool lacks_main_part(const struct package *p, bool *office_r)
{
	for (const char *tag = p->types; tag && (tag = strstr(tag, "<Override")); tag++) {
		size_t size = strcspn(tag, ">"), type_size, part_size;
		const char *type = value_of(tag, size, "ContentType", &type_size), *part = value_of(tag, size, "PartName", &part_size);
		if (!type || !part || type_size < 8 || memcmp(type + type_size - 8, "main+xml", 8) != 0)
			continue;
		*office_r = true;
		if (part_size > 0 && *part == '/')
			part++, part_size--;
		if (!has_part(p, part, part_size))
			return true;
	}
	*office_r |= p->opendocument || p->types;
	return p->opendocument && !has_part(p, "content.xml", strlen("content.xml"));
}

enum cause package_check(const char *data, size_t size, struct archive_budget *budget, bool *office_r, const char **why_r)
{
	struct package p = { .parts = calloc(PARTS_MAX, sizeof *p.parts) };
	*office_r = false;
	if (!p.parts) {
		*why_r = "out of memory";
		return CAUSE_LIMIT;
	}
	enum cause cause = archive_unpack(data, size, budget, on_member, &p, why_r);
	bool lacks = lacks_main_part(&p, office_r);
	if (cause == CAUSE_NONE && lacks) {
		bool encrypted = p.opendocument && p.encrypted;
		*why_r = encrypted ? "Filterd.Encrypted.ODF" /* as the signature of it is called */ : "document without its main part";
		cause = encrypted ? CAUSE_ENCRYPTED : CAUSE_UNSCANNABLE;
	} else if (cause == CAUSE_NONE && *office_r && p.spoilt) {
		*why_r = p.encrypted ? "Filterd.Encrypted.ODF" : "document with a part that is no XML";
		cause = p.encrypted ? CAUSE_ENCRYPTED : CAUSE_UNSCANNABLE;
	}
	free(p.types);
	free(p.parts);
	return cause;
}
