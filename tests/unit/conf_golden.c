/* Golden error files: every tests/golden/conf/NAME.conf is refused with exactly what NAME.err says ("LINE: text").
 * After a deliberate change of words, run with GOLDEN_WRITE=1 and read the difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/io.h"
#include "conf/conf.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void answer_of(const char *path, char *dst, size_t dst_size)
{
	struct bundle b = { 0 };
	struct conf *c = NULL;
	struct cfgerr err = { 0 };
	assert_int_equal(bundle_add_file(&b, BUNDLE_CONFIG, path, &err), 0);
	if (conf_parse(&b, &c, &err) == 0)
		snprintf(dst, dst_size, "accepted\n");
	else
		snprintf(dst, dst_size, "%d: %s\n", err.line, err.text);
	conf_free(&c);
	bundle_free(&b);
}

static void compare(const char *path)
{
	char got[800], ref[4096], *want;
	size_t size;
	snprintf(ref, sizeof ref, "%.*s.err", (int)(strlen(path) - 5), path);
	answer_of(path, got, sizeof got);
	if (getenv("GOLDEN_WRITE")) {
		FILE *f = fopen(ref, "w");
		assert_non_null(f);
		fputs(got, f);
		fclose(f);
		return;
	}
	if (io_read_file(ref, 4096, &want, &size) < 0)
		fail_msg("%s is missing", ref);
	if (strcmp(got, want) != 0)
		fail_msg("%s:\n got: %swant: %s", path, got, want);
	free(want);
}

static void errors_read_as_they_should(void **state)
{
	glob_t g;
	assert_int_equal(glob(SRCDIR "/tests/golden/conf/*.conf", 0, NULL, &g), 0);
	assert_true(g.gl_pathc > 30);
	for (size_t i = 0; i < g.gl_pathc; i++)
		compare(g.gl_pathv[i]);
	globfree(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(errors_read_as_they_should) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
