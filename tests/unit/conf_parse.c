/* conf/conf: what a good configuration becomes, and how conf_load() treats files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/io.h"
#include "conf/conf.h"
#include "conf/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char sample[] =
        "user = \"filterd\"; state_dir = \"/var/lib/filterd\"; run_dir = \"/run/f\"; rules = \"/etc/filterd/rules\"; "
        "language = \"de\";\n"
        "links = ( { domain = \"Filter.Example.test\"; serves = \"filter\"; port = 5348; secret_file = \"/s/one\"; "
        "guards = [ \"example.test\", \"partner.test\" ]; },\n"
        "          { domain = \"upload.example.test\"; serves = \"upload\"; secret_file = \"/s/two\"; } );\n"
        "inspect = { group = \"prosody\"; };\n"
        "upload = { listen = \"127.0.0.1\"; port = 5280; url = \"http://127.0.0.1:5280\"; size_max = \"10 MiB\"; quota "
        "= \"2G\"; };\n"
        "zones = ( { name = \"internal\"; domains = [ \"example.test\", \"*.example.net\" ]; }, { name = \"partners\"; "
        "domains = [ \"partner.test\" ]; } );\n"
        "policy = ( { from = \"internal\"; to = \"partners\"; files = false; malware = \"quarantine\"; on_failure = { "
        "encrypted = \"quarantine\"; too-big = \"deliver\"; }; },\n"
        "           { from = \"internal\"; to = \"*\"; on_failure = \"deliver\"; } );\n";

static int parse(const char *text, struct conf **c_r, struct cfgerr *err)
{
	struct bundle b = { 0 };
	assert_int_equal(bundle_add_data(&b, BUNDLE_CONFIG, "/etc/filterd.conf", text, strlen(text)), 0);
	int r = conf_parse(&b, c_r, err);
	bundle_free(&b);
	return r;
}

static void values_and_defaults(void **state)
{
	struct conf *c = NULL;
	struct cfgerr err = { 0 };
	if (parse(sample, &c, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	assert_string_equal(c->language, "de");
	assert_string_equal(c->control.socket, "/run/f/control");
	assert_string_equal(c->inspect.socket, "/run/f/inspect");
	assert_string_equal(c->inspect.group, "prosody");
	assert_int_equal(c->nlinks, 2);
	assert_string_equal(c->links[0].domain, "filter.example.test");
	assert_int_equal(c->links[0].port, 5348);
	assert_string_equal(c->links[1].host, "127.0.0.1");
	assert_int_equal(c->links[1].port, 5347);
	assert_int_equal(c->links[1].serves, LINK_UPLOAD);
	assert_int_equal(c->links[0].guards.count, 2);
	assert_string_equal(c->links[0].guards.item[1], "partner.test");
	assert_null(c->links[0].secret);
	assert_int_equal(c->scan.text_budget_ms, 50);
	assert_true(c->scan.file_max == 104857600);
	assert_true(c->upload.size_max == 10485760 && c->upload.quota == INT64_C(2) << 30);
	assert_string_equal(c->upload.inline_types.item[0], "image/png");
	assert_string_equal(c->syslog.facility, "mail");
	assert_string_equal(c->zones[0].domains.item[1], "*.example.net");
	conf_free(&c);
	assert_null(c);
}

static void last_policy_row_is_always_there(void **state)
{
	struct conf *c = NULL;
	assert_int_equal(parse(sample, &c, NULL), 0);
	assert_int_equal(c->npolicies, 3);
	assert_int_equal(c->policies[0].malware, ACTION_QUARANTINE);
	assert_false(c->policies[0].files);
	assert_int_equal(c->policies[0].on_failure[CAUSE_ENCRYPTED], ACTION_QUARANTINE);
	assert_int_equal(c->policies[0].on_failure[CAUSE_TOO_BIG], ACTION_DELIVER);
	assert_int_equal(c->policies[0].on_failure[CAUSE_TIMEOUT], ACTION_BLOCK);
	for (int i = CAUSE_NONE + 1; i < CAUSE_COUNT; i++) {
		assert_int_equal(c->policies[1].on_failure[i], ACTION_DELIVER);
		assert_int_equal(c->policies[2].on_failure[i], ACTION_BLOCK);
	}
	assert_string_equal(c->policies[2].from, "*");
	assert_string_equal(c->policies[2].to, "*");
	assert_true(c->policies[2].talk && c->policies[2].files);
	assert_int_equal(c->policies[2].malware, ACTION_BLOCK);
	conf_free(&c);
}

static void last_row_of_the_file_is_kept(void **state)
{
	struct conf *c = NULL;
	assert_int_equal(parse("links = ( { domain = \"f.example\"; secret_file = \"/s\"; } );\npolicy = ( { from = "
	                       "\"*\"; to = \"*\"; talk = false; } );\n",
	                       &c, NULL),
	                 0);
	assert_int_equal(c->npolicies, 1);
	assert_false(c->policies[0].talk);
	conf_free(&c);
}

/* ---- files ---- */

struct files {
	char dir[64], conf[100], secret[100], rules[100];
};

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void make_files(struct files *f, const char *secret, mode_t mode)
{
	char text[512];
	snprintf(f->dir, sizeof f->dir, "/tmp/filterd-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->conf, sizeof f->conf, "%s/filterd.conf", f->dir);
	snprintf(f->secret, sizeof f->secret, "%s/secret", f->dir);
	snprintf(f->rules, sizeof f->rules, "%s/a.rules", f->dir);
	snprintf(text, sizeof text, "rules = \"%s\";\nlinks = ( { domain = \"f.example\"; secret_file = \"%s\"; } );\n",
	         f->dir, f->secret);
	write_file(f->conf, text, 0644);
	write_file(f->secret, secret, mode);
	write_file(f->rules, "detectors = ();\n", 0644);
}

static void remove_files(const struct files *f)
{
	unlink(f->conf);
	unlink(f->secret);
	unlink(f->rules);
	rmdir(f->dir);
}

static void load_takes_secrets_and_rules(void **state)
{
	struct files f;
	struct bundle b, copy;
	struct conf *c, *c2;
	struct cfgerr err = { 0 };
	make_files(&f, "  s3cret \r\nsecond line\n", 0600);
	char words[128];
	snprintf(words, sizeof words, "%s/a.words", f.dir);
	write_file(words, "anna\n", 0644);
	if (conf_load(f.conf, &b, &c, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	assert_string_equal(c->links[0].secret, "s3cret");
	assert_non_null(bundle_find(&b, BUNDLE_RULES, f.rules));

	int fd = bundle_to_fd(&b, 0); /* what a role without secrets sees */
	assert_true(fd >= 0);
	assert_int_equal(bundle_from_fd(fd, &copy), 0);
	assert_int_equal(conf_parse(&copy, &c2, &err), 0);
	assert_int_equal(copy.files[copy.nfiles - 1].kind, BUNDLE_WORDS);
	assert_string_equal(copy.files[copy.nfiles - 1].data, "anna\n");
	assert_null(c2->links[0].secret);
	close(fd);
	bundle_free(&copy);
	conf_free(&c2);
	bundle_free(&b);
	conf_free(&c);
	unlink(words);
	remove_files(&f);
}

static void readable_secret_is_refused(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0601 };
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		struct files f;
		struct bundle b;
		struct conf *c = NULL;
		struct cfgerr err = { 0 };
		make_files(&f, "s3cret\n", modes[i]);
		assert_int_equal(conf_load(f.conf, &b, &c, &err), -1);
		assert_string_equal(err.file, f.secret);
		assert_non_null(strstr(err.text, "chmod 0600"));
		assert_null(c);
		assert_int_equal(b.nfiles, 0);
		remove_files(&f);
	}
}

static void empty_secret_is_refused(void **state)
{
	struct files f;
	struct bundle b;
	struct conf *c = NULL;
	struct cfgerr err = { 0 };
	make_files(&f, " \t\nsecond\n", 0600);
	assert_int_equal(conf_load(f.conf, &b, &c, &err), -1);
	assert_string_equal(err.file, f.secret);
	assert_int_equal(err.line, 1);
	remove_files(&f);
}

static void missing_files_are_named(void **state)
{
	struct files f;
	struct bundle b;
	struct conf *c = NULL;
	struct cfgerr err = { 0 };
	make_files(&f, "s3cret\n", 0600);
	unlink(f.secret);
	assert_int_equal(conf_load(f.conf, &b, &c, &err), -1);
	assert_string_equal(err.file, f.secret);
	unlink(f.conf);
	assert_int_equal(conf_load(f.conf, &b, &c, &err), -1);
	assert_string_equal(err.file, f.conf);
	remove_files(&f);
}

/* An option that the man page does not have is an option that nobody finds. */
static void man_page_has_every_option(void **state)
{
	char *page, name[100];
	size_t size;
	assert_int_equal(io_read_file(SRCDIR "/man/filterd.conf.5", 1 << 20, &page, &size), 0);
	for (size_t i = 0; i < conf_nsections; i++)
		for (size_t k = 0; k < conf_sections[i].noptions; k++) {
			char line[120];
			option_full_name(&conf_sections[i], &conf_sections[i].options[k], name, sizeof name);
			snprintf(line, sizeof line, "\n.B %s\n", name);
			if (!strstr(page, line))
				fail_msg("man/filterd.conf.5 lacks \"%s\"", name);
		}
	for (int i = CAUSE_NONE + 1; i < CAUSE_COUNT; i++)
		if (!strstr(page, cause_name((enum cause)i)))
			fail_msg("man/filterd.conf.5 lacks the cause \"%s\"", cause_name((enum cause)i));
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_defaults),
		cmocka_unit_test(last_policy_row_is_always_there),
		cmocka_unit_test(last_row_of_the_file_is_kept),
		cmocka_unit_test(load_takes_secrets_and_rules),
		cmocka_unit_test(readable_secret_is_refused),
		cmocka_unit_test(empty_secret_is_refused),
		cmocka_unit_test(missing_files_are_named),
		cmocka_unit_test(man_page_has_every_option),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
