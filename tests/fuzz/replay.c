/* Runs a fuzz target once over every file of a corpus, without a fuzzer: what a fuzzer has found stays found.
 *   target.replay FILE|DIRECTORY…        exit 0 if the target survived all of them, and there were some
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char current[4096]; /* for the message when the target dies */
static unsigned count;

static void run(const uint8_t *data, size_t size)
{
	/* an own allocation of just that size, so that the sanitizer sees a read past its end */
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	count++;
}

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	if (!f || fstat(fileno(f), &st) || st.st_size > 64 << 20) {
		fprintf(stderr, "%s: cannot be read\n", path);
		if (f)
			fclose(f);
		return -1;
	}
	size_t size = (size_t)st.st_size;
	uint8_t *data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, f) != size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		free(data);
		fclose(f);
		return -1;
	}
	fclose(f);
	snprintf(current, sizeof current, "%s", path);
	fprintf(stderr, "%s\n", current);
	run(data, size);
	if (size > 1) /* and cut short, as a stream may be */
		run(data, size / 2);
	free(data);
	return 0;
}

static int replay(const char *path)
{
	struct stat st;
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return replay_file(path);
	struct dirent **entries;
	int r = 0, n = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char name[4096];
		if (entries[i]->d_name[0] != '.' && snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name) < (int)sizeof name)
			r |= replay(name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return n < 0 ? -1 : r;
}

int main(int argc, char **argv)
{
	int r = 0;
	for (int i = 1; i < argc; i++)
		r |= replay(argv[i]);
	run((const uint8_t *)"", 0);
	printf("%u inputs\n", count);
	if (count < 2)
		fprintf(stderr, "no corpus\n");
	return r || count < 2;
}
