"""What a sandbox may ask of the machine's kernel."""

import platform

import pytest

from grader.execution.session import Session
from tests.sandbox.wall import inside

CALL = """
    import ctypes, errno
    libc = ctypes.CDLL(None, use_errno=True)
    result = errno.errorcode.get(ctypes.get_errno(), "allowed") if libc.syscall(number, *arguments) == -1 else "allowed"
"""
X86_64 = {
    "ptrace": 101, "keyctl": 250, "add_key": 248, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "mount": 165,
    "unshare": 272, "setns": 308, "io_uring_setup": 425, "process_vm_writev": 311, "open_by_handle_at": 304,
    "pidfd_getfd": 438, "chroot": 161, "kexec_load": 246,
}  # fmt: skip
here = pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86_64")


@here
@pytest.mark.parametrize("name", X86_64)
def test_calls_that_student_code_has_no_use_for_are_refused(wall: Session, name: str) -> None:
    assert inside(wall, CALL, number=X86_64[name], arguments=[0] * 6) == "EPERM"


@here
def test_clone3_looks_as_if_this_kernel_did_not_have_it(wall: Session) -> None:
    assert inside(wall, CALL, number=435, arguments=[0] * 6) == "ENOSYS"


@here
@pytest.mark.parametrize("flag", [0x20000, 0x10000000, 0x40000000], ids=["mounts", "users", "network"])
def test_no_namespace_can_be_made(wall: Session, flag: int) -> None:
    assert inside(wall, CALL, number=56, arguments=[flag | 17, 0, 0, 0, 0, 0]) == "EPERM"


SOCKET = """
    import errno, socket
    try:
        socket.socket(getattr(socket, family, 40), getattr(socket, kind)).close()
        result = "allowed"
    except OSError as error:
        result = errno.errorcode[error.errno]
"""


@pytest.mark.parametrize("family", ["AF_VSOCK", "AF_ALG", "AF_PACKET", "AF_BLUETOOTH", "AF_CAN", "AF_TIPC"])
def test_sockets_that_no_namespace_contains_are_refused(wall: Session, family: str) -> None:
    assert inside(wall, SOCKET, family=family, kind="SOCK_RAW") == "EPERM"


@pytest.mark.parametrize("family", ["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"])
def test_sockets_that_end_inside_can_be_had(wall: Session, family: str) -> None:
    kind = "SOCK_RAW" if family == "AF_NETLINK" else "SOCK_STREAM"
    assert inside(wall, SOCKET, family=family, kind=kind) == "allowed"


def test_neither_named_pipes_nor_devices_can_be_made(wall: Session) -> None:
    source = """
        import os, stat
        result = []
        for kind in (stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK):
            try:
                os.mknod("/tmp/node", kind | 0o600, os.makedev(1, 3))
                result.append(kind)
            except PermissionError:
                pass
    """
    assert inside(wall, source) == []


OTHER_NUMBERS = """
import ctypes, mmap
memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
memory.write(bytes.fromhex("b814000000cd80c3"))
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))())
"""
"""`mov eax, 20; int 0x80; ret` asks for the process's id as a 32-bit program does."""


@here
def test_calls_by_the_numbers_of_another_architecture_end_the_process(wall: Session) -> None:
    source = """
        import subprocess, sys
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        result = [ended.returncode, ended.stdout]
    """
    assert inside(wall, source, code=OTHER_NUMBERS) == [-31, ""]


def test_the_first_process_inside_is_filtered_too(wall: Session) -> None:
    source = """
        result = [line for line in open("/proc/1/status").read().splitlines() if line.startswith("Seccomp:")]
    """
    assert inside(wall, source) == ["Seccomp:\t2"]
