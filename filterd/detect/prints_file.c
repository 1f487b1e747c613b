#include "detect/prints_file.h"

#include "base/text.h"
#include "detect/siphash.h"
#include "detect/winnow.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "FLTFPR\0\1"
enum { MAGIC_SIZE = 8, CHECK_SIZE = 8, DOCUMENT_MIN = 4 + 4 + 4 + 8 + 1 + 2 + 1, ENTRY_SIZE = 8 + 2 };
#define WRONG "this is no set of fingerprints made by filterctl fingerprint, or it is damaged"

uint64_t prints_hash(const uint8_t key[PRINTS_KEY_SIZE], uint64_t print)
{
	uint64_t big = htobe64(print);
	return siphash(key, &big, sizeof big);
}

static int get_document(struct buf *in, struct prints_document *d)
{
	if (buf_get_u32(in, &d->id) < 0 || buf_get_u32(in, &d->prints) < 0 || buf_get_u32(in, &d->characters) < 0 || buf_get_u64(in, &d->added) < 0 ||
	    buf_get_u8(in, &d->boilerplate) < 0 || d->boilerplate > 1 || buf_get_cstr16(in, d->name, sizeof d->name) < 0)
		return -1;
	return d->name[0] && text_is_utf8(d->name, strlen(d->name)) ? 0 : -1;
}

static int get_documents(struct buf *in, struct prints *p)
{
	uint32_t last = 0;
	for (size_t i = 0; i < p->ndocuments; i++) {
		struct prints_document *d = &p->documents[i];
		if (get_document(in, d) < 0 || d->id <= last || d->id >= p->next_id)
			return -1;
		last = d->id;
	}
	return 0;
}

/* In order, each once, and as many of each document as it says. */
static int get_entries(struct buf *in, struct prints *p)
{
	uint32_t *seen = calloc(p->ndocuments + 1, sizeof *seen);
	int r = seen ? 0 : -1;
	for (size_t i = 0; i < p->nentries && r == 0; i++) {
		struct prints_entry *e = &p->entries[i];
		if (buf_get_u64(in, &e->hash) < 0 || buf_get_u16(in, &e->document) < 0 || e->document >= p->ndocuments)
			r = -1;
		else if (i > 0 && (e[-1].hash > e->hash || (e[-1].hash == e->hash && e[-1].document >= e->document)))
			r = -1;
		else
			seen[e->document]++;
	}
	for (size_t i = 0; i < p->ndocuments && r == 0; i++)
		r = seen[i] == p->documents[i].prints && seen[i] > 0 ? 0 : -1;
	free(seen);
	return r;
}

const char *prints_read(const void *data, size_t size, struct prints *p_r)
{
	struct prints p = { 0 };
	struct buf in;
	const uint8_t *magic, *key;
	uint16_t k, t;
	uint32_t ndocuments, nentries;
	uint64_t check;
	if (size < MAGIC_SIZE + CHECK_SIZE || size > PRINTS_FILE_MAX)
		return WRONG;
	buf_view(&in, data, size - CHECK_SIZE);
	if (buf_get(&in, MAGIC_SIZE, &magic) < 0 || memcmp(magic, MAGIC, MAGIC_SIZE) != 0 || buf_get_u16(&in, &k) < 0 || buf_get_u16(&in, &t) < 0 ||
	    buf_get(&in, PRINTS_KEY_SIZE, &key) < 0 || buf_get_u32(&in, &p.common) < 0 || buf_get_u32(&in, &p.next_id) < 0 ||
	    buf_get_u32(&in, &ndocuments) < 0 || buf_get_u32(&in, &nentries) < 0)
		return WRONG;
	if (k != WINNOW_K || t != WINNOW_T)
		return "it was made with other lengths than this filterd uses; make it again";
	/* before anything is allocated: no more than the bytes that are there can hold */
	if (p.common < PRINTS_COMMON_MIN || p.common > PRINTS_COMMON_MAX || ndocuments > PRINTS_DOCUMENTS_MAX || nentries > PRINTS_ENTRIES_MAX ||
	    (uint64_t)ndocuments * DOCUMENT_MIN + (uint64_t)nentries * ENTRY_SIZE > buf_left(&in))
		return WRONG;
	memcpy(p.key, key, sizeof p.key);
	struct buf tail;
	buf_view(&tail, (const uint8_t *)data + size - CHECK_SIZE, CHECK_SIZE);
	if (buf_get_u64(&tail, &check) < 0 || check != siphash(p.key, data, size - CHECK_SIZE))
		return WRONG;
	p.ndocuments = ndocuments;
	p.nentries = nentries;
	p.documents = calloc(p.ndocuments + 1, sizeof *p.documents);
	p.entries = calloc(p.nentries + 1, sizeof *p.entries);
	const char *wrong = !p.documents || !p.entries ? "out of memory" : NULL;
	if (!wrong && (get_documents(&in, &p) < 0 || get_entries(&in, &p) < 0 || buf_left(&in) > 0))
		wrong = WRONG;
	if (wrong)
		prints_free(&p);
	else
		*p_r = p;
	return wrong;
}

int prints_write(const struct prints *p, struct buf *out)
{
	int r = buf_put(out, MAGIC, MAGIC_SIZE);
	r |= buf_put_u16(out, WINNOW_K);
	r |= buf_put_u16(out, WINNOW_T);
	r |= buf_put(out, p->key, sizeof p->key);
	r |= buf_put_u32(out, p->common);
	r |= buf_put_u32(out, p->next_id);
	r |= buf_put_u32(out, (uint32_t)p->ndocuments);
	r |= buf_put_u32(out, (uint32_t)p->nentries);
	for (size_t i = 0; i < p->ndocuments; i++) {
		const struct prints_document *d = &p->documents[i];
		r |= buf_put_u32(out, d->id);
		r |= buf_put_u32(out, d->prints);
		r |= buf_put_u32(out, d->characters);
		r |= buf_put_u64(out, d->added);
		r |= buf_put_u8(out, d->boilerplate);
		r |= buf_put_str16(out, d->name, strlen(d->name));
	}
	for (size_t i = 0; i < p->nentries; i++) {
		r |= buf_put_u64(out, p->entries[i].hash);
		r |= buf_put_u16(out, p->entries[i].document);
	}
	if (r < 0)
		return -1;
	return buf_put_u64(out, siphash(p->key, buf_ptr(out), buf_left(out))) < 0 ? -1 : 0;
}

void prints_free(struct prints *p)
{
	if (p->entries)
		explicit_bzero(p->entries, p->nentries * sizeof *p->entries);
	free(p->documents);
	free(p->entries);
	explicit_bzero(p, sizeof *p);
}

static int by_hash(const void *pa, const void *pb)
{
	const struct prints_entry *a = pa, *b = pb;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->document < b->document ? -1 : a->document > b->document;
}

/* Sorted entries of one document, each once: returns how many are left. */
static size_t drop_twins(struct prints_entry *e, size_t n)
{
	size_t o = 0;
	for (size_t i = 0; i < n; i++)
		if (o == 0 || e[o - 1].hash != e[i].hash)
			e[o++] = e[i];
	return o;
}

/* From the back, in place: all has room for both. */
static void merge(struct prints_entry *all, size_t nall, const struct prints_entry *more, size_t nmore)
{
	for (size_t o = nall + nmore; nmore > 0; o--) {
		if (nall > 0 && by_hash(&all[nall - 1], &more[nmore - 1]) > 0)
			all[o - 1] = all[--nall];
		else
			all[o - 1] = more[--nmore];
	}
}

const char *prints_add(struct prints *p, const struct prints_document *d, const uint64_t *hashes, size_t nhashes)
{
	if (nhashes == 0)
		return "it has fewer than 50 letters and digits in a row of text";
	if (p->ndocuments == PRINTS_DOCUMENTS_MAX)
		return "there are 60000 documents in the set already";
	if (nhashes > PRINTS_ENTRIES_MAX - p->nentries || p->next_id == UINT32_MAX)
		return "the set would become too large";
	struct prints_document *documents = realloc(p->documents, (p->ndocuments + 1) * sizeof *documents);
	if (documents)
		p->documents = documents;
	struct prints_entry *more = calloc(nhashes, sizeof *more);
	for (size_t i = 0; more && i < nhashes; i++)
		more[i] = (struct prints_entry){ prints_hash(p->key, hashes[i]), (uint16_t)p->ndocuments };
	if (more)
		qsort(more, nhashes, sizeof *more, by_hash);
	size_t n = more ? drop_twins(more, nhashes) : 0;
	struct prints_entry *all = more && documents ? realloc(p->entries, (p->nentries + n) * sizeof *all) : NULL;
	if (!all) {
		free(more);
		return "out of memory";
	}
	p->entries = all;
	merge(all, p->nentries, more, n);
	free(more);
	p->nentries += n;
	p->documents[p->ndocuments] = *d;
	p->documents[p->ndocuments].id = p->next_id++;
	p->documents[p->ndocuments++].prints = (uint32_t)n;
	return NULL;
}

void prints_remove(struct prints *p, size_t document)
{
	size_t o = 0;
	for (size_t i = 0; i < p->nentries; i++) {
		struct prints_entry e = p->entries[i];
		if (e.document == document)
			continue;
		e.document -= e.document > document;
		p->entries[o++] = e;
	}
	p->nentries = o;
	p->ndocuments--;
	memmove(&p->documents[document], &p->documents[document + 1], (p->ndocuments - document) * sizeof *p->documents);
}

size_t prints_run(const struct prints *p, size_t i)
{
	size_t end = i + 1;
	while (end < p->nentries && p->entries[end].hash == p->entries[i].hash)
		end++;
	return end;
}

int prints_is_common(const struct prints *p, size_t i, size_t end)
{
	if (end - i >= p->common)
		return 1;
	for (; i < end; i++)
		if (p->documents[p->entries[i].document].boilerplate)
			return 1;
	return 0;
}

void prints_count_own(const struct prints *p, uint32_t *own_r)
{
	memset(own_r, 0, p->ndocuments * sizeof *own_r);
	for (size_t i = 0, end; i < p->nentries; i = end) {
		end = prints_run(p, i);
		for (size_t k = i; k < end && !prints_is_common(p, i, end); k++)
			own_r[p->entries[k].document]++;
	}
}
