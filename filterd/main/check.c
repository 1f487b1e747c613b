#include "main/check.h"

#include "conf/conf.h"
#include "main/paths.h"
#include "policy/rules.h"
#include "proc/privs.h"
#include "proc/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int wrong(const char *what, const char *path, const char *why)
{
	fprintf(stderr, "%s: %s%s%s\n", what, path, *path ? ": " : "", why);
	return 1;
}

static int check_folder(const char *option, const char *path)
{
	if (!*path)
		return 0;
	DIR *d = opendir(path);
	if (!d)
		return wrong(option, path, strerror(errno));
	closedir(d);
	return 0;
}

/* A folder that filterd makes itself, if only the one above is there. */
static int check_made_folder(const char *option, const char *path)
{
	char above[PATH_MAX];
	char *slash;
	if (access(path, F_OK) == 0 || snprintf(above, sizeof above, "%s", path) >= (int)sizeof above ||
	    !(slash = strrchr(above, '/')) || slash == above)
		return 0;
	*slash = '\0';
	return access(above, F_OK) < 0 ? wrong(option, path, "can't be made, because the folder above it is missing") : 0;
}

static int check_file(const char *option, const char *path)
{
	return *path && access(path, R_OK) < 0 ? wrong(option, path, strerror(errno)) : 0;
}

/* Only root becomes another user; for anybody else user and groups mean nothing. */
static int check_users(const struct conf *c)
{
	struct privs p;
	char why[300];
	if (geteuid() != 0)
		return 0;
	if (privs_find_user(c->user, &p, why, sizeof why) < 0)
		return wrong("user", "", why);
	if (privs_add_group(&p, c->control.group, why, sizeof why) < 0)
		return wrong("control.group", "", why);
	if (privs_add_group(&p, c->inspect.group, why, sizeof why) < 0)
		return wrong("inspect.group", "", why);
	return 0;
}

/* What would serve is not refused, though it may be a slip: it is warned of. */
static int check_rules(const struct conf *c, const char *self)
{
	char ctl[4096];
	const char *const argv[] = { "filterctl", "-c", c->path, "rules", "check", "--warn-only", c->rules, NULL };
	int status;
	if (paths_ctl(self, ctl, sizeof ctl) < 0)
		return wrong("rules", ctl, "not found; it checks the detectors");
	pid_t pid = spawn_run(&(struct spawn){ .path = ctl, .argv = argv });
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return wrong("rules", ctl, strerror(errno));
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0; /* it has said what is wrong */
}

int check_run(const char *conf_path, const char *self)
{
	struct bundle b;
	struct conf *c;
	struct policy_rules *rules = NULL;
	struct cfgerr err = { 0 };
	if (conf_load(conf_path, &b, &c, &err) < 0)
		goto refused;
	if (policy_rules_parse(&b, &rules, &err) < 0 || policy_rules_check(rules, c, &err) < 0) {
		policy_rules_free(&rules);
		conf_free(&c);
		bundle_free(&b);
		goto refused;
	}
	policy_rules_free(&rules);
	int bad = check_users(c) | check_made_folder("state_dir", c->state_dir) | check_made_folder("run_dir", c->run_dir) |
	          check_folder("scan.signatures", c->scan.signatures) |
	          check_folder("scan.official", c->scan.official) |
	          check_file("inspect.certificate", c->inspect.certificate) |
	          check_file("inspect.key", c->inspect.key) | check_file("upload.certificate", c->upload.certificate) |
	          check_file("upload.key", c->upload.key) | check_file("syslog.ca", c->syslog.ca);
	bad |= check_rules(c, self);
	if (!bad)
		printf("%s is good\n", conf_path);
	else
		fprintf(stderr, "%s can't be used yet: see above\n", conf_path);
	conf_free(&c);
	bundle_free(&b);
	return bad;
refused:
	if (err.line)
		fprintf(stderr, "%s:%d: %s\n", err.file, err.line, err.text);
	else
		fprintf(stderr, "%s: %s\n", err.file, err.text);
	return 1;
}
