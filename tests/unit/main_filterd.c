/* filterd, the program: what it says when it is called, and what -t finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 65536 };

static char dir[64];

static int setup(void **state)
{
	char path[100];
	snprintf(dir, sizeof dir, "/tmp/filterd-main-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/rules", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof path, "%s/sig", dir);
	return mkdir(path, 0755);
}

static int teardown(void **state)
{
	char command[100];
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	return system(command);
}

static void put(const char *name, const char *text, mode_t mode)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

/* All good; more is put behind it. */
static void put_all(const char *more)
{
	char text[2000];
	snprintf(text, sizeof text,
	         "user = \"nobody\"; rules = \"%s/rules\"; state_dir = \"%s/state\"; run_dir = \"%s/run\";\nlinks = ( { domain = \"f.example\"; secret_file = "
	         "\"%s/secret\"; } );\n"
	         "scan = { signatures = \"%s/sig\"; official = \"\"; };\n%s",
	         dir, dir, dir, dir, dir, more);
	put("filterd.conf", text, 0644);
	put("secret", "s3cret\n", 0600);
	put("rules/a.rules",
	    "detectors: ( { id = \"word\"; title = \"Word\"; patterns = ( { regex = \"bluebird[0-9]+\"; confidence = "
	    "80; } );\n"
	    "  tests = { match = [ \"a bluebird12 b\" ]; no_match = [ \"bluebird\" ]; }; } );\n",
	    0644);
}

static char output[OUTPUT_MAX];

static int run(const char *arguments)
{
	char command[1000];
	snprintf(command, sizeof command, "filterd/main/filterd %s 2>&1", arguments);
	FILE *p = popen(command, "r");
	assert_non_null(p);
	size_t n = fread(output, 1, sizeof output - 1, p);
	output[n] = '\0';
	int status = pclose(p);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int check(void)
{
	char arguments[100];
	snprintf(arguments, sizeof arguments, "-t -c %s/filterd.conf", dir);
	return run(arguments);
}

/* name is a file in the folder; what comes behind it in the output */
static void says(const char *name, const char *what)
{
	char want[500];
	snprintf(want, sizeof want, *name ? "%s/%s%s" : "%.0s%s%s", dir, name, what);
	if (!strstr(output, want))
		fail_msg("\"%s\" is not in:\n%s", want, output);
}

static void all_good(void **state)
{
	put_all("");
	if (check() != 0)
		fail_msg("%s", output);
	says("filterd.conf", " is good\n");
}

static void errors_have_file_and_line(void **state)
{
	put_all("language = 3;\n");
	assert_int_equal(check(), 1);
	says("filterd.conf", ":4: language: must be: text");

	put_all("");
	put("secret", "s3cret\n", 0640);
	assert_int_equal(check(), 1);
	says("secret", ": group or others can read this secret (mode 0640)");

	put_all("");
	put("rules/b.rules", "rules: (\n  { id = \"r\"; mode = \"enforce\"; nonsense = 1; } );\n", 0644);
	assert_int_equal(check(), 1);
	says("rules/b.rules", ":2: ");

	put("rules/b.rules",
	    "detectors: ( { id = \"x\"; title = \"X\";\n  patterns = ( { regex = \"a(\"; confidence = 80; } );\n  "
	    "tests = { match = [ \"a\" ]; }; } );\n",
	    0644);
	assert_int_equal(check(), 1);
	says("rules/b.rules", ":");
	put("rules/b.rules", "", 0644);
}

static void missing_folders_are_named(void **state)
{
	char path[100];
	put_all("");
	snprintf(path, sizeof path, "%s/sig", dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(check(), 1);
	says("", "scan.signatures: ");
	assert_int_equal(mkdir(path, 0755), 0);
}

static void unknown_user_is_told_to_root(void **state)
{
	if (geteuid() != 0)
		skip();
	put_all("control = { group = \"no-such-group\"; };\n");
	assert_int_equal(check(), 1);
	says("", "control.group: there is no group \"no-such-group\"");
}

static void options_are_all_printed(void **state)
{
	assert_int_equal(run("--options"), 0);
	for (size_t i = 0; i < conf_nsections; i++)
		for (size_t k = 0; k < conf_sections[i].noptions; k++) {
			char line[100] = "\n  ";
			option_full_name(&conf_sections[i], &conf_sections[i].options[k], line + 3, sizeof line - 4);
			strcat(line, "\n");
			says("", line);
		}
}

static void wrong_use_is_told(void **state)
{
	assert_int_equal(run(""), 2);
	assert_int_equal(run("-x"), 2);
	assert_int_equal(run("-t"), 2);
	assert_int_equal(run("-c a b"), 2);
	assert_int_equal(run("--role janitor"), 2);
	assert_int_equal(run("-c /nonexistent"), 1);
	says("", "/nonexistent: can't be read");
	assert_int_equal(run("--help"), 0);
	assert_int_equal(run("--version"), 0);
}

/* By hand, a role gets neither root nor a bundle. */
static void roles_are_not_for_hands(void **state)
{
	assert_int_equal(run("--role broker 4</dev/null"), 1);
	says("", "start filterd -c FILE");
	assert_int_equal(run("--role recorder 4</dev/null"), 1);
	says("", "start filterd -c FILE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_good),
		cmocka_unit_test(errors_have_file_and_line),
		cmocka_unit_test(missing_folders_are_named),
		cmocka_unit_test(unknown_user_is_told_to_root),
		cmocka_unit_test(options_are_all_printed),
		cmocka_unit_test(wrong_use_is_told),
		cmocka_unit_test(roles_are_not_for_hands),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
