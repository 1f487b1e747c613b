#include "main/ctl_edm.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/keyfile.h"
#include "base/text.h"
#include "detect/csv.h"
#include "detect/edm_build.h"
#include "detect/view.h"
#include "main/ctl.h"
#include "main/ctl_say.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { GUESS_ROWS = 200, PROGRESS_EVERY = 1 << 16, PROGRESS_MS = 2000 };

struct options {
	const char *key, *out, *columns, *operand;
	char separator;
	int json;
};

static const char usage_text[] = "usage: filterctl edm build --out INDEX.edm [--key FILE] [--columns NAME:TYPE,...] [--separator C] [--json] TABLE.csv\n"
                                 "       filterctl edm info [--json] INDEX.edm\n"
                                 "       filterctl edm check [--key FILE] INDEX.edm\n"
                                 "types: number text email phone date\n";
static const char help_text[] = "  --out INDEX.edm    the index, which takes the place of an older one in one step\n"
                                "  --key FILE         its key (INDEX.key); made if there is none\n"
                                "  --columns LIST     columns and their types; without it all, of the types that they seem to be\n"
                                "  --separator C      what stands between columns (a comma)\n"
                                "  --json             an answer for programs\n"
                                "filterctl(1) says more, and filterd-rules(5), edm, how rules ask for it.\n";

static int usage(void)
{
	fputs(usage_text, stderr);
	return CTL_USAGE;
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "key", required_argument, NULL, 'k' }, { "out", required_argument, NULL, 'o' }, { "columns", required_argument, NULL, 'c' },
		{ "separator", required_argument, NULL, 's' }, { "json", no_argument, NULL, 'j' }, { 0 }
	};
	*o = (struct options){ .separator = ',' };
	optind = 1;
	for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (c == 'k')
			o->key = optarg;
		else if (c == 'o')
			o->out = optarg;
		else if (c == 'c')
			o->columns = optarg;
		else if (c == 's' && (strlen(optarg) == 1 || strcmp(optarg, "\\t") == 0) && !strchr("\"\r\n", optarg[0]))
			o->separator = optarg[0] == '\\' ? '\t' : optarg[0];
		else if (c == 'j')
			o->json = 1;
		else
			return -1;
	}
	if (argc - optind != 1)
		return -1;
	o->operand = argv[optind];
	return 0;
}

/* ---- the key ---- */

/* The key of an index lies beside it, unless --key says where. */
static void key_path(const struct options *o, const char *index, char *dst, size_t size)
{
	size_t n = strlen(index);
	if (o->key)
		snprintf(dst, size, "%s", o->key);
	else
		snprintf(dst, size, "%.*s.key", (int)(n > 4 && strcmp(index + n - 4, ".edm") == 0 ? n - 4 : n), index);
}

/* make: a new one is made where there is none. */
static struct edm_key *load_key(const char *path, int make)
{
	char dir[4096];
	uint8_t raw[EDM_KEY_SIZE];
	const char *slash = strrchr(path, '/');
	snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	if (!make && access(path, F_OK) < 0) {
		ctl_complain(path, "there is no such key");
		return NULL;
	}
	int r = keyfile_load(dir, slash ? slash + 1 : path, raw);
	if (r < 0) {
		ctl_complain(path, errno == EPERM ? "others than its owner can read or own this key; run: chmod 0600, as its owner" : errno == EBADMSG ? "this is no key: it must have 32 bytes" : strerror(errno));
		return NULL;
	}
	if (r == 1)
		fprintf(stderr, "filterctl: made a new key, %s; keep it as safe as the table itself\n", path);
	struct edm_key *k = edm_key_new(raw);
	explicit_bzero(raw, sizeof raw);
	if (!k)
		ctl_complain(path, "out of memory");
	return k;
}

/* ---- the table ---- */

struct table {
	FILE *in;
	const char *path;
	uint64_t size;
	struct csv csv;
	char names[EDM_COLUMNS_MAX][EDM_NAME_MAX];
	size_t fields[EDM_COLUMNS_MAX]; /* where each column stands in a record */
	struct edm_build_column columns[EDM_COLUMNS_MAX];
	size_t ncolumns;
};

static int complain_at(const struct table *t, uint64_t line, const char *why)
{
	char path[600], clean[600];
	fprintf(stderr, "%s:%" PRIu64 ": %s\n", ctl_clean(path, sizeof path, t->path), line, ctl_clean(clean, sizeof clean, why));
	return -1;
}

static int complain_line(const struct table *t)
{
	return complain_at(t, t->csv.line ? t->csv.line : 1, t->csv.error);
}

static int find_field(const struct csv *c, const char *name, size_t size)
{
	for (size_t i = 0; i < c->nfields; i++)
		if (c->fields[i].size == size && memcmp(c->fields[i].s, name, size) == 0)
			return (int)i;
	return -1;
}

static int add_column(struct table *t, size_t field, enum edm_type type)
{
	const struct csv_field *f = &t->csv.fields[field];
	char quoted[80], why[160];
	if (f->size == 0 || f->size >= EDM_NAME_MAX) {
		snprintf(why, sizeof why, "the column name \"%s\" is %s", text_quote(quoted, sizeof quoted, f->s, f->size), f->size ? "longer than 39 bytes" : "empty");
		return complain_at(t, 1, why);
	}
	memcpy(t->names[t->ncolumns], f->s, f->size);
	t->names[t->ncolumns][f->size] = '\0';
	t->fields[t->ncolumns] = field;
	t->columns[t->ncolumns] = (struct edm_build_column){ t->names[t->ncolumns], type };
	t->ncolumns++;
	return 0;
}

/* NAME:TYPE,… against the header at hand. */
static int named_columns(struct table *t, const char *spec)
{
	char what[120];
	for (const char *p = spec; *p;) {
		size_t n = strcspn(p, ",");
		const char *colon = memrchr(p, ':', n);
		snprintf(what, sizeof what, "--columns: \"%.*s\"", (int)(n < 80 ? n : 80), p);
		enum edm_type type = colon ? edm_type_find(colon + 1, n - (size_t)(colon + 1 - p)) : 0;
		if (!type)
			return ctl_complain(what, "write NAME:TYPE, with a type of number, text, email, phone or date");
		int field = find_field(&t->csv, p, (size_t)(colon - p));
		if (field < 0)
			return ctl_complain(what, "the table's first line has no such column");
		for (size_t i = 0; i < t->ncolumns; i++)
			if (t->fields[i] == (size_t)field)
				return ctl_complain(what, "this column is named twice");
		if (t->ncolumns == EDM_COLUMNS_MAX)
			return ctl_complain(what, "an index has at most 15 columns");
		if (add_column(t, (size_t)field, type) < 0)
			return -1;
		p += n + (p[n] == ',');
	}
	return t->ncolumns ? 0 : ctl_complain("--columns", "it names none");
}

/* The first of these types that nine in ten of the first values are; what fits none is text. */
static const enum edm_type guesses[] = { EDM_EMAIL, EDM_DATE, EDM_PHONE, EDM_NUMBER };
enum { GUESSES = sizeof guesses / sizeof *guesses };

struct guess {
	unsigned given, fits[GUESSES];
};

static int looks_like(enum edm_type t, const char *s, size_t size)
{
	char norm[EDM_NORM_MAX];
	struct edm_shape shape = { 0 };
	if (t == EDM_PHONE && (!strpbrk(s, "+0") || (s[0] != '+' && s[0] != '0' && s[0] != '(')))
		return 0;
	return edm_norm_value(t, s, size, norm, &shape) > 0 && (t != EDM_NUMBER || !shape.no_digits);
}

static int guess_columns(struct table *t)
{
	struct guess *g = calloc(CSV_FIELDS_MAX, sizeof *g);
	enum edm_type types[CSV_FIELDS_MAX];
	size_t n = t->csv.nfields;
	int r = g ? 1 : ctl_complain("memory", "there is not enough");
	if (n > EDM_COLUMNS_MAX)
		r = ctl_complain(t->path, "it has more than 15 columns; name those to take with --columns");
	for (int row = 0; row < GUESS_ROWS && r == 1 && (r = csv_next(&t->csv)) == 1; row++)
		for (size_t i = 0; i < n; i++) {
			const struct csv_field *f = &t->csv.fields[i];
			g[i].given += f->size > 0;
			for (size_t k = 0; k < GUESSES && f->size > 0; k++)
				g[i].fits[k] += looks_like(guesses[k], f->s, f->size) ? 1 : 0;
		}
	if (r < 0 && t->csv.error[0])
		complain_line(t);
	for (size_t i = 0; i < n && r >= 0; i++) {
		types[i] = EDM_TEXT;
		for (size_t k = GUESSES; k-- > 0;)
			if (g[i].given && g[i].fits[k] * 10 >= g[i].given * 9)
				types[i] = guesses[k];
	}
	free(g);
	if (r < 0)
		return -1;
	rewind(t->in);
	csv_free(&t->csv);
	if (csv_init(&t->csv, t->in, t->csv.separator) < 0 || csv_next(&t->csv) != 1)
		return ctl_complain(t->path, "can't be read again; name the columns with --columns");
	for (size_t i = 0; i < n; i++)
		if (add_column(t, i, types[i]) < 0)
			return -1;
	return 0;
}

static int open_table(struct table *t, const struct options *o)
{
	struct stat st;
	t->path = o->operand;
	t->in = strcmp(o->operand, "-") == 0 ? stdin : fopen(o->operand, "re");
	if (!t->in)
		return ctl_complain(o->operand, strerror(errno));
	if (fstat(fileno(t->in), &st) == 0 && S_ISREG(st.st_mode))
		t->size = (uint64_t)st.st_size;
	else if (!o->columns)
		return ctl_complain(o->operand, "this is no file; name the columns with --columns");
	if (csv_init(&t->csv, t->in, o->separator) < 0)
		return ctl_complain("memory", "there is not enough");
	int r = csv_next(&t->csv);
	if (r == 0)
		return ctl_complain(o->operand, "it is empty: its first line must name the columns");
	if (r < 0)
		return complain_line(t);
	for (size_t i = 0; i < t->csv.nfields; i++)
		if (find_field(&t->csv, t->csv.fields[i].s, t->csv.fields[i].size) != (int)i) {
			char quoted[80], why[160];
			snprintf(why, sizeof why, "two columns are called \"%s\"", text_quote(quoted, sizeof quoted, t->csv.fields[i].s, t->csv.fields[i].size));
			return complain_at(t, 1, why);
		}
	return o->columns ? named_columns(t, o->columns) : guess_columns(t);
}

static void close_table(struct table *t)
{
	csv_free(&t->csv);
	if (t->in && t->in != stdin)
		fclose(t->in);
}

static void tell_progress(const struct table *t, const struct edm_build *b, uint64_t *next_ms)
{
	uint64_t now = clock_ms();
	if (now < *next_ms)
		return;
	*next_ms = now + PROGRESS_MS;
	fprintf(stderr, "filterctl: %u rows", edm_build_rows(b));
	if (t->size)
		fprintf(stderr, ", %" PRIu64 " %%", t->csv.bytes * 100 / t->size);
	fputc('\n', stderr);
}

static int read_rows(struct table *t, struct edm_build *b)
{
	uint64_t next_ms = clock_ms() + PROGRESS_MS;
	int r;
	while ((r = csv_next(&t->csv)) == 1) {
		for (size_t i = 0; i < t->ncolumns; i++) {
			const struct csv_field *f = &t->csv.fields[t->fields[i]];
			const char *wrong = edm_build_add(b, i, f->s, f->size);
			if (wrong)
				return complain_at(t, t->csv.begins, wrong);
		}
		edm_build_end_row(b);
		if (edm_build_rows(b) % PROGRESS_EVERY == 0)
			tell_progress(t, b, &next_ms);
	}
	if (r < 0)
		return complain_line(t);
	return edm_build_rows(b) ? 0 : ctl_complain(t->path, "there are no records below its first line");
}

/* ---- the index ---- */

/* Under another name until it is whole and on disk. */
static int write_index(struct edm_build *b, const char *path, uint64_t *size_r)
{
	char temp[4200];
	if ((size_t)snprintf(temp, sizeof temp, "%s.new-%ld", path, (long)getpid()) >= sizeof temp)
		return ctl_complain(path, "this name is too long");
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return ctl_complain(temp, strerror(errno));
	int r = edm_build_write(b, fd, (uint64_t)time(NULL), size_r);
	r = r == 0 ? fsync(fd) : r;
	int e = errno;
	close(fd);
	errno = e;
	if (r == 0)
		r = rename(temp, path);
	if (r < 0) {
		ctl_complain(path, strerror(errno));
		unlink(temp);
	}
	return r;
}

static void print_json(json_t *j)
{
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
}

static void print_stats(const struct options *o, const struct table *t, const struct edm_build *b, const struct edm_build_stats *stats, uint64_t size)
{
	json_t *list = json_array();
	for (size_t i = 0; i < t->ncolumns; i++) {
		const struct edm_build_stats *s = &stats[i];
		if (o->json)
			json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:b}", "name", t->columns[i].name, "type",
			                                      edm_type_name(t->columns[i].type), "values", (json_int_t)s->values, "distinct",
			                                      (json_int_t)s->distinct, "left_out", (json_int_t)s->left_out, "most", (json_int_t)s->most,
			                                      "indexed", s->refused == NULL));
		else
			printf("%-20s %-7s %10u values, %u different, the most frequent in %u rows, %u left out%s\n", t->columns[i].name,
			       edm_type_name(t->columns[i].type), s->values, s->distinct, s->most, s->left_out, s->refused ? ": NOT INDEXED" : "");
	}
	if (o->json)
		print_json(json_pack("{s:s, s:I, s:I, s:o}", "index", o->out, "rows", (json_int_t)edm_build_rows(b), "bytes", (json_int_t)size, "columns", list));
	else {
		json_decref(list);
		printf("%s: %u rows, %" PRIu64 " bytes\n", o->out, edm_build_rows(b), size);
	}
}

/* A column that was asked for by name must not be missing afterwards. */
static int judge(const struct options *o, const struct table *t, struct edm_build *b, struct edm_build_stats *stats)
{
	size_t refused = 0;
	edm_build_judge(b, stats);
	for (size_t i = 0; i < t->ncolumns; i++) {
		const struct edm_build_stats *s = &stats[i];
		if (!s->refused)
			continue;
		refused++;
		char name[160];
		fprintf(stderr, "filterctl: column \"%s\" (%s) is %s: %s (%u values, %u different, %u left out)\n", ctl_clean(name, sizeof name, t->columns[i].name),
		        edm_type_name(t->columns[i].type), o->columns ? "refused" : "not indexed", s->refused, s->values, s->distinct, s->left_out);
	}
	if (refused == t->ncolumns)
		return ctl_complain(t->path, "no column is left to index");
	return o->columns && refused ? -1 : 0;
}

static int build(const struct options *o, struct edm_key *key, struct table *t)
{
	struct edm_build_stats stats[EDM_COLUMNS_MAX];
	struct edm_build *b = edm_build_new(key, t->columns, t->ncolumns);
	uint64_t size = 0;
	int r = b ? read_rows(t, b) : ctl_complain("memory", "there is not enough");
	if (r == 0)
		r = judge(o, t, b, stats);
	if (r == 0)
		r = write_index(b, o->out, &size);
	if (r == 0)
		print_stats(o, t, b, stats, size);
	edm_build_free(&b);
	return r;
}

static int cmd_build(const struct options *o)
{
	char path[4096];
	static struct table t;
	struct edm_key *key = NULL;
	if (!o->out)
		return usage();
	size_t n = strlen(o->out);
	if (n < 5 || strcmp(o->out + n - 4, ".edm") != 0)
		return ctl_complain(o->out, "the name of an index must end in .edm"), CTL_USAGE;
	if (view_init() < 0)
		return ctl_complain("memory", "there is not enough"), CTL_FAILED;
	int r = open_table(&t, o);
	if (r == 0) {
		key_path(o, o->out, path, sizeof path);
		r = (key = load_key(path, 1)) ? build(o, key, &t) : -1;
	}
	close_table(&t);
	edm_key_free(&key);
	return r < 0 ? CTL_FOUND : CTL_OK;
}

static int open_index(const char *path, struct edm_index *x)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		ctl_complain(path, strerror(errno));
		io_close(&fd);
		return -1;
	}
	void *map = S_ISREG(st.st_mode) && st.st_size > 0 ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	close(fd);
	const char *wrong = map == MAP_FAILED ? "this is no index made by filterctl edm build" : edm_index_read(map, (size_t)st.st_size, x);
	return wrong ? ctl_complain(path, wrong) : 0;
}

static int cmd_info(const struct options *o)
{
	struct edm_index x;
	char when[40], id[2 * EDM_KEY_ID_SIZE + 1];
	time_t created;
	if (open_index(o->operand, &x) < 0)
		return CTL_FAILED;
	created = (time_t)x.created;
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime(&created));
	text_hex(id, x.key_id, sizeof x.key_id);
	json_t *list = json_array();
	if (!o->json)
		printf("%s: made %s with key %s; %u rows, %u entries, %zu bytes\n", o->operand, when, id, x.rows, x.entries, x.size);
	for (uint32_t i = 0; i < x.ncolumns; i++) {
		const struct edm_column *c = &x.columns[i];
		char name[80];
		if (o->json)
			json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:I}", "name", c->name, "type", edm_type_name(c->type), "values",
			                                      (json_int_t)c->values, "distinct", (json_int_t)c->distinct, "left_out", (json_int_t)c->left_out));
		else
			printf("%-20s %-7s %10u values, %u different, %u left out\n", text_quote(name, sizeof name, c->name, strlen(c->name)),
			       edm_type_name(c->type), c->values, c->distinct, c->left_out);
	}
	if (o->json)
		print_json(json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:o}", "index", o->operand, "made", when, "key", id, "rows", (json_int_t)x.rows,
		                     "entries", (json_int_t)x.entries, "bytes", (json_int_t)x.size, "columns", list));
	else
		json_decref(list);
	return CTL_OK;
}

static int cmd_check(const struct options *o)
{
	struct edm_index x;
	char path[4096];
	struct edm_key *k;
	key_path(o, o->operand, path, sizeof path);
	if (open_index(o->operand, &x) < 0 || !(k = load_key(path, 0)))
		return CTL_FAILED;
	const char *wrong = edm_index_verify(&x, k);
	edm_key_free(&k);
	if (wrong)
		return ctl_complain(o->operand, wrong), CTL_FOUND;
	printf("%s is whole\n", o->operand);
	return CTL_OK;
}

static const struct command {
	const char *name;
	int (*run)(const struct options *o);
} commands[] = {
	{ "build", cmd_build },
	{ "info", cmd_info },
	{ "check", cmd_check },
};

int ctl_edm(int argc, char **argv)
{
	struct options o;
	if (ctl_wants_help(argc, argv))
		return printf("%s%s", usage_text, help_text) < 0 ? CTL_FAILED : CTL_OK;
	if (argc < 2)
		return usage();
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return parse(argc - 1, argv + 1, &o) < 0 ? usage() : commands[i].run(&o);
	return usage();
}
