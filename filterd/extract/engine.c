#include "extract/engine.h"

#include "base/io.h"
#include "base/text.h"
#include "extract/document.h"
#include "extract/sigfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* libclamav decodes pages in these through iconv, whose tables are shared objects that a closed-in worker
 * can't load any more: then it would silently look at nothing. */
static const char *const charsets[] = {
	"UTF-32", "UTF-32LE", "UTF-32BE", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-7", "UCS-4", "UCS-4LE", "UCS-2", "UCS-2LE",
	"ISO-8859-1", "ISO-8859-2", "ISO-8859-3", "ISO-8859-4", "ISO-8859-5", "ISO-8859-6", "ISO-8859-7", "ISO-8859-8",
	"ISO-8859-9", "ISO-8859-13", "ISO-8859-15", "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253",
	"WINDOWS-1254", "WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258", "KOI8-R", "KOI8-U", "GB18030",
	"GBK", "GB2312", "BIG5", "BIG5-HKSCS", "SHIFT_JIS", "EUC-JP", "ISO-2022-JP", "EUC-KR", "ISO-2022-KR", "TIS-620",
	"IBM437", "IBM850", "MACINTOSH", "EUC-TW",
};
_Static_assert(sizeof charsets / sizeof *charsets <= ENGINE_CHARSETS, "room for every charset");

int engine_init(void)
{
	static int done; /* cl_init() has a once-per-process state of its own */
	if (!done && cl_init(CL_INIT_DEFAULT) != CL_SUCCESS)
		return -1;
	done = 1;
	return 0;
}

struct cl_engine *engine_new(const struct extract_limits *limits)
{
	const struct {
		enum cl_engine_field field;
		long long value;
	} settings[] = {
		{ CL_ENGINE_MAX_SCANSIZE, (long long)limits->scan_max },
		{ CL_ENGINE_MAX_FILESIZE, (long long)limits->file_max },
		{ CL_ENGINE_MAX_RECURSION, limits->recursion_max },
		{ CL_ENGINE_MAX_FILES, limits->files_max },
		{ CL_ENGINE_MAX_SCANTIME, limits->time_ms },
		/* beyond these the library would skip parts without a word */
		{ CL_ENGINE_MAX_HTMLNORMALIZE, (long long)limits->file_max },
		{ CL_ENGINE_MAX_HTMLNOTAGS, (long long)limits->file_max },
		{ CL_ENGINE_MAX_SCRIPTNORMALIZE, (long long)limits->file_max },
		{ CL_ENGINE_MAX_EMBEDDEDPE, (long long)limits->file_max },
		{ CL_ENGINE_PCRE_MAX_FILESIZE, (long long)limits->file_max },
		{ CL_ENGINE_DISABLE_PE_STATS, 1 },
	};
	struct cl_engine *cl = cl_engine_new();
	if (!cl)
		return NULL;
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (cl_engine_set_num(cl, settings[i].field, settings[i].value) != CL_SUCCESS) {
			cl_engine_free(cl);
			return NULL;
		}
	/* a file seen before would not be unpacked again, and its text never reach the rules */
	cl_engine_set_num(cl, CL_ENGINE_DISABLE_CACHE, 1);
	return cl;
}

/* The library's last complaint while loading; one engine loads at a time in a process. */
static char complaint[256];

static void remember(enum cl_msg severity, const char *fullmsg, const char *msg, void *context)
{
	if (severity >= CL_MSG_WARN)
		text_quote(complaint, sizeof complaint, msg, strcspn(msg, "\n"));
}

static int load_dir(struct cl_engine *cl, const char *dir, unsigned *signo_r, struct cfgerr *err)
{
	complaint[0] = '\0';
	cl_error_t r = cl_load(dir, cl, signo_r, CL_DB_STDOPT);
	if (r != CL_SUCCESS)
		return cfgerr_set(err, dir, 0, "signatures can't be loaded: %s%s%s", cl_strerror(r), complaint[0] ? "; " : "", complaint);
	return 0;
}

/* The 68 bytes of the EICAR test file, kept in two parts so that this program is not taken for one. */
static size_t eicar(char dst[80])
{
	return (size_t)snprintf(dst, 80, "%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*");
}

/* The least that is taken for an encrypted document: an OpenDocument manifest. */
static const char encrypted[] = "<?xml version=\"1.0\"?><manifest:manifest><manifest:encryption-data/></manifest:manifest>";

static int self_test(struct extract_engine *e, const char *local, struct cfgerr *err)
{
	char infected[80];
	const struct {
		const char *data;
		size_t size;
		enum scan_status status;
		const char *what, *file;
	} tests[] = {
		{ infected, eicar(infected), SCAN_MALWARE, "the EICAR test file", "eicar.ndb" },
		{ encrypted, sizeof encrypted - 1, SCAN_UNSCANNABLE, "the mark of an encrypted document", "encrypted.ndb" },
	};
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct extract_result r;
		int fd = io_memfd_sealed("filterd-selftest", tests[i].data, tests[i].size);
		if (fd < 0)
			return cfgerr_set(err, local, 0, "self-test: %s", strerror(errno));
		extract_scan(e, fd, "self-test", 0, NULL, NULL, &r);
		close(fd);
		if (r.status != tests[i].status)
			return cfgerr_set(err, local, 0, "self-test: %s was not found (%s%s%s); %s of filterd belongs in this folder", tests[i].what,
			                  scan_status_name(r.status), r.name[0] ? ", " : "", r.name, tests[i].file);
	}
	return 0;
}

static int load_all(struct extract_engine *e, const char *local, const char *official, struct cfgerr *err)
{
	unsigned files, all = 0;
	if (engine_init() < 0 || !(e->cl = engine_new(&e->limits)))
		return cfgerr_set(err, local, 0, "libclamav does not start");
	if (document_init() < 0)
		return cfgerr_set(err, local, 0, "the readers of documents do not start");
	if (sigfile_check_dir(local, &files, err) < 0)
		return -1;
	cl_set_clcb_msg(remember);
	/* ours first: an .ign2 list works only on what is loaded after it */
	if (files > 0 && load_dir(e->cl, local, &e->local, err) < 0)
		return -1;
	all = e->local;
	if (official && official[0] && sigfile_count(official) > 0 && load_dir(e->cl, official, &all, err) < 0)
		return -1;
	e->official = all - e->local;
	if (all == 0)
		return cfgerr_set(err, local, 0, "there are no signatures in this folder");
	cl_error_t r = cl_engine_compile(e->cl);
	if (r != CL_SUCCESS)
		return cfgerr_set(err, local, 0, "signatures can't be compiled: %s", cl_strerror(r));
	return self_test(e, local, err);
}

int extract_load(const char *local, const char *official, const struct extract_limits *limits,
                 struct extract_engine **engine_r, struct cfgerr *err)
{
	struct extract_engine *e = calloc(1, sizeof *e);
	if (!e)
		return cfgerr_set(err, local, 0, "out of memory");
	e->limits = *limits;
	if (load_all(e, local, official, err) < 0) {
		extract_free(&e);
		return -1;
	}
	for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++) {
		iconv_t cd = iconv_open("UTF-8", charsets[i]);
		if (cd != (iconv_t)-1)
			e->charsets[e->ncharsets++] = cd;
	}
	*engine_r = e;
	return 0;
}

void extract_free(struct extract_engine **engine)
{
	struct extract_engine *e = *engine;
	*engine = NULL;
	if (!e)
		return;
	for (size_t i = 0; i < e->ncharsets; i++)
		iconv_close(e->charsets[i]);
	if (e->cl)
		cl_engine_free(e->cl);
	free(e);
}

unsigned extract_signatures(const struct extract_engine *engine) { return engine->local + engine->official; }
unsigned extract_official_signatures(const struct extract_engine *engine) { return engine->official; }

int extract_worker_init(struct extract_engine *e, const char *tmp_dir)
{
	struct stat st;
	unsigned seed;
	if (stat(tmp_dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return -1;
	/* names of temporary files come from rand(): with the parent's seed all workers would choose the same */
	if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
		return -1;
	srand(seed);
	if (setenv("TMPDIR", tmp_dir, 1) < 0 || cl_engine_set_str(e->cl, CL_ENGINE_TMPDIR, tmp_dir) != CL_SUCCESS)
		return -1;
	return 0;
}
