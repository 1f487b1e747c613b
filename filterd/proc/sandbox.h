/* Closing a process in, once it is set up: what it can't do any more, whatever it is talked into.
 *
 * Four layers: no new privileges and no dumps; resource limits; Landlock (only the folders given); a
 * seccomp list of system calls.  There is no way back.  Where the kernel lacks Landlock the rest still holds.
 *
 *             system calls                     refused       killed by             files
 * worker      reading, its temp folder         —             anything else         folders given
 * nursery     + fork, socketpair, wait, kill   anything else exec, ptrace, mount…  folders given
 * recorder    files, inherited sockets         anything else exec, ptrace, mount…  folders given
 * broker      + sockets                        anything else exec, ptrace, mount…  folders given
 *
 * No profile may map memory that is executable: JIT code is compiled, and every shared object (iconv tables)
 * loaded, before.
 */
#ifndef FILTERD_PROC_SANDBOX_H
#define FILTERD_PROC_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

enum sandbox_profile { SANDBOX_WORKER, SANDBOX_NURSERY, SANDBOX_RECORDER, SANDBOX_BROKER, SANDBOX_COUNT };

enum sandbox_access { SANDBOX_READ, SANDBOX_WRITE }; /* WRITE: reading, creating and deleting too */

struct sandbox_path {
	const char *path; /* a folder with all below it, or a file; NULL or missing ones are left out */
	enum sandbox_access access;
};

enum { SANDBOX_PATHS_MAX = 16 };

struct sandbox {
	enum sandbox_profile profile;
	struct sandbox_path paths[SANDBOX_PATHS_MAX];
	size_t npaths;
	uint64_t data_max; /* bytes of private memory beyond what it has now (RLIMIT_DATA); 0 = no limit */
	uint64_t file_max; /* bytes of one file it writes (RLIMIT_FSIZE); 0 = no limit */
	uint64_t fds_max;  /* descriptors (RLIMIT_NOFILE); 0 = as it is */
};

/* The Landlock ABI of this kernel; 0 if there is none. */
int sandbox_landlock_abi(void);

/* Closes this process in; ends with a look whether it holds.  On failure -1, and *why_r (static text) names
 * the step that failed: the process must exit. */
int sandbox_enter(const struct sandbox *s, const char **why_r) __attribute__((warn_unused_result));

/* To be run before sandbox_enter(): a child that closes itself in by s tries what it must not
 * do: to open a file outside, and to start a program.  0 if it was refused the one and killed for the other. */
int sandbox_canary(const struct sandbox *s, const char **why_r) __attribute__((warn_unused_result));

#endif
