#include "extract/archive.h"

#include "base/clock.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct magic {
	size_t offset;
	const char *bytes;
	size_t size;
	enum archive_need need;
	const char *kind;
} magics[] = {
	{ 0, "Rar!\x1a\x07", 6, ARCHIVE_UNPACK, "rar" },
	{ 0, "\x28\xb5\x2f\xfd", 4, ARCHIVE_UNPACK, "zstd" },
	{ 0, "\x04\x22\x4d\x18", 4, ARCHIVE_UNPACK, "lz4" },
	{ 0, "LZIP", 4, ARCHIVE_UNPACK, "lzip" },
	{ 0, "\x1f\x9d", 2, ARCHIVE_UNPACK, "compress" },
	{ 0, "\x5d\x00\x00", 3, ARCHIVE_UNPACK, "lzma" },
	{ 0, "!<arch>\n", 8, ARCHIVE_UNPACK, "ar" },
	{ 0, "7z\xbc\xaf\x27\x1c", 6, ARCHIVE_UNPACK, "7z" }, /* members in deflate and bzip2 are left out */
	{ 0, "\xed\xab\xee\xdb", 4, ARCHIVE_UNPACK, "rpm" },
	{ 7, "**ACE**", 7, ARCHIVE_REFUSE, "ace" },
	{ 0, "LRZI", 4, ARCHIVE_REFUSE, "lrzip" },
	{ 0, "\x89LZO\x00\x0d\x0a\x1a\x0a", 9, ARCHIVE_REFUSE, "lzop" },
	{ 0, "7kSt", 4, ARCHIVE_REFUSE, "zpaq" },
	{ 0, "zPQ", 3, ARCHIVE_REFUSE, "zpaq" },
	{ 0, "SIT!", 4, ARCHIVE_REFUSE, "stuffit" },
	{ 0, "StuffIt (c)", 11, ARCHIVE_REFUSE, "stuffit" },
	{ 0, "ArC\x01", 4, ARCHIVE_REFUSE, "freearc" },
	{ 20, "\xdc\xa7\xc4\xfd", 4, ARCHIVE_REFUSE, "zoo" },
	{ 0, "MSWIM\0\0\0", 8, ARCHIVE_REFUSE, "wim" },
};

static uint32_t le16(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }
static uint32_t le32(const uint8_t *p) { return le16(p) | le16(p + 2) << 16; }

/* Compression methods that libclamav reads (APPNOTE 4.4.5); members in others it leaves out without a word. */
static int is_known_method(uint32_t method)
{
	static const uint8_t known[] = { 0 /* stored */, 1 /* shrunk */, 6 /* imploded */, 8, 9 /* deflated */, 12 /* bzip2 */,
		                         99 /* encrypted, which is told by other means */ };
	return method < 256 && memchr(known, (int)method, sizeof known) != NULL;
}

/* What of a zip libclamav would skip: the 64-bit forms (APPNOTE 4.3.14, 4.3.15, 4.5.3) and unknown methods.  Looks at every
 * header, local and central, for unpackers differ in which of two that contradict each other they believe. */
static const char *zip_needs(const uint8_t *data, size_t size)
{
	const char *kind = NULL;
	if (size < 22 || memcmp(data, "PK", 2) != 0)
		return NULL;
	for (const uint8_t *p = data; (p = memmem(p, size - (size_t)(p - data), "PK", 2)); p += 2) {
		size_t left = size - (size_t)(p - data);
		if (left < 4)
			break;
		uint16_t record = (uint16_t)(p[2] << 8 | p[3]);
		if (record == 0x0606 || record == 0x0607)
			return "zip64";
		/* the central header has one field (the maker's version) more in front */
		size_t shift = record == 0x0102 ? 2 : 0;
		if ((record != 0x0102 && record != 0x0304) || left < 26 + shift)
			continue;
		if (le32(p + 18 + shift) == UINT32_MAX || le32(p + 22 + shift) == UINT32_MAX)
			return "zip64";
		if (!is_known_method(le16(p + 8 + shift)))
			kind = "zip";
	}
	return kind;
}

/* True if another bzip2 stream follows the first: libclamav stops at the end of that one.  Streams begin on whole bytes. */
static int is_multi_bzip2(const uint8_t *data, size_t size)
{
	const uint8_t *p = data;
	if (size < 14 || memcmp(data, "BZh", 3) != 0)
		return 0;
	while ((p = memmem(p + 1, size - (size_t)(p + 1 - data), "BZh", 3)))
		if (size - (size_t)(p - data) >= 10 && (memcmp(p + 4, "1AY&SY", 6) == 0 || memcmp(p + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0))
			return 1;
	return 0;
}

/* A RAR archive behind a program (self-extracting), of which a libclamav without unrar says nothing. */
size_t archive_embedded(const void *data, size_t size)
{
	if (size < 64 || (memcmp(data, "MZ", 2) != 0 && memcmp(data, "\177ELF", 4) != 0))
		return 0;
	const char *p = memmem(data, size, "Rar!\x1a\x07", 6);
	return p ? (size_t)(p - (const char *)data) : 0;
}

enum archive_need archive_need(const void *data, size_t size, const char **kind_r)
{
	const char *zip = zip_needs(data, size);
	if (zip) {
		*kind_r = zip;
		return ARCHIVE_UNPACK;
	}
	if (is_multi_bzip2(data, size)) {
		*kind_r = "bzip2";
		return ARCHIVE_UNPACK;
	}
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		const struct magic *m = &magics[i];
		if (size >= m->offset + m->size && memcmp((const char *)data + m->offset, m->bytes, m->size) == 0) {
			*kind_r = m->kind;
			return m->need;
		}
	}
	return ARCHIVE_NO_NEED;
}

/* Only what libarchive does itself: its "all" would start lrzip, lzop and grzip programs. */
static struct archive *reader_new(void)
{
	struct archive *a = archive_read_new();
	if (!a)
		return NULL;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_compress(a);
	archive_read_support_filter_lzip(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_rpm(a);
	archive_read_support_format_zip(a);
	archive_read_support_format_rar(a);
	archive_read_support_format_rar5(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_cpio(a);
	archive_read_support_format_ar(a);
	archive_read_support_format_7zip(a);
	archive_read_support_format_raw(a);
	return a;
}

/* What is told from the first bytes, and libclamav unpacks as far as it gets, without a word of what was in the way. */
static const struct checked {
	size_t offset;
	const char *bytes;
	size_t size;
	bool filter; /* one compressed file, not an archive of several */
} checked[] = {
	{ 0, "\x1f\x8b\x08", 3, true },
	{ 0, "BZh", 3, true },
	{ 0, "MSCF\0\0\0\0", 8, false },
	{ 257, "ustar", 5, false },
	{ 0, "070701", 6, false },
	{ 0, "070702", 6, false },
	{ 0, "070707", 6, false },
};

static const struct checked *checked_of(const void *data, size_t size)
{
	for (size_t i = 0; i < sizeof checked / sizeof *checked; i++)
		if (size >= checked[i].offset + checked[i].size && memcmp((const char *)data + checked[i].offset, checked[i].bytes, checked[i].size) == 0)
			return &checked[i];
	return NULL;
}

static struct archive *checker_new(bool filter)
{
	struct archive *a = archive_read_new();
	if (!a)
		return NULL;
	if (filter) {
		archive_read_support_filter_gzip(a);
		archive_read_support_filter_bzip2(a);
		archive_read_support_format_raw(a);
		archive_read_support_format_empty(a);
	} else {
		archive_read_support_format_tar(a);
		archive_read_support_format_cpio(a);
		archive_read_support_format_cab(a);
	}
	return a;
}

struct content {
	char *data;
	size_t size, room;
};

static enum cause content_add(struct content *c, const void *data, size_t size, const struct archive_budget *b,
                              const char **what_r)
{
	if (size > b->member_max - c->size || size > b->total_left - c->size) {
		*what_r = "member larger than may be unpacked";
		return CAUSE_LIMIT;
	}
	if (c->size + size > c->room) {
		size_t room = c->room ? c->room : 65536;
		while (room < c->size + size)
			room *= 2;
		char *bigger = realloc(c->data, room);
		if (!bigger) {
			*what_r = "out of memory";
			return CAUSE_LIMIT;
		}
		c->data = bigger;
		c->room = room;
	}
	if (size > 0)
		memcpy(c->data + c->size, data, size);
	c->size += size;
	return CAUSE_NONE;
}

static enum cause read_member(struct archive *a, struct archive_entry *e, struct content *c, struct archive_budget *b,
                              const char **what_r)
{
	enum cause cause;
	const void *block;
	size_t size;
	la_int64_t offset;
	c->size = 0;
	for (;;) {
		if (clock_ms() > b->deadline_ms) {
			*what_r = "no time left";
			return CAUSE_TIMEOUT;
		}
		int r = archive_read_data_block(a, &block, &size, &offset);
		if (r == ARCHIVE_EOF)
			return CAUSE_NONE;
		if (r != ARCHIVE_OK) {
			*what_r = "damaged or unknown member";
			return archive_entry_is_data_encrypted(e) ? CAUSE_ENCRYPTED : CAUSE_UNSCANNABLE;
		}
		/* holes are zeros to whoever opens the file; keep signatures' offsets right */
		while (offset > 0 && (uint64_t)offset > c->size) {
			static const char zeros[4096];
			uint64_t gap = (uint64_t)offset - c->size;
			cause = content_add(c, zeros, gap < sizeof zeros ? (size_t)gap : sizeof zeros, b, what_r);
			if (cause != CAUSE_NONE)
				return cause;
		}
		cause = content_add(c, block, size, b, what_r);
		if (cause != CAUSE_NONE)
			return cause;
	}
}

/* These can hide even their table of members.  Of a damaged archive of another format the library may guess it, too. */
static bool is_table_encrypted(struct archive *a)
{
	int format = archive_format(a) & ARCHIVE_FORMAT_BASE_MASK;
	return archive_read_has_encrypted_entries(a) > 0 && (format == ARCHIVE_FORMAT_7ZIP || format == ARCHIVE_FORMAT_RAR || format == ARCHIVE_FORMAT_RAR_V5);
}

static enum cause each_member(struct archive *a, struct archive_budget *b, archive_member_fn *member, void *ctx,
                              struct content *c, const char **what_r)
{
	struct archive_entry *e;
	uint32_t seen = 0;
	for (;;) {
		int r = archive_read_next_header(a, &e);
		if (r == ARCHIVE_EOF)
			break;
		if (r == ARCHIVE_RETRY)
			continue;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN) {
			*what_r = "damaged archive";
			return is_table_encrypted(a) ? CAUSE_ENCRYPTED : CAUSE_UNSCANNABLE;
		}
		if (b->members_left == 0) {
			*what_r = "too many members";
			return CAUSE_LIMIT;
		}
		b->members_left--;
		seen++;
		if (archive_entry_is_encrypted(e)) {
			*what_r = "encrypted member";
			return CAUSE_ENCRYPTED;
		}
		if (archive_entry_filetype(e) == AE_IFDIR)
			continue;
		enum cause cause = read_member(a, e, c, b, what_r);
		if (cause == CAUSE_NONE) {
			b->total_left -= c->size;
			const char *name = archive_entry_pathname(e);
			cause = member(ctx, name ? name : "", c->data, c->size);
		}
		if (cause != CAUSE_NONE)
			return cause;
	}
	if (archive_read_has_encrypted_entries(a) > 0) {
		*what_r = "encrypted member";
		return CAUSE_ENCRYPTED;
	}
	if (seen == 0 && archive_format(a) != ARCHIVE_FORMAT_EMPTY) { /* an archive by its magic, but nothing came out of it */
		*what_r = "empty or damaged archive";
		return CAUSE_UNSCANNABLE;
	}
	return CAUSE_NONE;
}

/* Takes a, which may be NULL. */
static enum cause unpack(struct archive *a, const void *data, size_t size, struct archive_budget *budget, archive_member_fn *member, void *ctx,
                         const char **what_r)
{
	struct content c = { 0 };
	enum cause cause = CAUSE_UNSCANNABLE;
	*what_r = "unknown archive";
	if (a && archive_read_open_memory(a, data, size) == ARCHIVE_OK)
		cause = each_member(a, budget, member, ctx, &c, what_r);
	if (c.data)
		explicit_bzero(c.data, c.room);
	free(c.data);
	archive_read_free(a);
	return cause;
}

enum cause archive_unpack(const void *data, size_t size, struct archive_budget *budget, archive_member_fn *member, void *ctx,
                          const char **what_r)
{
	return unpack(reader_new(), data, size, budget, member, ctx, what_r);
}

static enum cause no_use(void *ctx, const char *name, const void *data, size_t size)
{
	return CAUSE_NONE;
}

bool archive_may_be_cut(const void *data, size_t size)
{
	return checked_of(data, size) != NULL;
}

enum cause archive_check(const void *data, size_t size, struct archive_budget *budget, const char **what_r)
{
	const struct checked *kind = checked_of(data, size);
	return kind ? unpack(checker_new(kind->filter), data, size, budget, no_use, NULL, what_r) : CAUSE_NONE;
}
