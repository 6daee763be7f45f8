"""Which system calls a sandbox may make: a seccomp filter, as the kernel's BPF.

All are allowed but those that student code has no use for and that have been a way out elsewhere. What is refused fails
with an error code, so that libraries fall back; calls by another architecture's numbers end the process.
"""

import errno
import tempfile

from grader.errors import SandboxError

DENIED = (
    *("keyctl", "add_key", "request_key"),  # keyrings outlive a sandbox
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise"),
    *("mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick"),
    *("mount_setattr", "unshare", "setns", "sethostname", "setdomainname"),
    *("name_to_handle_at", "open_by_handle_at", "fanotify_init", "quotactl", "quotactl_fd", "mknod", "mknodat"),
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "memfd_secret"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff"),
    *("acct", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "syslog", "lookup_dcookie", "nfsservctl"),
    *("iopl", "ioperm", "modify_ldt", "migrate_pages", "move_pages", "vhangup", "uselib", "ustat", "sysfs"),
)
SOCKET_FAMILIES = {1, 2, 10, 16}
"""UNIX, INET, INET6 and NETLINK: all of them end at the sandbox's own network namespace. VSOCK and ALG do not."""
NEW_NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
TERMINAL_INPUT = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX type into a terminal."""


def filter_program() -> bytes:
    """The filter, as `bwrap --seccomp` reads it."""
    try:
        import pyseccomp  # noqa: PLC0415 - it looks for the library while it is imported
    except RuntimeError as error:
        raise SandboxError("libseccomp is not installed: `apt-get install libseccomp2`") from error
    refused, unknown = pyseccomp.ERRNO(errno.EPERM), pyseccomp.ERRNO(errno.ENOSYS)
    program = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in DENIED:
        program.add_rule(refused, name)
    # its flags lie in memory, where no filter sees them; libc falls back to clone
    program.add_rule(unknown, "clone3")
    for flag in NEW_NAMESPACES:
        program.add_rule(refused, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    for call in ("socket", "socketpair"):
        for family in set(range(max(SOCKET_FAMILIES))) - SOCKET_FAMILIES:
            program.add_rule(refused, call, pyseccomp.Arg(0, pyseccomp.EQ, family))
        program.add_rule(refused, call, pyseccomp.Arg(0, pyseccomp.GT, max(SOCKET_FAMILIES)))
    for request in TERMINAL_INPUT:
        program.add_rule(refused, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request))
    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()
