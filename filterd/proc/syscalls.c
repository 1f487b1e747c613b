#include "config.h"

#include "proc/syscalls.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum {
	W = 1 << SANDBOX_WORKER,
	N = 1 << SANDBOX_NURSERY,
	R = 1 << SANDBOX_RECORDER,
	B = 1 << SANDBOX_BROKER,
	ALL = W | N | R | B,
	SAN = 1 << 7, /* all, when built with sanitizers */
};

static const struct allowed {
	int call;
	int profiles;
} allowed[] = {
	/* memory (mmap and mprotect below), time, ending */
	{ SCMP_SYS(brk), ALL },
	{ SCMP_SYS(munmap), ALL },
	{ SCMP_SYS(mremap), ALL },
	{ SCMP_SYS(madvise), ALL },
	{ SCMP_SYS(futex), ALL },
	{ SCMP_SYS(clock_gettime), ALL },
	{ SCMP_SYS(clock_getres), ALL },
	{ SCMP_SYS(gettimeofday), ALL },
	{ SCMP_SYS(time), ALL },
	{ SCMP_SYS(nanosleep), ALL },
	{ SCMP_SYS(clock_nanosleep), ALL },
	{ SCMP_SYS(getrandom), ALL },
	{ SCMP_SYS(getpid), ALL },
	{ SCMP_SYS(gettid), ALL },
	{ SCMP_SYS(getuid), ALL },
	{ SCMP_SYS(geteuid), ALL },
	{ SCMP_SYS(getgid), ALL },
	{ SCMP_SYS(getegid), ALL },
	{ SCMP_SYS(uname), ALL },
	{ SCMP_SYS(sysinfo), ALL },
	{ SCMP_SYS(getrusage), ALL },
	{ SCMP_SYS(times), ALL },
	{ SCMP_SYS(sched_yield), ALL },
	{ SCMP_SYS(sched_getaffinity), ALL },
	{ SCMP_SYS(rt_sigaction), ALL },
	{ SCMP_SYS(rt_sigprocmask), ALL },
	{ SCMP_SYS(rt_sigreturn), ALL },
	{ SCMP_SYS(sigaltstack), ALL },
	{ SCMP_SYS(restart_syscall), ALL },
	{ SCMP_SYS(exit), ALL },
	{ SCMP_SYS(exit_group), ALL },
	/* open files */
	{ SCMP_SYS(read), ALL },
	{ SCMP_SYS(readv), ALL },
	{ SCMP_SYS(pread64), ALL },
	{ SCMP_SYS(preadv), ALL },
	{ SCMP_SYS(write), ALL },
	{ SCMP_SYS(writev), ALL },
	{ SCMP_SYS(pwrite64), ALL },
	{ SCMP_SYS(pwritev), ALL },
	{ SCMP_SYS(lseek), ALL },
	{ SCMP_SYS(close), ALL },
	{ SCMP_SYS(close_range), ALL },
	{ SCMP_SYS(dup), ALL },
	{ SCMP_SYS(fcntl), ALL },
	{ SCMP_SYS(fstat), ALL },
	{ SCMP_SYS(fstatfs), ALL },
	{ SCMP_SYS(ftruncate), ALL },
	{ SCMP_SYS(fsync), ALL },
	{ SCMP_SYS(fdatasync), N | R | B },
	{ SCMP_SYS(sync_file_range), R | B },
	{ SCMP_SYS(fallocate), R | B },
	{ SCMP_SYS(fadvise64), ALL },
	{ SCMP_SYS(flock), N | R | B },
	{ SCMP_SYS(fchmod), ALL },
	{ SCMP_SYS(fchown), N | R | B },
	{ SCMP_SYS(sendfile), R | B },
	{ SCMP_SYS(copy_file_range), R | B },
	{ SCMP_SYS(splice), R | B },
	{ SCMP_SYS(poll), ALL },
	{ SCMP_SYS(ppoll), ALL },
	{ SCMP_SYS(select), ALL },
	{ SCMP_SYS(pselect6), ALL },
	{ SCMP_SYS(pipe), N | R | B },
	{ SCMP_SYS(pipe2), N | R | B },
	{ SCMP_SYS(dup2), N | R | B },
	{ SCMP_SYS(dup3), N | R | B },
	/* names, as far as Landlock lets them */
	{ SCMP_SYS(open), ALL },
	{ SCMP_SYS(openat), ALL },
	{ SCMP_SYS(stat), ALL },
	{ SCMP_SYS(lstat), ALL },
	{ SCMP_SYS(newfstatat), ALL },
	{ SCMP_SYS(statx), ALL },
	{ SCMP_SYS(statfs), ALL },
	{ SCMP_SYS(access), ALL },
	{ SCMP_SYS(faccessat), ALL },
	{ SCMP_SYS(faccessat2), ALL },
	{ SCMP_SYS(readlink), ALL },
	{ SCMP_SYS(readlinkat), ALL },
	{ SCMP_SYS(getcwd), ALL },
	{ SCMP_SYS(getdents64), ALL },
	{ SCMP_SYS(mkdir), ALL },
	{ SCMP_SYS(mkdirat), ALL },
	{ SCMP_SYS(rmdir), ALL },
	{ SCMP_SYS(unlink), ALL },
	{ SCMP_SYS(unlinkat), ALL },
	{ SCMP_SYS(rename), ALL },
	{ SCMP_SYS(renameat), ALL },
	{ SCMP_SYS(renameat2), N | R | B },
	{ SCMP_SYS(link), R | B },
	{ SCMP_SYS(linkat), R | B },
	{ SCMP_SYS(chmod), ALL },
	{ SCMP_SYS(fchmodat), ALL },
	{ SCMP_SYS(truncate), N | R | B },
	{ SCMP_SYS(utimensat), N | R | B },
	{ SCMP_SYS(umask), ALL },
	{ SCMP_SYS(chown), B }, /* group of the sockets it makes */
	{ SCMP_SYS(fchownat), B },
	{ SCMP_SYS(memfd_create), N | R | B },
	/* sockets that were handed over */
	{ SCMP_SYS(sendmsg), ALL },
	{ SCMP_SYS(recvmsg), ALL },
	{ SCMP_SYS(sendto), ALL },
	{ SCMP_SYS(recvfrom), ALL },
	{ SCMP_SYS(sendmmsg), R | B },
	{ SCMP_SYS(recvmmsg), R | B },
	{ SCMP_SYS(shutdown), ALL },
	{ SCMP_SYS(getsockopt), ALL },
	{ SCMP_SYS(getsockname), N | R | B },
	{ SCMP_SYS(getpeername), N | R | B },
	{ SCMP_SYS(socketpair), N | B },
	/* event loop */
	{ SCMP_SYS(epoll_create), N | R | B },
	{ SCMP_SYS(epoll_create1), N | R | B },
	{ SCMP_SYS(epoll_ctl), N | R | B },
	{ SCMP_SYS(epoll_wait), N | R | B },
	{ SCMP_SYS(epoll_pwait), N | R | B },
	{ SCMP_SYS(epoll_pwait2), N | R | B },
	{ SCMP_SYS(eventfd2), N | R | B },
	{ SCMP_SYS(timerfd_create), N | R | B },
	{ SCMP_SYS(timerfd_settime), N | R | B },
	{ SCMP_SYS(signalfd4), N | R | B },
	{ SCMP_SYS(rt_sigtimedwait), N | R | B },
	{ SCMP_SYS(set_robust_list), N | R | B },
	{ SCMP_SYS(rseq), N | R | B },
	{ SCMP_SYS(getppid), N | R | B },
	{ SCMP_SYS(sched_setaffinity), R | B },
	/* sockets of one's own */
	{ SCMP_SYS(connect), B },
	{ SCMP_SYS(bind), B },
	{ SCMP_SYS(listen), B },
	{ SCMP_SYS(accept), B },
	{ SCMP_SYS(accept4), B },
	{ SCMP_SYS(setsockopt), R | B },
	{ SCMP_SYS(ioctl), B }, /* FIONREAD; devices can't be opened */
	/* workers are born and buried, and close themselves in further */
	{ SCMP_SYS(fork), N },
	{ SCMP_SYS(vfork), N },
	{ SCMP_SYS(clone), N },
	{ SCMP_SYS(wait4), N },
	{ SCMP_SYS(waitid), N },
	{ SCMP_SYS(kill), N },
	{ SCMP_SYS(pidfd_open), N },
	{ SCMP_SYS(pidfd_send_signal), N },
	{ SCMP_SYS(prctl), N },
	{ SCMP_SYS(setrlimit), N },
	{ SCMP_SYS(prlimit64), N },
	{ SCMP_SYS(setsid), N },
	{ SCMP_SYS(seccomp), N },
	{ SCMP_SYS(landlock_create_ruleset), N },
	{ SCMP_SYS(landlock_add_rule), N },
	{ SCMP_SYS(landlock_restrict_self), N },
	/* what AddressSanitizer's run time and its reports take */
	{ SCMP_SYS(tgkill), SAN },
	{ SCMP_SYS(getppid), SAN },
	{ SCMP_SYS(prlimit64), SAN },
	{ SCMP_SYS(arch_prctl), SAN },
	{ SCMP_SYS(set_robust_list), SAN },
	{ SCMP_SYS(rseq), SAN },
};

/* Refusal would do, but who tries these has been taken over: end it, so that it is seen. */
static const int deadly[] = {
	SCMP_SYS(execve),   SCMP_SYS(execveat),      SCMP_SYS(ptrace),           SCMP_SYS(process_vm_readv),
	SCMP_SYS(mount),    SCMP_SYS(umount2),       SCMP_SYS(process_vm_writev), SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),   SCMP_SYS(unshare),       SCMP_SYS(setns),            SCMP_SYS(bpf),
	SCMP_SYS(setuid),   SCMP_SYS(setresuid),     SCMP_SYS(setreuid),         SCMP_SYS(init_module),
	SCMP_SYS(kexec_load), SCMP_SYS(finit_module), SCMP_SYS(io_uring_setup),  SCMP_SYS(userfaultfd),
	SCMP_SYS(perf_event_open), SCMP_SYS(keyctl), SCMP_SYS(add_key),          SCMP_SYS(open_by_handle_at),
};

static int add_memory(scmp_filter_ctx ctx, int worker)
{
	static const int calls[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
	int r = 0;
	for (size_t i = 0; i < 2 && r == 0; i++) {
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
		/* a shared object that was not loaded in time fails to load; in a worker nothing loads any */
		if (r == 0 && !worker)
			r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), calls[i], 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	}
	return r;
}

static int add_special(scmp_filter_ctx ctx, enum sandbox_profile profile)
{
	int r = 0;
	if (profile == SANDBOX_WORKER) {
		/* stdio asks whether it writes to a terminal; limits may be read but not set */
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1, SCMP_A1_32(SCMP_CMP_EQ, TCGETS));
		if (r == 0)
			r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0));
		return r;
	}
	/* abort() and raise(); threads, but no processes: clone3 hides its flags, so that libc falls back to clone */
	r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 0);
	if (r == 0 && profile != SANDBOX_NURSERY) {
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
		if (r == 0)
			r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	}
	if (r == 0 && profile == SANDBOX_BROKER) {
		static const unsigned families[] = { AF_UNIX, AF_INET, AF_INET6 };
		for (size_t i = 0; i < sizeof families / sizeof *families && r == 0; i++)
			r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0_32(SCMP_CMP_EQ, families[i]));
	}
	return r;
}

int syscalls_restrict(enum sandbox_profile profile)
{
	int worker = profile == SANDBOX_WORKER, r;
	scmp_filter_ctx ctx = seccomp_init(worker ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
	if (!ctx)
		return -ENOMEM;
	int mask = 1 << profile;
#ifdef FILTERD_SANITIZERS
	mask |= SAN;
#endif
	r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* a tree of calls instead of a chain: half the cost per call */
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed && r == 0; i++)
		if (allowed[i].profiles & mask)
			r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i].call, 0);
	for (size_t i = 0; i < sizeof deadly / sizeof *deadly && r == 0 && !worker; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	if (r == 0)
		r = add_memory(ctx, worker);
	if (r == 0)
		r = add_special(ctx, profile);
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r;
}
