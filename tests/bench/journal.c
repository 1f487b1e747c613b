/* Entries per second and CPU per entry of the audit journal, with 1, 8 and 64 entries that wait for one fsync.
 * Usage: tests/bench/journal [FOLDER] [SECONDS]; prints one JSON line per row. */
#include "audit/journal.h"
#include "base/clock.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	return remove(path);
}

static double cpu_us(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static int row(const char *parent, int waiting, double seconds)
{
	static const uint8_t seed[NOTE_KEY] = { 1 };
	char dir[256], error[256], entry[512];
	snprintf(dir, sizeof dir, "%s/journal-bench.XXXXXX", parent);
	if (!mkdtemp(dir))
		return perror(dir), 1;
	struct journal *j = journal_open(dir, seed, "bench.example/audit", NULL, error, sizeof error);
	if (!j)
		return fprintf(stderr, "%s\n", error), 1;
	uint64_t start = clock_us(), sign = start + 1000000, entries = 0;
	double cpu = cpu_us();
	while (clock_us() - start < (uint64_t)(seconds * 1e6)) {
		for (int i = 0; i < waiting; i++, entries++) {
			int n = snprintf(entry, sizeof entry,
				"{\"time\":\"2026-11-25T02:04:15.123Z\",\"seq\":%llu,\"event\":\"policy.block\",\"severity\":4,\"ref\":\"0123456789abcdef\","
				"\"from\":\"alice@example.test/phone\",\"to\":\"carol@partner.test\",\"rule\":\"no-cards-outside\",\"cause\":\"none\","
				"\"channel\":\"c2s\",\"zones\":\"internal>partners\"}", (unsigned long long)entries);
			if (journal_append(j, entry, (size_t)n) < 0)
				return 1;
		}
		if (journal_commit(j) < 0)
			return perror("commit"), 1;
		if (clock_us() >= sign) {
			if (journal_checkpoint(j) < 0)
				return perror("checkpoint"), 1;
			sign += 1000000;
		}
	}
	double took = (double)(clock_us() - start) / 1e6;
	cpu = cpu_us() - cpu;
	printf("{\"bench\":\"journal\",\"waiting\":%d,\"entries_per_s\":%.0f,\"cpu_us_per_entry\":%.2f}\n", waiting, (double)entries / took,
		cpu / (double)entries);
	journal_close(&j);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

int main(int argc, char **argv)
{
	const char *parent = argc > 1 ? argv[1] : "/tmp";
	double seconds = argc > 2 ? atof(argv[2]) : 2;
	return row(parent, 1, seconds) || row(parent, 8, seconds) || row(parent, 64, seconds);
}
