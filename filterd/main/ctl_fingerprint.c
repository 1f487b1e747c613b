#include "main/ctl_fingerprint.h"

#include "base/io.h"
#include "base/text.h"
#include "conf/conf.h"
#include "detect/prints_index.h"
#include "main/ctl_daemon.h"
#include "main/ctl_offline.h"
#include "main/ctl_say.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BOILERPLATE_MAX = 64 };

struct options {
	const struct ctl *ctl;
	char set[4096];
	const char *name;
	const char *boilerplate[BOILERPLATE_MAX];
	int nboilerplate, common, json;
	char **operands;
	int n;
};

static const char usage_text[] = "usage: filterctl fingerprint add [--set FILE.fpr] [--name NAME] [--common N] [--boilerplate FILE]... FILE...\n"
                                 "       filterctl fingerprint list [--set FILE.fpr] [--json]\n"
                                 "       filterctl fingerprint match [--set FILE.fpr] [--json] FILE...\n"
                                 "       filterctl fingerprint remove [--set FILE.fpr] NAME|ID...\n";
static const char help_text[] = "  --set FILE.fpr      the set (documents.fpr in the folder of the rules)\n"
                                "  --name NAME         what the document is called (as its file)\n"
                                "  --common N          what stands in more than N documents is no document's own (10)\n"
                                "  --boilerplate FILE  letterheads, footers, standard clauses: no document's own either\n"
                                "  --json              an answer for programs\n"
                                "filterctl(1) says more, and filterd-rules(5), fingerprint, how rules ask for it.\n";

static int usage(void)
{
	fputs(usage_text, stderr);
	return CTL_USAGE;
}

static int parse(const struct ctl *ctl, int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "set", required_argument, NULL, 's' }, { "name", required_argument, NULL, 'n' }, { "common", required_argument, NULL, 'c' },
		{ "boilerplate", required_argument, NULL, 'b' }, { "json", no_argument, NULL, 'j' }, { 0 }
	};
	*o = (struct options){ .ctl = ctl, .json = ctl->json };
	snprintf(o->set, sizeof o->set, "%s/documents.fpr", ctl->conf ? ctl->conf->rules : FILTERD_SYSCONFDIR "/rules");
	optind = 1;
	for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		char *end = NULL;
		if (c == 's' && strlen(optarg) < sizeof o->set)
			strcpy(o->set, optarg);
		else if (c == 'n')
			o->name = optarg;
		else if (c == 'c' && (o->common = (int)strtol(optarg, &end, 10)) >= PRINTS_COMMON_MIN && o->common <= PRINTS_COMMON_MAX && !*end)
			continue;
		else if (c == 'c')
			return ctl_complain("--common", "must be a number from 2 to 64");
		else if (c == 'b' && o->nboilerplate < BOILERPLATE_MAX)
			o->boilerplate[o->nboilerplate++] = optarg;
		else if (c == 'j')
			o->json = 1;
		else
			return -1;
	}
	size_t n = strlen(o->set);
	if (n < 5 || strcmp(o->set + n - 4, ".fpr") != 0)
		return ctl_complain(o->set, "the name of a set of fingerprints must end in .fpr");
	o->operands = argv + optind;
	o->n = argc - optind;
	return 0;
}

/* ---- the set on disk ---- */

/* 1: there is none yet, and p_r is a new one. */
static int load(const struct options *o, int make, struct prints *p_r)
{
	char *data;
	size_t size;
	*p_r = (struct prints){ .common = PRINTS_COMMON_DEFAULT, .next_id = 1 };
	if (io_read_file(o->set, PRINTS_FILE_MAX, &data, &size) < 0) {
		if (errno != ENOENT || !make)
			return ctl_complain(o->set, errno == ENOENT ? "there is no such set; filterctl fingerprint add makes it" : strerror(errno));
		if (getrandom(p_r->key, sizeof p_r->key, 0) != sizeof p_r->key)
			return ctl_complain("getrandom", strerror(errno));
		return 1;
	}
	const char *wrong = prints_read(data, size, p_r);
	explicit_bzero(data, size);
	free(data);
	return wrong ? ctl_complain(o->set, wrong) : 0;
}

static int write_file(const char *path, const struct buf *b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	int r = io_write_all(fd, buf_ptr(b), buf_left(b));
	r = r == 0 ? fsync(fd) : r;
	int e = errno;
	close(fd);
	errno = e;
	return r;
}

/* Keeps owner and group, so that filterd can still read what root wrote anew. */
static int keep_owner(const char *path, const char *temp)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return 0;
	return geteuid() == 0 && chown(temp, st.st_uid, st.st_gid) < 0 ? -1 : 0;
}

/* Under another name until it is whole and on disk. */
static int save(const struct options *o, const struct prints *p)
{
	char temp[4200];
	struct buf b;
	snprintf(temp, sizeof temp, "%s.new-%ld", o->set, (long)getpid());
	buf_init(&b, PRINTS_FILE_MAX);
	int r = prints_write(p, &b);
	if (r < 0)
		ctl_complain(o->set, "the set would become larger than 1 GiB, or memory is out");
	else if (write_file(temp, &b) < 0 || keep_owner(o->set, temp) < 0 || rename(temp, o->set) < 0) {
		r = ctl_complain(o->set, strerror(errno));
		unlink(temp);
	}
	buf_free(&b);
	return r;
}

/* ---- documents ---- */

struct document {
	uint64_t *prints;
	size_t n;
	uint64_t characters;
};

static int judge(const char *path, json_t *answer)
{
	const char *status = json_string_value(json_object_get(answer, "status")), *cause = json_string_value(json_object_get(answer, "cause"));
	if (status && strcmp(status, "clean") == 0)
		return 0;
	char why[200];
	snprintf(why, sizeof why, "%s%s; nothing was taken from it", status && strcmp(status, "malware") == 0 ? "it is malware" : "it can't be read to its end: ",
	         status && strcmp(status, "malware") == 0 ? "" : cause ? cause : "");
	return ctl_complain(path, why);
}

/* Documents are read where everything is read: by a sandboxed worker. */
static int read_document(struct offline *reader, const char *path, struct document *d_r)
{
	struct stat st;
	char name[512];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return ctl_complain(path, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return ctl_complain(path, "it is no regular file");
	}
	text_quote(name, sizeof name, path, strlen(path));
	json_t *answer = offline_prints(reader, fd, name, &d_r->prints, &d_r->n, &d_r->characters);
	close(fd);
	int r = answer ? judge(path, answer) : -1;
	json_decref(answer);
	return r;
}

static long find(const struct prints *p, const char *name)
{
	char *end;
	unsigned long id = strtoul(name, &end, 10);
	for (size_t i = 0; i < p->ndocuments; i++)
		if (strcmp(p->documents[i].name, name) == 0)
			return (long)i;
	for (size_t i = 0; i < p->ndocuments; i++)
		if (*name && !*end && p->documents[i].id == id)
			return (long)i;
	return -1;
}

/* A document that is there under this name already gives way. */
static int add_one(const struct options *o, struct prints *p, struct offline *reader, const char *path, const char *name, int boilerplate)
{
	struct document d = { 0 };
	struct prints_document about = { .added = (uint64_t)time(NULL), .boilerplate = (uint8_t)boilerplate };
	const char *slash = strrchr(path, '/');
	name = name ? name : slash ? slash + 1 : path;
	if (!*name || strlen(name) > PRINTS_NAME_MAX || !text_is_utf8(name, strlen(name)))
		return ctl_complain(name, "a document's name must be 1 to 255 bytes of UTF-8; give one with --name");
	strcpy(about.name, name);
	if (read_document(reader, path, &d) < 0)
		return -1;
	about.characters = d.characters < UINT32_MAX ? (uint32_t)d.characters : UINT32_MAX;
	long old = -1;
	for (size_t i = 0; i < p->ndocuments; i++)
		if (strcmp(p->documents[i].name, name) == 0)
			old = (long)i;
	const char *wrong = prints_add(p, &about, d.prints, d.n);
	free(d.prints);
	if (wrong)
		return ctl_complain(path, wrong);
	if (old >= 0)
		prints_remove(p, (size_t)old);
	if (!o->json)
		fprintf(stderr, "filterctl: %s: %s as document %u, %u letters and digits, %u fingerprints\n", name,
		        boilerplate ? "boilerplate" : old >= 0 ? "replaced" : "added", p->documents[p->ndocuments - 1].id, about.characters,
		        p->documents[p->ndocuments - 1].prints);
	return 0;
}

static uint32_t *own_prints(const struct prints *p)
{
	uint32_t *own = calloc(p->ndocuments + 1, sizeof *own);
	if (own)
		prints_count_own(p, own);
	return own;
}

/* What is left of documents once what they share is taken away: too little of one, and it will hardly be found. */
static void warn_of_common(const struct prints *p)
{
	uint32_t *own = own_prints(p);
	char why[200];
	for (size_t i = 0; own && i < p->ndocuments; i++)
		if (!p->documents[i].boilerplate && own[i] < p->documents[i].prints / 2 + 1) {
			snprintf(why, sizeof why, "only %u of its %u fingerprints are its own; the others are boilerplate or stand in %u documents or more",
			         own[i], p->documents[i].prints, p->common);
			ctl_complain(p->documents[i].name, why);
		}
	free(own);
}

static int add_all(const struct options *o, struct prints *p, struct offline *reader)
{
	int r = 0;
	for (int i = 0; i < o->nboilerplate; i++)
		r |= add_one(o, p, reader, o->boilerplate[i], NULL, 1);
	for (int i = 0; i < o->n; i++)
		r |= add_one(o, p, reader, o->operands[i], o->name, 0);
	return r;
}

/* All of them or none: a set that lacks a document that somebody believes to be in it is worse than none. */
static int add(const struct options *o)
{
	struct prints p;
	if (o->n + o->nboilerplate == 0 || (o->name && o->n != 1))
		return usage();
	if (load(o, 1, &p) < 0)
		return CTL_FAILED;
	if (o->common)
		p.common = (uint32_t)o->common;
	struct offline *reader = offline_start_reader(o->ctl);
	int r = reader ? add_all(o, &p, reader) : -1;
	offline_stop(&reader);
	if (r == 0) {
		warn_of_common(&p);
		r = save(o, &p);
	} else {
		ctl_complain(o->set, "not changed");
	}
	prints_free(&p);
	return r == 0 ? CTL_OK : CTL_FAILED;
}

static int list(const struct options *o)
{
	struct prints p;
	if (o->n > 0)
		return usage();
	if (load(o, 0, &p) < 0)
		return CTL_FAILED;
	uint32_t *own = own_prints(&p);
	for (size_t i = 0; own && i < p.ndocuments; i++) {
		const struct prints_document *d = &p.documents[i];
		char day[32];
		time_t t = (time_t)d->added;
		struct tm tm;
		if (!gmtime_r(&t, &tm) || !strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%SZ", &tm))
			strcpy(day, "?");
		if (o->json)
			ctl_print_json(json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:b}", "id", (json_int_t)d->id, "name", d->name, "added", day, "characters",
			                         (json_int_t)d->characters, "fingerprints", (json_int_t)d->prints, "own", (json_int_t)own[i], "boilerplate",
			                         d->boilerplate));
		else
			printf("%u  %s  %u characters, %u fingerprints, %u its own%s  %s\n", d->id, day, d->characters, d->prints, own[i],
			       d->boilerplate ? ", boilerplate" : "", d->name);
	}
	free(own);
	prints_free(&p);
	return own ? CTL_OK : CTL_FAILED;
}

static int remove_some(const struct options *o)
{
	struct prints p;
	int r = 0;
	if (o->n == 0)
		return usage();
	if (load(o, 0, &p) < 0)
		return CTL_FAILED;
	for (int i = 0; i < o->n; i++) {
		long at = find(&p, o->operands[i]);
		if (at < 0)
			r = ctl_complain(o->operands[i], "there is no such document in the set");
		else
			prints_remove(&p, (size_t)at);
	}
	r = r == 0 ? save(o, &p) : ctl_complain(o->set, "not changed");
	prints_free(&p);
	return r == 0 ? CTL_OK : CTL_FAILED;
}

/* ---- what of the set stands in a file ---- */

static int by_value(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
	return a < b ? -1 : a > b;
}

static size_t drop_twins(uint64_t *v, size_t n)
{
	size_t o = 0;
	qsort(v, n, sizeof *v, by_value);
	for (size_t i = 0; i < n; i++)
		if (o == 0 || v[o - 1] != v[i])
			v[o++] = v[i];
	return o;
}

static int tell_matches(const struct options *o, const struct prints *p, const struct prints_index *x, const char *path, struct document *d)
{
	uint32_t *hits = calloc(p->ndocuments + 1, sizeof *hits);
	int found = 0;
	d->n = drop_twins(d->prints, d->n);
	for (size_t i = 0; hits && i < d->n; i++) {
		size_t first, end = prints_index_find(x, d->prints[i], &first);
		for (size_t k = first; k < end; k++)
			hits[x->documents[k]]++;
	}
	for (size_t i = 0; hits && i < p->ndocuments; i++) {
		if (hits[i] == 0)
			continue;
		double of_document = 100.0 * hits[i] / x->own[i], of_file = 100.0 * hits[i] / (double)d->n;
		char name[512];
		found = 1;
		text_quote(name, sizeof name, path, strlen(path));
		if (o->json)
			ctl_print_json(json_pack("{s:s, s:I, s:s, s:f, s:f}", "file", name, "id", (json_int_t)p->documents[i].id, "document",
			                         p->documents[i].name, "share_document", of_document, "share_file", of_file));
		else
			printf("%s: %.0f %% of document %u, %s; %.0f %% of the file\n", name, of_document, p->documents[i].id, p->documents[i].name, of_file);
	}
	free(hits);
	return found ? CTL_FOUND : CTL_OK;
}

static int match(const struct options *o)
{
	struct prints p;
	struct prints_index x = { 0 };
	int worst = CTL_OK;
	if (o->n == 0)
		return usage();
	if (load(o, 0, &p) < 0)
		return CTL_FAILED;
	struct offline *reader = prints_index_make(&p, &x) == 0 ? offline_start_reader(o->ctl) : NULL;
	for (int i = 0; reader && i < o->n; i++) {
		struct document d = { 0 };
		int status = read_document(reader, o->operands[i], &d) == 0 ? tell_matches(o, &p, &x, o->operands[i], &d) : CTL_FAILED;
		worst = status > worst ? status : worst;
		free(d.prints);
	}
	if (!reader)
		worst = CTL_FAILED;
	offline_stop(&reader);
	prints_index_free(&x);
	prints_free(&p);
	return worst;
}

static const struct command {
	const char *name;
	int (*run)(const struct options *o);
} commands[] = { { "add", add }, { "list", list }, { "match", match }, { "remove", remove_some } };

int ctl_fingerprint(const struct ctl *ctl, int argc, char **argv)
{
	static struct options o;
	if (ctl_wants_help(argc, argv))
		return printf("%s%s", usage_text, help_text) < 0 ? CTL_FAILED : CTL_OK;
	for (size_t i = 0; argc >= 2 && i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return parse(ctl, argc - 1, argv + 1, &o) < 0 ? usage() : commands[i].run(&o);
	return usage();
}
