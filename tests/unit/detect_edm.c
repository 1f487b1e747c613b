/* Exact data match: tables, normal forms, indexes and which values are of one row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "detect/csv.h"
#include "detect/edm_build.h"
#include "detect/set.h"
#include "detect/view.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t raw_key[EDM_KEY_SIZE] = "a key that is made up for tests";

/* ---- tables ---- */

static int read_csv(struct csv *c, const char *text, size_t size)
{
	FILE *f = fmemopen((void *)text, size, "r");
	assert_non_null(f);
	assert_int_equal(csv_init(c, f, ','), 0);
	int n = 0, r;
	while ((r = csv_next(c)) == 1)
		n++;
	fclose(f);
	return r < 0 ? -1 : n;
}

static void tables_are_read(void **state)
{
	static const char text[] = "\xef\xbb\xbf" "a,b\r\n\"x \"\"y\"\"\",\"two\nlines, one field\"\n,last";
	struct csv c;
	FILE *f = fmemopen((void *)text, sizeof text - 1, "r");
	assert_int_equal(csv_init(&c, f, ','), 0);
	assert_int_equal(csv_next(&c), 1);
	assert_string_equal(c.fields[0].s, "a");
	assert_int_equal(csv_next(&c), 1);
	assert_string_equal(c.fields[0].s, "x \"y\"");
	assert_string_equal(c.fields[1].s, "two\nlines, one field");
	assert_int_equal(c.begins, 2);
	assert_int_equal(csv_next(&c), 1);
	assert_int_equal(c.begins, 4);
	assert_int_equal(c.fields[0].size, 0);
	assert_string_equal(c.fields[1].s, "last");
	assert_int_equal(csv_next(&c), 0);
	csv_free(&c);
	fclose(f);
}

static void broken_tables_are_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *says;
	} bad[] = {
		{ "a,b\n1,2\n1,2,3\n", 3, "3 fields" },
		{ "a,b\n1\n", 2, "1 fields" },
		{ "a,b\n\"open,2\n3,4\n", 2, "never closed" },
		{ "a,b\n\"x\"y,2\n", 2, "behind a closing quote" },
		{ "a,b\nx\"y,2\n", 2, "inside a field" },
		{ "a,b\nx\r,2\n", 2, "carriage return" },
		{ "a,b\n\xff,2\n", 2, "no UTF-8" },
		{ "\xef\xbb" "a,b\n", 1, "no UTF-8" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct csv c;
		assert_int_equal(read_csv(&c, bad[i].text, strlen(bad[i].text)), -1);
		if (!strstr(c.error, bad[i].says))
			fail_msg("case %zu says \"%s\"", i, c.error);
		if (c.begins != bad[i].line)
			fail_msg("case %zu: line %u, not %u", i, (unsigned)c.begins, bad[i].line);
		csv_free(&c);
	}
	struct csv c;
	assert_int_equal(read_csv(&c, "a,b\n1,\0\n", 8), -1);
	csv_free(&c);
	/* separators alone fill a record, too */
	size_t n = CSV_RECORD_MAX + 10;
	char *huge = malloc(n);
	memset(huge, 'x', n);
	assert_int_equal(read_csv(&c, huge, n), -1);
	csv_free(&c);
	memset(huge, ',', n);
	assert_int_equal(read_csv(&c, huge, n), -1);
	csv_free(&c);
	free(huge);
}

/* ---- normal forms ---- */

static const char *norm(enum edm_type t, const char *value)
{
	static char dst[EDM_NORM_MAX + 1];
	struct edm_shape shape = { 0 };
	size_t n = edm_norm_value(t, value, strlen(value), dst, &shape);
	dst[n] = '\0';
	return dst;
}

static void values_have_normal_forms(void **state)
{
	static const struct {
		enum edm_type type;
		const char *value, *norm;
	} cases[] = {
		{ EDM_TEXT, "Müller, Anna", "anna muller" },
		{ EDM_TEXT, "  ANNA  Mu\xcc\x88ller ", "anna muller" },
		{ EDM_TEXT, "张伟", "伟 张" }, /* each is a word */
		{ EDM_TEXT, "Li", "" },
		{ EDM_TEXT, "a b c d e f g h i", "" },
		{ EDM_NUMBER, "DE89 3704 0044 0532 0130 00", "de89370400440532013000" },
		{ EDM_NUMBER, "KD-4711/22", "kd471122" },
		{ EDM_NUMBER, "12", "" },
		{ EDM_NUMBER, "1234\xc2\xb0", "1234" },
		{ EDM_PHONE, "+49 (0)30 123 456 78", "3012345678" },
		{ EDM_PHONE, "0049 30 12345678", "3012345678" },
		{ EDM_PHONE, "030/12345678", "3012345678" },
		{ EDM_PHONE, "+1 (212) 555-0142", "2125550142" },
		{ EDM_PHONE, "1-212-555-0142", "2125550142" },
		{ EDM_PHONE, "12345", "" },
		{ EDM_PHONE, "12345 678901 234567 8901", "" },
		{ EDM_DATE, "1980-03-12", "19800312" },
		{ EDM_DATE, "12.3.1980", "19800312" },
		{ EDM_DATE, "03/12/80", "19800312" },
		{ EDM_DATE, "12. März 1980", "19800312" },
		{ EDM_DATE, "March 12, 1980", "19800312" },
		{ EDM_DATE, "19800312", "19800312" },
		{ EDM_DATE, "32.13.1980", "" },
		{ EDM_DATE, "soon", "" },
		{ EDM_EMAIL, " Anna.Mueller@Example.ORG ", "anna.mueller@example.org" },
		{ EDM_EMAIL, "nobody", "" },
	};
	assert_int_equal(view_init(), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (strcmp(norm(cases[i].type, cases[i].value), cases[i].norm) != 0)
			fail_msg("\"%s\" becomes \"%s\"", cases[i].value, norm(cases[i].type, cases[i].value));
	}
}

/* ---- records in texts ---- */

static const struct edm_build_column columns[] = { { "name", EDM_TEXT }, { "iban", EDM_NUMBER }, { "birth", EDM_DATE }, { "mail", EDM_EMAIL }, { "phone", EDM_PHONE } };
static const char *const rows[][5] = {
	{ "Müller, Anna", "DE89370400440532013000", "1980-03-12", "anna.mueller@example.org", "+49 30 12345678" },
	{ "Peter Schmidt", "GB29 NWBK 6016 1331 9268 19", "05.11.1975", "p.schmidt@example.com", "0171 2345678" },
	{ "张伟", "FR1420041010050500013M02606", "1990-01-31", "", "+86 10 12345678" },
};

struct engine {
	struct bundle b;
	struct detect_set *set;
	struct detect_scratch *s;
	struct finding out[DETECT_FINDINGS_MAX];
	size_t n;
	char path[64];
};

/* An index of `copies` times the rows, in a file. */
static void make_index(char *path, unsigned copies, const uint8_t key[EDM_KEY_SIZE])
{
	struct edm_build_stats stats[5];
	struct edm_key *k = edm_key_new(key);
	struct edm_build *b = edm_build_new(k, columns, 5);
	uint64_t size;
	assert_int_equal(view_init(), 0);
	for (unsigned c = 0; c < copies; c++)
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			for (size_t col = 0; col < 5; col++)
				assert_null(edm_build_add(b, col, rows[i][col], strlen(rows[i][col])));
			edm_build_end_row(b);
		}
	edm_build_judge(b, stats);
	strcpy(path, "/tmp/detect_edm-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(edm_build_write(b, fd, 1, &size), 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), size);
	close(fd);
	edm_build_free(&b);
	edm_key_free(&k);
}

static int add_files(struct engine *e, const char *rule, const uint8_t key[EDM_KEY_SIZE], struct cfgerr *err)
{
	char rules[4000];
	snprintf(rules, sizeof rules, "detectors: ( { id = \"record\"; title = \"t\"; edm = { index = \"t.edm\"; %s }; } );", rule);
	assert_int_equal(bundle_add_data(&e->b, BUNDLE_RULES, "t.rules", rules, strlen(rules)), 0);
	assert_int_equal(bundle_add_data(&e->b, BUNDLE_INDEX_KEY, "t.key", (const char *)key, EDM_KEY_SIZE), 0);
	assert_int_equal(bundle_add_file(&e->b, BUNDLE_INDEX, e->path, err), 0);
	unlink(e->path);
	free(e->b.files[e->b.nfiles - 1].path);
	e->b.files[e->b.nfiles - 1].path = strdup("t.edm");
	return detect_compile(&e->b, &e->set, err);
}

static struct engine *engine(const char *rule)
{
	static struct engine e;
	struct cfgerr err = { 0 };
	memset(&e, 0, sizeof e);
	make_index(e.path, 1, raw_key);
	if (add_files(&e, rule, raw_key, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	e.s = detect_scratch_new(e.set);
	assert_non_null(e.s);
	return &e;
}

static void end(struct engine *e)
{
	detect_scratch_free(&e->s);
	detect_free(&e->set);
	bundle_free(&e->b);
}

/* Scans and expects these pieces of the text, parted by '|'; "" for none. */
static void expect(struct engine *e, const char *text, const char *pieces)
{
	const struct detect_text t = { ROLE_BODY, text, strlen(text) };
	char got[1000] = "";
	assert_int_equal(detect_scan(e->set, e->s, &t, 1, 5000000, e->out, &e->n), CAUSE_NONE);
	for (size_t i = 0, o = 0; i < e->n; i++)
		o += (size_t)snprintf(got + o, sizeof got - o, "%s%.*s", i ? "|" : "", (int)(e->out[i].end - e->out[i].start), text + e->out[i].start);
	if (strcmp(got, pieces) != 0)
		fail_msg("in \"%s\": \"%s\"", text, got);
}

#define ALL "columns = [ \"name\", \"iban\", \"birth\", \"mail\", \"phone\" ]; confidence = 95; "

static void values_of_one_row_are_found(void **state)
{
	struct engine *e = engine(ALL "min = 2; within = 100;");
	expect(e, "Frau Anna Müller hat DE89 3704 0044 0532 0130 00.", "Anna Müller|DE89 3704 0044 0532 0130 00");
	expect(e, "iban:de89370400440532013000 (MÜLLER, ANNA)", "de89370400440532013000|MÜLLER, ANNA");
	expect(e, "Tel. 0049-30-123 45 678, geb. 12. März 1980", "0049-30-123 45 678|12. März 1980");
	expect(e, "+49 (0)30 12345678 anna.mueller@EXAMPLE.org!", "49 (0)30 12345678|anna.mueller@EXAMPLE.org");
	expect(e, "客户张伟的电话 0086-10-1234-5678", "张伟|0086-10-1234-5678");
	expect(e, "Anna Müller, ‎GB29 NWBK 6016 1331 9268 19", ""); /* of two rows */
	expect(e, "Anna Müller, again Anna Müller", "");                  /* one column twice */
	expect(e, "Anna Müllers DE89370400440532013000", "");             /* not this name */
	expect(e, "Hanna Müller DE893704004405320130001", "");
	expect(e, "nothing at all: 1234 5678", "");
	end(e);
}

static void windows_are_in_characters(void **state)
{
	struct engine *e = engine(ALL "min = 2; within = 60;");
	expect(e, "Anna Müller äääääääääääääääää DE89370400440532013000", "Anna Müller|DE89370400440532013000");
	expect(e, "Anna Müller äääääääääääääääääääääääääääääääääääääää DE89370400440532013000", "");
	end(e);
}

static void required_columns_must_be_there(void **state)
{
	struct engine *e = engine(ALL "min = 2; require = [ \"iban\" ];");
	expect(e, "Anna Müller 12.03.1980", "");
	expect(e, "Anna Müller DE89370400440532013000", "Anna Müller|DE89370400440532013000");
	end(e);
	e = engine("columns = [ \"iban\" ]; confidence = 80;");
	expect(e, "Anna Müller DE89370400440532013000", "DE89370400440532013000");
	assert_int_equal(e->out[0].confidence, 80);
	end(e);
}

/* What is encoded is looked at too, and offsets are those of the message. */
static void encoded_values_are_found(void **state)
{
	struct engine *e = engine(ALL "min = 2; within = 100;");
	expect(e, "Anna Müller, &#68;E89370400440532013000", "Anna Müller|&#68;E89370400440532013000");
	expect(e, "Anna Müller and nothing %65lse", "");
	end(e);
}

/* Each value in many rows, and a text of nothing but these: bounded, and the row is found all the same. */
static void frequent_values_are_bounded(void **state)
{
	static struct engine e;
	struct cfgerr err = { 0 };
	memset(&e, 0, sizeof e);
	struct edm_key *k = edm_key_new(raw_key);
	const struct edm_build_column two[] = { { "name", EDM_TEXT }, { "city", EDM_TEXT } };
	struct edm_build *b = edm_build_new(k, two, 2);
	struct edm_build_stats stats[2];
	uint64_t size;
	char value[40];
	assert_int_equal(view_init(), 0);
	for (int i = 0; i < 6000; i++) {
		snprintf(value, sizeof value, "name%c", 'a' + i % 12);
		assert_null(edm_build_add(b, 0, value, strlen(value)));
		snprintf(value, sizeof value, "city%c", 'a' + i % 13);
		assert_null(edm_build_add(b, 1, value, strlen(value)));
		edm_build_end_row(b);
	}
	edm_build_judge(b, stats);
	assert_null(stats[0].refused);
	assert_int_equal(stats[0].most, 500);
	strcpy(e.path, "/tmp/detect_edm-XXXXXX");
	int fd = mkstemp(e.path);
	assert_int_equal(edm_build_write(b, fd, 1, &size), 0);
	close(fd);
	edm_build_free(&b);
	edm_key_free(&k);
	assert_int_equal(add_files(&e, "columns = [ \"name\", \"city\" ]; min = 2; confidence = 50;", raw_key, &err), 0);
	e.s = detect_scratch_new(e.set);
	expect(&e, "namea lives in citya", "namea|citya");
	size_t text_size = 64 << 10;
	char *text = malloc(text_size + 1);
	for (size_t i = 0; i + 6 <= text_size; i += 6) {
		memcpy(text + i, i % 12 ? "cityx " : "namex ", 6);
		text[i + 4] = (char)('a' + i / 6 % 12);
	}
	text[text_size - text_size % 6] = '\0';
	const struct detect_text t = { ROLE_BODY, text, strlen(text) };
	assert_int_equal(detect_scan(e.set, e.s, &t, 1, 50000, e.out, &e.n), CAUSE_OVER_BUDGET);
	free(text);
	end(&e);
}

static void common_and_short_columns_are_refused(void **state)
{
	struct edm_key *k = edm_key_new(raw_key);
	const struct edm_build_column three[] = { { "id", EDM_NUMBER }, { "sex", EDM_TEXT }, { "code", EDM_NUMBER } };
	struct edm_build *b = edm_build_new(k, three, 3);
	struct edm_build_stats stats[3];
	char value[40];
	assert_int_equal(view_init(), 0);
	for (int i = 0; i < 500; i++) {
		snprintf(value, sizeof value, "%06d", i);
		assert_null(edm_build_add(b, 0, value, strlen(value)));
		assert_null(edm_build_add(b, 1, i % 2 ? "female" : "male", i % 2 ? 6 : 4));
		assert_null(edm_build_add(b, 2, "17", 2));
		edm_build_end_row(b);
	}
	edm_build_judge(b, stats);
	assert_null(stats[0].refused);
	assert_int_equal(stats[0].distinct, 500);
	assert_non_null(strstr(stats[1].refused, "common"));
	assert_int_equal(stats[1].most, 250);
	assert_int_equal(stats[2].left_out, 500);
	assert_non_null(stats[2].refused);
	edm_build_free(&b);
	edm_key_free(&k);
}

/* ---- indexes that are not what they claim ---- */

static void damage_is_noticed(void **state)
{
	char path[64], *data;
	size_t size;
	struct edm_index x;
	struct edm_key *k = edm_key_new(raw_key), *other = edm_key_new((const uint8_t *)"another key, made up as well, 32");
	make_index(path, 3, raw_key);
	assert_int_equal(io_read_file(path, 1 << 20, &data, &size), 0);
	unlink(path);
	assert_null(edm_index_read((uint8_t *)data, size, &x));
	assert_int_equal(x.ncolumns, 5);
	assert_int_equal(x.rows, 9);
	assert_null(edm_index_verify(&x, k));
	assert_non_null(strstr(edm_index_verify(&x, other), "another key"));
	/* every value that stands in the table is found in all its rows; nothing of it stands in the file */
	struct edm_range r = edm_index_find(&x, k, EDM_TEXT, "anna muller", 11);
	assert_int_equal(r.n, 3);
	assert_int_equal(edm_place_row(edm_index_place(&x, r.first + 1)), 3);
	assert_int_equal(edm_index_find(&x, k, EDM_NUMBER, "anna muller", 11).n, 0);
	assert_null(memmem(data, size, "muller", 6));
	assert_null(memmem(data, size, "3704", 4));
	for (size_t i = 0; i < size; i++) {
		data[i] ^= 0x41;
		const char *wrong = edm_index_read((uint8_t *)data, size, &x);
		if (!wrong)
			wrong = edm_index_verify(&x, k);
		if (!wrong)
			fail_msg("byte %zu is changed and nobody notices", i);
		data[i] ^= 0x41;
	}
	for (size_t n = 0; n < size; n++)
		assert_non_null(edm_index_read((uint8_t *)data, n, &x));
	free(data);
	edm_key_free(&k);
	edm_key_free(&other);
}

static void rules_are_read_strictly(void **state)
{
	static const struct {
		const char *rule, *says;
	} bad[] = {
		{ "columns = [ \"name\" ];", "confidence" },
		{ "columns = [ \"town\" ]; confidence = 50;", "no column \"town\"" },
		{ "columns = [ \"name\" ]; min = 2; confidence = 50;", "only 1 columns" },
		{ "columns = [ \"name\", \"iban\" ]; require = [ \"mail\" ]; confidence = 50;", "not one of" },
		{ "columns = [ \"name\", \"iban\" ]; min = 1; require = [ \"name\", \"iban\" ]; confidence = 50;", "names 2 columns" },
		{ "columns = [ \"name\" ]; key = \"other.key\"; confidence = 50;", "there is no key" },
		{ "columns = [ \"name\" ]; key = \"../t.key\"; confidence = 50;", "in the folder" },
		{ "columns = [ \"name\" ]; confidence = 50; rows = 3;", "rows" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		static struct engine e;
		struct cfgerr err = { 0 };
		memset(&e, 0, sizeof e);
		make_index(e.path, 1, raw_key);
		assert_int_equal(add_files(&e, bad[i].rule, raw_key, &err), -1);
		if (!strstr(err.text, bad[i].says) || err.line != 1)
			fail_msg("case %zu: line %d: %s", i, err.line, err.text);
		bundle_free(&e.b);
	}
	struct engine e = { 0 };
	struct cfgerr err = { 0 };
	make_index(e.path, 1, (const uint8_t *)"another key, made up as well, 32");
	assert_int_equal(add_files(&e, ALL, raw_key, &err), -1);
	assert_non_null(strstr(err.text, "another key"));
	bundle_free(&e.b);
}

/* Indexes go beside the bundle, to whom they are for. */
static void indexes_go_to_the_matcher_alone(void **state)
{
	struct engine *e = engine(ALL);
	struct bundle copy;
	int fds[BUNDLE_INDEXES_MAX];
	int fd = bundle_to_fd(&e->b, BUNDLE_WITH_SECRETS);
	assert_int_equal(bundle_from_fd(fd, &copy), 0);
	assert_null(bundle_find(&copy, BUNDLE_INDEX, NULL));
	assert_null(bundle_find(&copy, BUNDLE_INDEX_KEY, NULL));
	bundle_free(&copy);
	close(fd);
	fd = bundle_to_fd(&e->b, BUNDLE_WITH_INDEXES);
	assert_int_equal(bundle_index_fds(&e->b, fds), 1);
	int at = fcntl(fd, F_DUPFD, 100);
	assert_int_equal(bundle_from_fd(at, &copy), -1); /* its descriptor is not there */
	assert_int_equal(dup2(fds[0], at + 1), at + 1);
	assert_int_equal(bundle_from_fd(at, &copy), 0);
	assert_int_equal(bundle_find(&copy, BUNDLE_INDEX, "t.edm")->fd, at + 1);
	assert_int_equal(write(at + 1, "x", 1), -1); /* sealed */
	bundle_free(&copy);
	close(at);
	close(fd);
	end(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_read),
		cmocka_unit_test(broken_tables_are_refused),
		cmocka_unit_test(values_have_normal_forms),
		cmocka_unit_test(values_of_one_row_are_found),
		cmocka_unit_test(windows_are_in_characters),
		cmocka_unit_test(required_columns_must_be_there),
		cmocka_unit_test(encoded_values_are_found),
		cmocka_unit_test(frequent_values_are_bounded),
		cmocka_unit_test(common_and_short_columns_are_refused),
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(rules_are_read_strictly),
		cmocka_unit_test(indexes_go_to_the_matcher_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
