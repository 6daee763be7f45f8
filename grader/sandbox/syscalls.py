"""Which system calls a sandbox may make: one list of rules, as a seccomp filter for bubblewrap and for container engines.

All are allowed but those that student code has no use for and that have been a way out elsewhere. What is refused fails
with an error code, so that libraries fall back; calls by another architecture's numbers end the process.
"""

import errno
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

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


@dataclass(frozen=True)
class Rule:
    """A call that fails with `error`: always, or where the argument `index` compares so with the values."""

    call: str
    error: int = errno.EPERM
    index: int = 0
    compare: Literal["", "EQ", "GT", "MASKED_EQ"] = ""
    values: tuple[int, ...] = ()
    """One value, or the mask and what it must leave."""


def rules() -> Iterator[Rule]:
    for call in DENIED:
        yield Rule(call)
    # its flags lie in memory, where no filter sees them; libc falls back to clone
    yield Rule("clone3", errno.ENOSYS)
    for flag in NEW_NAMESPACES:
        yield Rule("clone", compare="MASKED_EQ", values=(flag, flag))
    for call in ("socket", "socketpair"):
        for family in set(range(max(SOCKET_FAMILIES))) - SOCKET_FAMILIES:
            yield Rule(call, compare="EQ", values=(family,))
        yield Rule(call, compare="GT", values=(max(SOCKET_FAMILIES),))
    for request in TERMINAL_INPUT:
        yield Rule("ioctl", index=1, compare="MASKED_EQ", values=(0xFFFFFFFF, request))


def filter_program() -> bytes:
    """The filter, as `bwrap --seccomp` reads it."""
    try:
        import pyseccomp  # noqa: PLC0415 - it looks for the library while it is imported
    except RuntimeError as error:
        raise SandboxError("libseccomp is not installed: `apt-get install libseccomp2`") from error
    program = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for rule in rules():
        compared = [pyseccomp.Arg(rule.index, getattr(pyseccomp, rule.compare), *rule.values)] if rule.compare else []
        program.add_rule(pyseccomp.ERRNO(rule.error), rule.call, *compared)
    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()


def filter_profile() -> dict[str, Any]:
    """The filter, as container engines read it. It names no architecture: that of the machine is the only one."""
    syscalls = []
    for rule in rules():
        values = dict(zip(("value", "valueTwo"), rule.values, strict=False))
        compared = [{"index": rule.index, "op": f"SCMP_CMP_{rule.compare}", **values}] if rule.compare else []
        syscalls.append({"names": [rule.call], "action": "SCMP_ACT_ERRNO", "errnoRet": rule.error, "args": compared})
    return {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": syscalls}
