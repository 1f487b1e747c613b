#include "base/clock.h"
#include "base/io.h"
#include "base/text.h"
#include "extract/alert.h"
#include "extract/archive.h"
#include "extract/document.h"
#include "extract/engine.h"
#include "extract/layer_text.h"
#include "extract/members.h"
#include "extract/notes.h"
#include "extract/ole.h"
#include "extract/package.h"
#include "extract/seen.h"
#include "extract/streams.h"
#include "extract/text_mail.h"
#include "extract/text_out.h"
#include "extract/text_pdf.h"
#include "extract/text_xml.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PATH_MAX_BYTES = 1024, NAME_MAX_BYTES = 512, LEVELS_MAX = 32, PENDING_MAX = 64, READ_MAX = 65536, TINY_MAX = 5 };

/* A layer that libclamav can't unpack, kept until it is done with the file that holds it. */
struct pending {
	char *data;
	size_t size;
	char *path;
	uint32_t depth;
	bool compound;
};

struct scan {
	struct extract_engine *engine;
	extract_text_fn *on_text;
	void *ctx;
	uint64_t deadline_ms;
	uint64_t declared;     /* bytes that archives say their members have */
	uint64_t inspected;    /* bytes of all layers that were handed to libclamav's matching */
	uint64_t kept;         /* bytes of pending layers */
	uint32_t layers;
	const char *base;      /* path of the layer being scanned from outside libclamav's recursion */
	uint32_t depth;        /* of base */
	int zip64;             /* the zip being read is kept for our own unpacking */
	int stop;              /* the verdict stands: spare the rest */
	enum cause cause;
	char why[sizeof((struct extract_result *)0)->name];
	char malware[sizeof((struct extract_result *)0)->name];
	struct pending pending[PENDING_MAX];
	size_t npending, next;
	char aliases[LEVELS_MAX][NAME_MAX_BYTES]; /* libclamav's names for these, … */
	bool renamed[LEVELS_MAX];           /* … where they are not its */
	bool office[LEVELS_MAX];            /* they are office documents */
	bool compound[LEVELS_MAX];          /* … or compound files */
	struct streams streams;             /* of all compound files */
	uint64_t checked;                   /* bytes of members unpacked to see whether they are whole */
	struct seen packages;
	struct seen texts, given_names;     /* libclamav takes some documents apart twice (as zip and as OOXML) */
	struct members members;             /* names that archives gave and libclamav cuts short */
	char names[LEVELS_MAX][NAME_MAX_BYTES]; /* of the layers around the present one, and its own */
	char macro_path[PATH_MAX_BYTES];    /* of the last OLE2 file: macros come without a name */
	document_fn *readers[LEVELS_MAX];   /* of these layers, where their text was read to its end */
	struct filetypes types;
};

/* libclamav's message callback has no context of ours: the one scan of this process. */
static struct scan *current;

static void printable(char *dst, size_t size, const char *name)
{
	text_quote(dst, size, name, strcspn(name, "\n"));
}

/* libclamav marks whatever does not come from its own databases. */
static void drop_suffix(char *name)
{
	char *suffix = strstr(name, ".UNOFFICIAL");
	if (suffix)
		*suffix = '\0';
}

static void fail(struct scan *s, enum cause cause, const char *why)
{
	enum cause before = s->cause;
	s->cause = alert_stronger(s->cause, cause);
	if (s->cause == before)
		return;
	printable(s->why, sizeof s->why, why);
	drop_suffix(s->why);
}

static void stop(struct scan *s, enum cause cause, const char *why)
{
	fail(s, cause, why);
	s->stop = 1;
}

static void on_message(enum cl_msg severity, const char *fullmsg, const char *msg, void *context)
{
	enum cause cause = severity >= CL_MSG_WARN ? alert_cause_of_message(msg) : CAUSE_NONE;
	if (current && cause != CAUSE_NONE)
		fail(current, cause, msg);
}

static void on_alert(struct scan *s, const char *name)
{
	enum cause cause = alert_cause(name);
	if (cause != CAUSE_NONE) {
		fail(s, cause, name ? name : "larger than may be scanned");
		return;
	}
	if (s->malware[0])
		return;
	printable(s->malware, sizeof s->malware, name);
	drop_suffix(s->malware);
}

static void on_virus(int fd, const char *name, void *context)
{
	on_alert(context, name);
}

static void give(struct scan *s, const char *path, enum text_role role, const char *text, size_t size)
{
	if (s->on_text && size > 0)
		s->on_text(s->ctx, path, role, text, size);
}

static void give_name(struct scan *s, const char *path, const char *name)
{
	struct text_out o = { .max = 2 * NAME_MAX_BYTES };
	if (seen_before(&s->given_names, name, strlen(name)))
		return;
	/* mostly UTF-8; in old archives of any code page, of which Latin-1 keeps digits and ASCII */
	text_out_decoded(&o, NULL, name, strnlen(name, NAME_MAX_BYTES));
	give(s, path, ROLE_NAME, o.data, o.len);
	text_out_free(&o);
}

static size_t join(char dst[PATH_MAX_BYTES], size_t len, const char *name)
{
	char shown[NAME_MAX_BYTES];
	printable(shown, sizeof shown, name[0] ? name : "-");
	int n = snprintf(dst + len, PATH_MAX_BYTES - len, "%s%s", len ? "/" : "", shown);
	if (n >= 0 && len + (size_t)n < PATH_MAX_BYTES)
		return len + (size_t)n;
	dst[len] = '\0'; /* deeper than can be told: the path so far */
	return len;
}

/* A member that an archive announces.  If no layer will come of it, its name must be looked at now. */
static void on_name(struct scan *s, const char *name, uint64_t size, int alone)
{
	char path[PATH_MAX_BYTES];
	if (!s->on_text || !members_add(&s->members, name, size) || !alone)
		return;
	join(path, (size_t)snprintf(path, sizeof path, "%s", s->base), name);
	give_name(s, path, name);
}

/* Members as archives declare them: sizes may be forged, so this only ends early what would end badly. */
static cl_error_t on_meta(const char *container, unsigned long container_size, const char *name, unsigned long size,
                          int encrypted, unsigned int pos, void *context)
{
	struct scan *s = context;
	if (s->stop)
		return CL_VIRUS;
	on_name(s, name ? name : "", size, encrypted || size <= TINY_MAX);
	if (encrypted)
		fail(s, CAUSE_ENCRYPTED, name && name[0] ? name : "encrypted member");
	if (size == UINT32_MAX || size > s->engine->limits.file_max) {
		if (size == UINT32_MAX && s->zip64)
			return CL_CLEAN;
		fail(s, CAUSE_LIMIT, name && name[0] ? name : "member larger than may be unpacked");
		return CL_CLEAN;
	}
	s->declared += size;
	if (s->declared > s->engine->limits.scan_max)
		stop(s, CAUSE_LIMIT, "members larger together than may be unpacked");
	else if (clock_ms() > s->deadline_ms)
		stop(s, CAUSE_TIMEOUT, "no time left");
	return s->stop ? CL_VIRUS : CL_CLEAN;
}

static bool is_stream(const struct scan *s, uint32_t level)
{
	return level > 0 && level <= LEVELS_MAX && s->compound[level - 1];
}

static void take_name(struct scan *s, uint32_t level, const char *name, const char *stream, uint64_t size)
{
	s->renamed[level] = stream != NULL;
	if (!stream) {
		members_take(&s->members, name, size, s->names[level], NAME_MAX_BYTES);
		return;
	}
	snprintf(s->aliases[level], NAME_MAX_BYTES, "%s", name);
	snprintf(s->names[level], NAME_MAX_BYTES, "%s", stream);
}

/* base/ancestor/…/name, made printable; parts without a name are "-". */
static void layer_path(struct scan *s, const char **ancestors, uint32_t level, const char *name, const char *stream, uint64_t size,
                       char dst[PATH_MAX_BYTES])
{
	size_t len = (size_t)snprintf(dst, PATH_MAX_BYTES, "%s", s->base);
	if (level > 0 && level < LEVELS_MAX)
		take_name(s, level, name ? name : "", stream, size);
	for (uint32_t i = 1; i <= level; i++) {
		const char *part = i == level ? name : ancestors ? ancestors[i] : NULL;
		/* the whole name, if what is known at this level is still what libclamav tells of it */
		if (i < LEVELS_MAX && (s->renamed[i] ? strcmp(s->aliases[i], part ? part : "") == 0 : members_is(s->names[i], part ? part : "")))
			part = s->names[i];
		len = join(dst, len, part ? part : "");
	}
}

static void keep(struct scan *s, const char *data, size_t size, const char *path, uint32_t depth, const char *kind)
{
	struct pending p = { .size = size, .depth = depth, .compound = ole_is(data, size) };
	if (s->npending == PENDING_MAX || s->kept + size > s->engine->limits.scan_max) {
		fail(s, CAUSE_LIMIT, kind);
		return;
	}
	p.data = malloc(size);
	p.path = strdup(path);
	if (!p.data || !p.path) {
		free(p.data);
		free(p.path);
		fail(s, CAUSE_LIMIT, kind);
		return;
	}
	memcpy(p.data, data, size);
	s->kept += size;
	s->pending[s->npending++] = p;
}

static void unpack_later(struct scan *s, const char *data, size_t size, const char *path, uint32_t depth)
{
	const char *kind = "";
	enum archive_need need = archive_need(data, size, &kind);
	size_t embedded = need == ARCHIVE_NO_NEED ? archive_embedded(data, size) : 0;
	s->zip64 = strcmp(kind, "zip64") == 0;
	if (need != ARCHIVE_NO_NEED)
		filetype_add(&s->types, kind, depth == 0);
	if (need == ARCHIVE_REFUSE)
		fail(s, CAUSE_UNSCANNABLE, kind);
	else if (need == ARCHIVE_UNPACK)
		keep(s, data, size, path, depth, kind);
	else if (embedded > 0)
		keep(s, data + embedded, size - embedded, path, depth, "rar");
	else if (ole_is(data, size))
		keep(s, data, size, path, depth, "compound file");
}

static enum cause on_stream_name(void *ctx, const char *name, const void *data, size_t size)
{
	struct scan *s = ctx;
	streams_add(&s->streams, name, data, size);
	return CAUSE_NONE;
}

static struct archive_budget budget_of(const struct scan *s)
{
	const struct extract_limits *limits = &s->engine->limits;
	uint64_t used = s->inspected < limits->scan_max ? s->inspected : limits->scan_max;
	return (struct archive_budget){ .member_max = limits->file_max, .total_left = limits->scan_max - used, .members_left = limits->files_max,
		                        .deadline_ms = s->deadline_ms };
}

/* What its streams are called, before libclamav comes to them. */
static void name_streams(struct scan *s, const char *data, size_t size, uint32_t level)
{
	struct archive_budget budget = budget_of(s);
	const char *why;
	if (!ole_is(data, size))
		return;
	if (level < LEVELS_MAX)
		s->compound[level] = true;
	/* the same walk later, when its streams are looked at, says what is wrong */
	(void)!ole_unpack(data, size, &budget, on_stream_name, s, &why);
}

/* Whether an archive has anything that libclamav will not unpack, and not tell. */
static void check_archive(struct scan *s, const char *data, size_t size, uint32_t level)
{
	const struct extract_limits *limits = &s->engine->limits;
	const char *why = "damaged archive";
	bool office = false, zip = package_may_be(data, size) && !s->zip64;
	if (!(zip || archive_may_be_cut(data, size)) || seen_before(&s->packages, data, size))
		return;
	uint64_t used = s->checked < limits->scan_max ? s->checked : limits->scan_max, left = limits->scan_max - used;
	struct archive_budget budget = { .member_max = limits->file_max, .total_left = left, .members_left = limits->files_max, .deadline_ms = s->deadline_ms };
	enum cause cause = zip ? package_check(data, size, &budget, &office, &why) : archive_check(data, size, &budget, &why);
	s->checked += left - budget.total_left;
	if (level < LEVELS_MAX)
		s->office[level] = office;
	if (cause != CAUSE_NONE)
		fail(s, cause, why);
}

struct part {
	struct scan *scan;
	const char *path; /* of the document */
};

static void on_part(void *ctx, const char *name, enum text_role role, const char *text, size_t size)
{
	struct part *p = ctx;
	char path[PATH_MAX_BYTES];
	size_t len = (size_t)snprintf(path, sizeof path, "%s", p->path);
	if (name[0])
		join(path, len, name);
	give(p->scan, path, role, text, size);
}

static void on_given(void *ctx, const char *data, size_t size)
{
	struct part *p = ctx;
	(void)seen_before(&p->scan->texts, data, size);
}

static bool is_text(const char *data, size_t size)
{
	struct layer_text t;
	int r = layer_text_plain("CL_TYPE_TEXT_ASCII", data, size, &t);
	layer_text_free(&t);
	return r != 0;
}

/* 1 if there is no more text to look for in the layer itself. */
static int read_document(struct scan *s, document_fn *read, bool sure, const char *path, const char *data, size_t size,
                         uint32_t level)
{
	const struct extract_limits *limits = &s->engine->limits;
	struct part part = { s, path };
	struct document d = { .data = data, .size = size, .text_max = limits->file_max, .unpack_max = limits->scan_max,
		              .parts_max = limits->files_max, .deadline_ms = s->deadline_ms, .give = on_part, .given = on_given,
		              .ctx = &part, .why = "document" };
	enum cause cause = read(&d);
	if (cause == CAUSE_NONE) {
		if (!d.parts_unread && level < LEVELS_MAX)
			s->readers[level] = read;
		return 1;
	}
	if (sure || cause != CAUSE_UNSCANNABLE || !is_text(data, size))
		fail(s, cause, d.why);
	return 0;
}

static void give_notes(struct scan *s, const char *path, const char *data, size_t size)
{
	struct text_out o = { .max = 2 * size }; /* what is in it once, in Latin-1 */
	if (s->on_text)
		notes_add(&o, data, size);
	if (o.full)
		fail(s, CAUSE_LIMIT, "more text than may be read");
	if (o.len > 0 && !seen_before(&s->texts, o.data, o.len))
		give(s, path, ROLE_FILE, o.data, o.len);
	text_out_free(&o);
}

static document_fn *reader_around(const struct scan *s, uint32_t level)
{
	return level > 0 && level <= LEVELS_MAX ? s->readers[level - 1] : NULL;
}

/* Pieces of a document that libclamav makes of what its reader has read. */
static bool is_known_part(document_fn *read_by, const char *name, const char *data, size_t size)
{
	/* of a PDF without attached files there are only pictures and fonts beside texts */
	if (read_by == text_pdf_read)
		return text_pdf_is_own(data, size) || !is_text(data, size);
	return read_by == text_mail_read && text_mail_is_part(name);
}

static void give_text(struct scan *s, const char *type, const char *path, const char *name, const char *data, size_t size, uint32_t level)
{
	struct layer_text t;
	bool sure = false;
	if (!s->on_text)
		return;
	document_fn *read = document_reader(type, data, size, &sure);
	/* a part of a document that makes no sense: whoever repairs it may see what we don't */
	sure |= read == text_xml_read && level > 0 && level <= LEVELS_MAX && s->office[level - 1];
	if (read && seen_before(&s->texts, data, size))
		return;
	if (read && read_document(s, read, sure, path, data, size, level))
		return;
	if (is_known_part(reader_around(s, level), name, data, size))
		return;
	int r = layer_text_get(type, data, size, &t);
	if (r < 0)
		fail(s, CAUSE_LIMIT, "out of memory");
	if (r <= 0)
		return;
	if (read || !seen_before(&s->texts, data, size))
		give(s, path, ROLE_FILE, t.data, t.size);
	layer_text_free(&t);
}

/* The source of macros, unpacked (libclamav makes all of it lower case). */
static int on_macro(const unsigned char *const data, const size_t size, void *context)
{
	struct scan *s = context;
	struct layer_text t;
	char path[PATH_MAX_BYTES];
	if (s->stop || !s->on_text || layer_text_get("CL_TYPE_TEXT_ASCII", (const char *)data, size, &t) <= 0)
		return CL_CLEAN;
	join(path, (size_t)snprintf(path, sizeof path, "%s", s->macro_path), "VBA");
	if (!seen_before(&s->texts, (const char *)data, size))
		give(s, path, ROLE_FILE, t.data, t.size);
	layer_text_free(&t);
	return CL_CLEAN;
}

/* Every layer, the file itself first. */
static cl_error_t on_layer(int fd, const char *type, const char **ancestors, size_t parent_size, const char *name, size_t size,
                           const char *data, uint32_t level, uint32_t attributes, void *context)
{
	struct scan *s = context;
	const struct extract_limits *limits = &s->engine->limits;
	char path[PATH_MAX_BYTES];
	if (s->stop)
		return CL_BREAK;
	if (clock_ms() > s->deadline_ms) {
		stop(s, CAUSE_TIMEOUT, "no time left");
		return CL_BREAK;
	}
	if (attributes & LAYER_ATTRIBUTES_NORMALIZED)
		return CL_CLEAN;
	s->inspected += size;
	s->layers++;
	filetype_add(&s->types, type ? type : "", s->depth + level == 0);
	/* what is as large as the limit was cut there */
	if ((level > 0 && size >= limits->file_max) || s->inspected > limits->scan_max + limits->file_max || s->layers > limits->files_max + 1) {
		stop(s, CAUSE_LIMIT, "unpacks to more than may be scanned");
		return CL_BREAK;
	}
	if (level < LEVELS_MAX) {
		s->readers[level] = NULL;
		s->office[level] = s->compound[level] = false;
	}
	const char *stream = data && is_stream(s, level) ? streams_hand(&s->streams, data, size) : NULL;
	layer_path(s, ancestors, level, name, stream, size, path);
	if (level > 0 && level < LEVELS_MAX && name && name[0] && !is_stream(s, level) && !(reader_around(s, level) == text_mail_read && text_mail_is_part(name)))
		give_name(s, path, s->names[level]);
	if (type && strcmp(type, "CL_TYPE_MSOLE2") == 0)
		memcpy(s->macro_path, path, sizeof s->macro_path);
	if (data) {
		unpack_later(s, data, size, path, s->depth + level);
		check_archive(s, data, size, level);
		name_streams(s, data, size, level);
		give_notes(s, path, data, size);
		give_text(s, type ? type : "", path, name ? name : "", data, size, level);
	} else if (size > 0) {
		fail(s, CAUSE_UNSCANNABLE, "a layer can't be read");
	}
	return CL_CLEAN;
}

static uint32_t time_left(const struct scan *s)
{
	uint64_t now = clock_ms();
	return now < s->deadline_ms ? (uint32_t)(s->deadline_ms - now) : 0;
}

static void scan_bytes(struct scan *s, const void *data, size_t size, const char *path, uint32_t depth)
{
	/* all matches: the mark of an encrypted document must not end the search for malware beside it */
	struct cl_scan_options options = {
		.general = CL_SCAN_GENERAL_HEURISTICS | CL_SCAN_GENERAL_ALLMATCHES,
		.parse = ~0u & ~(uint32_t)CL_SCAN_PARSE_IMAGE_FUZZY_HASH,
		.heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE | CL_SCAN_HEURISTIC_ENCRYPTED_DOC,
	};
	const char *virus = NULL;
	unsigned long scanned = 0;
	uint32_t left = time_left(s);
	if (size == 0 || s->stop)
		return;
	if (left == 0) {
		stop(s, CAUSE_TIMEOUT, "no time left");
		return;
	}
	if (size > s->engine->limits.file_max) {
		fail(s, depth == 0 ? CAUSE_TOO_BIG : CAUSE_LIMIT, "larger than may be scanned");
		return;
	}
	if (size <= TINY_MAX) { /* libclamav does not look at so little; there is no signature that short */
		s->inspected += size;
		give_text(s, "", path, "", data, size, 0);
		return;
	}
	uint32_t layers_before = s->layers;
	s->base = path;
	s->depth = depth;
	s->readers[0] = NULL;
	s->office[0] = s->compound[0] = false;
	cl_engine_set_num(s->engine->cl, CL_ENGINE_MAX_SCANTIME, left);
	cl_fmap_t *map = cl_fmap_open_memory(data, size);
	if (!map) {
		fail(s, CAUSE_UNSCANNABLE, "can't be mapped");
		return;
	}
	cl_error_t r = cl_scanmap_callback(map, NULL, &virus, &scanned, s->engine->cl, &options, s);
	cl_fmap_close(map);
	if (r == CL_VIRUS)
		on_alert(s, virus);
	else if (r != CL_CLEAN)
		fail(s, alert_cause_of_code(r), cl_strerror(r));
	/* an engine that is not compiled, or a step that failed without a word: not even the file itself was looked at */
	if (s->layers == layers_before)
		fail(s, CAUSE_UNSCANNABLE, "not looked at");
}

static enum cause on_member(void *ctx, const char *name, const void *data, size_t size)
{
	struct scan *s = ctx;
	char path[PATH_MAX_BYTES];
	const struct pending *p = &s->pending[s->next];
	join(path, (size_t)snprintf(path, sizeof path, "%s", p->path), name);
	if (p->compound && streams_handed(&s->streams, data, size))
		return CAUSE_NONE;
	if (!p->compound)
		give_name(s, path, name);
	scan_bytes(s, data, size, path, p->depth + 1);
	return CAUSE_NONE; /* what was found is in s; go on with the other members */
}

static void unpack_pending(struct scan *s)
{
	const struct extract_limits *limits = &s->engine->limits;
	for (; s->next < s->npending; s->next++) {
		const struct pending *p = &s->pending[s->next];
		const char *why = "archive";
		struct archive_budget budget = budget_of(s);
		if (s->stop)
			return;
		if (p->depth >= limits->recursion_max) {
			fail(s, CAUSE_LIMIT, "nested deeper than may be unpacked");
			continue;
		}
		enum cause cause = (p->compound ? ole_unpack : archive_unpack)(p->data, p->size, &budget, on_member, s, &why);
		if (cause != CAUSE_NONE)
			fail(s, cause, why);
	}
}

static void free_pending(struct scan *s)
{
	for (size_t i = 0; i < s->npending; i++) {
		explicit_bzero(s->pending[i].data, s->pending[i].size);
		free(s->pending[i].data);
		free(s->pending[i].path);
	}
}

/* For small files a copy costs less than a mapping and its faults.  NULL unless all of it was read. */
static void *read_small(int fd, size_t size)
{
	char *data;
	size_t have;
	if (io_pread_all(fd, size, &data, &have) < 0)
		return NULL;
	if (have == size)
		return data;
	free(data);
	return NULL;
}

static void scan_fd(struct scan *s, int fd)
{
	struct stat st;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		fail(s, CAUSE_UNSCANNABLE, "not a regular file");
		return;
	}
	if (st.st_size < 0 || (uint64_t)st.st_size > s->engine->limits.file_max) {
		fail(s, CAUSE_TOO_BIG, "larger than may be scanned");
		return;
	}
	if (st.st_size == 0)
		return;
	size_t size = (size_t)st.st_size;
	void *data = size <= READ_MAX ? read_small(fd, size) : mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (!data || data == MAP_FAILED) {
		fail(s, CAUSE_UNSCANNABLE, "can't be read");
		return;
	}
	scan_bytes(s, data, size, "", 0);
	unpack_pending(s);
	if (size <= READ_MAX) {
		explicit_bzero(data, size);
		free(data);
	} else {
		munmap(data, size);
	}
}

void extract_scan(struct extract_engine *engine, int fd, const char *name, uint32_t time_ms, extract_text_fn *on_text, void *ctx,
                  struct extract_result *r)
{
	uint32_t limit_ms = engine->limits.time_ms;
	if (time_ms > 0 && time_ms < limit_ms)
		limit_ms = time_ms;
	struct scan *s = calloc(1, sizeof *s);
	*r = (struct extract_result){ .status = SCAN_UNSCANNABLE, .cause = CAUSE_UNSCANNABLE, .name = "out of memory" };
	if (!s)
		return;
	s->engine = engine;
	s->on_text = on_text;
	s->ctx = ctx;
	s->deadline_ms = clock_ms() + limit_ms;
	s->base = "";
	cl_set_clcb_msg(on_message);
	cl_engine_set_clcb_file_inspection(engine->cl, on_layer);
	cl_engine_set_clcb_meta(engine->cl, on_meta);
	cl_engine_set_clcb_vba(engine->cl, on_macro);
	cl_engine_set_clcb_virus_found(engine->cl, on_virus);
	current = s;
	scan_fd(s, fd);
	current = NULL;
	r->scanned = s->inspected;
	filetype_list(&s->types, r->types);
	r->status = s->malware[0] ? SCAN_MALWARE : s->cause != CAUSE_NONE ? SCAN_UNSCANNABLE : SCAN_CLEAN;
	r->cause = r->status == SCAN_UNSCANNABLE ? s->cause : CAUSE_NONE;
	strcpy(r->name, r->status == SCAN_MALWARE ? s->malware : r->status == SCAN_UNSCANNABLE ? s->why : "");
	free_pending(s);
	members_free(&s->members);
	streams_free(&s->streams);
	seen_free(&s->packages);
	seen_free(&s->texts);
	seen_free(&s->given_names);
	explicit_bzero(s, sizeof *s);
	free(s);
}
