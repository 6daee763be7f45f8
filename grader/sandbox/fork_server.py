"""Forks kernels from a process that has imported what notebooks use, as a program of its own.

It runs with the files in view that a sandbox has, holds nothing secret, and is told over its standard input what to
import. Whoever connects to its socket gets a process that enters a sandbox which bubblewrap has built, gives up all that
the sandbox does not have, and only then becomes a kernel. The end of the standard input ends the server, and no kernel.
"""

import ast
import ctypes
import gc
import importlib
import importlib.util
import json
import logging
import multiprocessing
import os
import resource
import select
import signal
import socket
import struct
import sys
from typing import Any, NoReturn

import numpy as np
import torch
from ipykernel.kernelapp import IPKernelApp

NAMESPACES = 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000
"""Mount, cgroup, UTS, IPC, user, PID and network."""
SET_DUMPABLE, SET_SECCOMP, CAPBSET_READ, CAPBSET_DROP, SET_NO_NEW_PRIVS, CAP_AMBIENT = 4, 22, 23, 24, 38, 47
FILTER, CLEAR_ALL, CAPABILITY_VERSION = 2, 4, 0x20080522
STUDENT = 1000
REQUEST_BYTES, REQUEST_SECONDS = 1 << 20, 60.0
NOT_BEFORE = {"matplotlib_inline"}
"""Packages that look for their kernel while they are imported."""

libc = ctypes.CDLL(None, use_errno=True)


def call(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def threads() -> int:
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208


def warm_up(prelude: str, typical: str) -> None:
    """Import what `typical` imports, and what else it loads: seen in a throw-away fork, so that no list has to be
    maintained.
    """
    # nothing that is imported is ever thrown away: looking for it takes a fifth of the time
    gc.disable()
    imports: list[ast.stmt] = [
        part for part in ast.parse(typical).body if isinstance(part, ast.Import | ast.ImportFrom)
    ]
    exec(compile(prelude, "<prelude>", "exec"), {})  # noqa: S102 - our own source
    exec(compile(ast.Module(imports, []), "<typical>", "exec"), {})  # noqa: S102 - the same
    read, write = os.pipe()
    if (pid := os.fork()) == 0:
        os.close(read)
        quiet()
        with os.fdopen(write, "w", encoding="utf-8") as out:
            json.dump(learned(typical), out)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as answer:
        names = json.load(answer)
    os.waitpid(pid, 0)
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001, S112 - made by other modules, or nothing to import
            continue
    gc.collect()
    gc.freeze()
    gc.enable()


def quiet() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    os.close(null)


def learned(typical: str) -> list[str]:
    """What a kernel that runs `typical` has imported, in order."""
    prefix = f"/tmp/typical-{os.getpid()}"  # noqa: S108 - a /tmp of our own
    app: Any = IPKernelApp.instance(transport="ipc", ip=prefix, connection_file=f"{prefix}.json")
    app.initialize(["--HistoryManager.enabled=False"])
    app.shell.run_cell(typical)
    return [name for name in sys.modules if name.partition(".")[0] not in NOT_BEFORE]


def serve(listener: socket.socket, variables: dict[str, str]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # a thread would be lost in a fork, and with it the locks that it holds
    while threads() == 1:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        connection, _ = listener.accept()
        # everybody on this machine finds an abstract socket, and whoever is served chooses what becomes of a process of ours
        if peer(connection) == os.geteuid() and os.fork() == 0:
            listener.close()
            attend(connection, variables)
        connection.close()


def peer(connection: socket.socket) -> int:
    """The user on the other side."""
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(user)


def attend(connection: socket.socket, variables: dict[str, str]) -> NoReturn:
    """In the fork: enter the sandbox that the other side names, and wait for the kernel in there to end."""
    try:
        # what ends the server ends no kernel
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        connection.settimeout(REQUEST_SECONDS)
        data, (sandbox, *groups), _, _ = socket.recv_fds(connection, REQUEST_BYTES, 8)
        request = json.loads(data)
        if (request["variables"], request["argv"][0]) != (variables, sys.executable):
            raise ValueError("this server forks kernels of another kind")
        # by then another kernel may run in the sandbox
        if select.select([connection], [], [], 0)[0]:
            raise ConnectionError("nobody waits for this kernel any more")
        os.setgroups([])
        call(libc.setns(sandbox, NAMESPACES), "enter the sandbox")
        if (pid := os.fork()) == 0:
            os.close(sandbox)
            confine(request, groups)
            connection.sendall(b"walled")
            # whoever has waited too long starts another kernel, and there must not be two
            if connection.recv(16) == b"go":
                connection.detach()
                become_kernel(request)
            os._exit(0)
        os.waitpid(pid, 0)
    finally:
        # the connection's end says that there is no kernel any more
        os._exit(0)


def confine(request: dict[str, Any], groups: list[int]) -> None:
    """Give up whatever bubblewrap takes from a program that it starts."""
    for group in groups:
        os.write(group, b"0")
        os.close(group)
    score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(score, request["oom_score"].encode())
    os.close(score)
    for name, wanted in request["limits"].items():
        number = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(number)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(number, (value, value))
    os.setresgid(STUDENT, STUDENT, STUDENT)
    os.setresuid(STUDENT, STUDENT, STUDENT)
    for capability in range(64):
        if libc.prctl(CAPBSET_READ, capability, 0, 0, 0) == 1:
            call(libc.prctl(CAPBSET_DROP, capability, 0, 0, 0), "drop a capability")
    call(libc.prctl(CAP_AMBIENT, CLEAR_ALL, 0, 0, 0), "drop ambient capabilities")
    header, none = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    call(libc.capset(header, none), "drop all capabilities")
    call(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "gain no privileges")
    call(libc.prctl(SET_SECCOMP, FILTER, ctypes.byref(program(bytes.fromhex(request["filter"]))), 0, 0), "filter calls")
    # one that has changed its user cannot see its own files in /proc, nor can others of that user until now
    call(libc.prctl(SET_DUMPABLE, 1, 0, 0, 0), "be dumpable")


class Program(ctypes.Structure):
    """`struct sock_fprog`: a filter of system calls, and of how many instructions it is."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def program(instructions: bytes) -> Program:
    return Program(len(instructions) // 8, instructions)


def become_kernel(request: dict[str, Any]) -> None:
    """What `python -m ipykernel_launcher` does, with everything imported."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    quiet()
    os.closerange(3, 1 << 20)
    os.chdir(request["folder"])
    # python's own generator starts anew by itself
    np.random.seed()
    torch.default_generator.seed()
    multiprocessing.current_process().authkey = os.urandom(32)
    loggers = [logger for logger in logging.Logger.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    handlers = [handler for logger in loggers for handler in logger.handlers]
    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [str(launcher and launcher.origin), *request["argv"][4:]]
    app: Any = IPKernelApp.instance()
    app.initialize()
    for handler in handlers:
        # what libraries log goes where it does when they are imported by a notebook
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stderr__:
            handler.setStream(sys.stderr)
    app.start()


def main() -> None:
    order = json.loads(sys.stdin.readline())
    warm_up(order["prelude"], order["typical"])
    serve(socket.socket(fileno=int(sys.argv[1])), order["variables"])


if __name__ == "__main__":
    main()
