/* proc/privs, lock, folders, spawn: how a role comes to be.  What needs root is skipped for others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/io.h"
#include "proc/folders.h"
#include "proc/lock.h"
#include "proc/privs.h"
#include "proc/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int setup(void **state)
{
	char *dir = strdup("/tmp/filterd-proc-XXXXXX");
	assert_non_null(mkdtemp(dir));
	*state = dir;
	return chmod(dir, 0755);
}

static int teardown(void **state)
{
	char command[100];
	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	int r = system(command);
	free(*state);
	return r;
}

static int exit_of(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* ---- privileges ---- */

static void root_is_no_user_to_become(void **state)
{
	struct privs p;
	char why[200];
	assert_int_equal(privs_find_user("root", &p, why, sizeof why), -1);
	assert_non_null(strstr(why, "root"));
	assert_int_equal(privs_find_user("no-such-user-here", &p, why, sizeof why), -1);
	assert_non_null(strstr(why, "no user \"no-such-user-here\""));
	assert_int_equal(privs_drop(&(struct privs){ 0 }), -1);
}

static int after_drop(void)
{
	struct privs p;
	char why[200];
	gid_t groups[32];
	if (privs_find_user("nobody", &p, why, sizeof why) < 0 || privs_add_group(&p, "mail", why, sizeof why) < 0 ||
	    privs_drop(&p) < 0)
		return 1;
	if (getuid() != p.uid || geteuid() != p.uid || getgid() != p.gid)
		return 2;
	if (getgroups(32, groups) != 1 || groups[0] != p.groups[0])
		return 3;
	if (setuid(0) == 0 || setresuid(-1, 0, -1) == 0 || setgroups(0, NULL) == 0)
		return 4;
	if (open("/etc/shadow", O_RDONLY) >= 0)
		return 5;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 6;
}

static void drop_has_no_way_back(void **state)
{
	if (geteuid() != 0)
		skip();
	pid_t pid = fork();
	if (pid == 0)
		_exit(after_drop());
	assert_int_equal(exit_of(pid), 0);
}

static int after_shedding(const char *dir)
{
	char path[100];
	struct privs p;
	snprintf(path, sizeof path, "%s/theirs", dir);
	if (privs_shed_capabilities() < 0)
		return 1;
	if (open(path, O_RDONLY) < 0) /* a secret of another user can still be read */
		return 2;
	if (open(path, O_WRONLY) >= 0 || chown(path, 1, 1) == 0) /* … and no more */
		return 3;
	if (privs_find_user("nobody", &p, path, sizeof path) < 0 || privs_drop(&p) < 0)
		return 4; /* and the roles can still become the user */
	return 0;
}

static void monitor_keeps_what_it_needs_only(void **state)
{
	char path[100];
	if (geteuid() != 0)
		skip();
	snprintf(path, sizeof path, "%s/theirs", (char *)*state);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(chown(path, 65534, 65534), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(after_shedding(*state));
	assert_int_equal(exit_of(pid), 0);
}

/* ---- lock ---- */

static void second_taker_is_told_the_first(void **state)
{
	pid_t other;
	int fd = lock_take(*state, &other);
	assert_true(fd >= 0);
	/* another open file description, as another process would have */
	assert_int_equal(lock_take(*state, &other), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(other, getpid());
	close(fd);
	fd = lock_take(*state, &other);
	assert_true(fd >= 0);
	close(fd);
}

static void lock_is_not_led_astray(void **state)
{
	char path[100], target[100];
	pid_t other;
	struct stat st;
	snprintf(path, sizeof path, "%s/lock", (char *)*state);
	snprintf(target, sizeof target, "%s/precious", (char *)*state);
	int fd = open(target, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(fd, "precious", 8), 8);
	close(fd);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(lock_take(*state, &other), -1);
	unlink(path);
	assert_int_equal(link(target, path), 0);
	assert_int_equal(lock_take(*state, &other), -1);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(lock_take(*state, &other), -1);
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 8);
}

/* ---- folders ---- */

static void check_folder(const char *top, const char *name, mode_t mode, uid_t uid)
{
	char path[200];
	struct stat st;
	snprintf(path, sizeof path, "%s/%s", top, name);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 07777, mode);
	assert_int_equal(st.st_uid, uid);
}

static void folders_have_owner_and_mode(void **state)
{
	char st[100], run[100], why[300] = "";
	uid_t uid = geteuid() == 0 ? 65534 : geteuid();
	gid_t gid = geteuid() == 0 ? 65534 : getegid();
	snprintf(st, sizeof st, "%s/state", (char *)*state);
	snprintf(run, sizeof run, "%s/run", (char *)*state);
	for (int i = 0; i < 2; i++) /* made, and then found */
		if (folders_make(st, run, uid, gid, why, sizeof why) < 0)
			fail_msg("%s", why);
	static const char *const names[] = { "", "spool", "uploads", "keys", "journal", "quarantine" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		check_folder(st, names[i], 0700, uid);
	check_folder(run, "", 0755, uid);
	check_folder(run, "tmp", 0700, uid);

	char keys[120];
	snprintf(keys, sizeof keys, "%s/keys", st);
	assert_int_equal(chmod(keys, 0755), 0); /* somebody was careless */
	assert_int_equal(folders_make(st, run, uid, gid, why, sizeof why), 0);
	check_folder(st, "keys", 0700, uid);
}

static void folders_follow_no_link(void **state)
{
	char st[100], run[100], path[120], elsewhere[100], why[300] = "";
	struct stat info;
	snprintf(st, sizeof st, "%s/state", (char *)*state);
	snprintf(run, sizeof run, "%s/run", (char *)*state);
	snprintf(path, sizeof path, "%s/keys", st);
	snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", (char *)*state);
	uid_t uid = geteuid() == 0 ? 65534 : geteuid();
	assert_int_equal(mkdir(st, 0700), 0);
	assert_int_equal(mkdir(elsewhere, 0755), 0);
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_int_equal(folders_make(st, run, uid, uid, why, sizeof why), -1);
	assert_non_null(strstr(why, "keys"));
	assert_int_equal(stat(elsewhere, &info), 0);
	assert_int_equal(info.st_uid, geteuid());
	assert_int_equal(info.st_mode & 0777, 0755);
}

static void folder_of_somebody_else_is_refused(void **state)
{
	char st[100], run[100], path[120], why[300] = "";
	if (geteuid() != 0)
		skip();
	snprintf(st, sizeof st, "%s/state", (char *)*state);
	snprintf(run, sizeof run, "%s/run", (char *)*state);
	snprintf(path, sizeof path, "%s/keys", st);
	assert_int_equal(mkdir(st, 0700), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(folders_make(st, run, 65534, 65534, why, sizeof why), -1); /* keys is root's */
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(folders_make(st, run, 65534, 65534, why, sizeof why), 0);
	assert_int_equal(chown(st, 1, 1), 0);
	assert_int_equal(folders_make(st, run, 65534, 65534, why, sizeof why), -1);
}

/* ---- spawn ---- */

static int run_shell(const char *script, int *fds, int nfds, const struct privs *privs)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct spawn s = { .path = "/bin/sh", .argv = argv, .nfds = nfds, .privs = privs };
	for (int i = 0; i < nfds; i++)
		s.fds[i] = fds[i];
	pid_t pid = spawn_run(&s);
	assert_true(pid > 0);
	return exit_of(pid);
}

static void descriptors_are_where_they_belong(void **state)
{
	/* given in an order that clashes with the targets: 4 goes to 3 and 3 goes to 4 */
	int a = io_memfd_sealed("a", "from a\n", 7), b = io_memfd_sealed("b", "from b\n", 7),
	    stray = open("/dev/null", O_RDONLY);
	assert_true(fcntl(stray, F_SETFD, 0) == 0); /* would be inherited */
	assert_int_equal(
	        run_shell("read x <&3 && test \"$x\" = 'from b' && read y <&4 && test \"$y\" = 'from a' && exit 7",
	                  (int[]){b, a}, 2, NULL),
	        7);
	assert_int_equal(
	        run_shell("for i in 5 6 7 8 9; do if eval \"true <&$i\" 2>/dev/null; then exit 1; fi; done; exit 7",
	                  (int[]){b, a}, 2, NULL),
	        7);
	close(a);
	close(b);
	close(stray);
}

static void environment_is_clean(void **state)
{
	setenv("LD_PRELOAD_X", "evil", 1);
	setenv("FILTERD_SECRET", "x", 1);
	assert_int_equal(
	        run_shell("test -z \"$LD_PRELOAD_X$FILTERD_SECRET$HOME\" && test \"$LANG\" = C.UTF-8 && exit 7", NULL,
	                  0, NULL),
	        7);
	unsetenv("LD_PRELOAD_X");
	unsetenv("FILTERD_SECRET");
}

static void signals_are_at_their_defaults(void **state)
{
	sigset_t all, old;
	sigfillset(&all);
	signal(SIGTERM, SIG_IGN);
	sigprocmask(SIG_BLOCK, &all, &old);
	int r = run_shell("kill -TERM $$; exit 7", NULL, 0, NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGTERM, SIG_DFL);
	assert_int_equal(r, 1000 + SIGTERM);
}

static void program_runs_as_the_user(void **state)
{
	struct privs p;
	char why[200];
	if (geteuid() != 0)
		skip();
	assert_int_equal(privs_find_user("nobody", &p, why, sizeof why), 0);
	assert_int_equal(
	        run_shell(
	                "test \"$(id -u)\" = \"$(id -u nobody)\" && test \"$(id -G)\" = \"$(id -g nobody)\" && exit 7",
	                NULL, 0, &p),
	        7);
}

static void missing_program_is_an_error_here(void **state)
{
	const char *const argv[] = { "x", NULL };
	assert_int_equal(spawn_run(&(struct spawn){ .path = "/nonexistent/x", .argv = argv }), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie is left */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_is_no_user_to_become),
		cmocka_unit_test(drop_has_no_way_back),
		TEST(monitor_keeps_what_it_needs_only),
		TEST(second_taker_is_told_the_first),
		TEST(lock_is_not_led_astray),
		TEST(folders_have_owner_and_mode),
		TEST(folders_follow_no_link),
		TEST(folder_of_somebody_else_is_refused),
		cmocka_unit_test(descriptors_are_where_they_belong),
		cmocka_unit_test(environment_is_clean),
		cmocka_unit_test(signals_are_at_their_defaults),
		cmocka_unit_test(program_runs_as_the_user),
		cmocka_unit_test(missing_program_is_an_error_here),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
