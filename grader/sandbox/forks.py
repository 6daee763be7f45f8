"""A fork server of our own: started for an engine, which outlives the gradings that have kernels forked there."""

import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grader.sandbox.bubblewrap import bubblewrap, view
from grader.sandbox.installed import own_python
from grader.sandbox.limits import Limits
from grader.sandbox.provisioner import WORK, environment

PROGRAM = Path(__file__).with_name("fork_server.py")
SHOWN = "/run/fork_server.py"
WAITING, ORDER_BYTES = 64, 1 << 20


@dataclass(frozen=True)
class ForkServer:
    process: subprocess.Popen[bytes]
    """bubblewrap, in a group with the server inside of it, which ends with its standard input."""
    address: str
    """Its abstract socket, without the NUL: no sandbox reaches it, as each has a network of its own."""


def possible() -> bool:
    """Whether processes of ours may enter the sandboxes that we build, from files as a sandbox has them in view."""
    return os.geteuid() == 0


def start(python: str, limits: Limits, hidden: list[str], prelude: str, typical: str) -> ForkServer:
    """Start a server that imports what `typical` needs, after `prelude`; whoever connects meanwhile waits for it.

    It forks kernels of this `python` with the threads of these `limits` only.
    """
    variables = environment(limits.threads)
    address = f"grader-forks-{secrets.token_hex(16)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(f"\0{address}")
        listener.listen(WAITING)
        argv = [bubblewrap(), "--cap-add", "ALL", "--clearenv"]
        argv += view({path: path for path in own_python()}, hidden, limits)
        argv += ["--ro-bind", str(PROGRAM), SHOWN, "--chdir", str(WORK)]
        # ipykernel sets it too, when it is too late for a matplotlib that is there already
        for name, value in (variables | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}).items():
            argv += ["--setenv", name, value]
        argv += ["--", python, "-I", SHOWN, str(listener.fileno())]
        process = subprocess.Popen(  # noqa: S603
            argv,
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            start_new_session=True,
            # a student's files have the usual rights, whatever the person who asks wants of files of their own
            umask=0o022,
        )
    order = {"variables": variables, "prelude": prelude, "typical": typical}
    assert process.stdin is not None
    # it reads only once it has imported torch
    fcntl.fcntl(process.stdin, fcntl.F_SETPIPE_SZ, ORDER_BYTES)
    # one that is gone already is noticed by whoever asks it for a kernel
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(order).encode() + b"\n")
        process.stdin.flush()
    return ForkServer(process, address)


def end(server: ForkServer) -> None:
    """End it whatever it does just now. The kernels that it has forked go on."""
    assert server.process.stdin is not None
    with suppress(BrokenPipeError):
        server.process.stdin.close()
    if server.process.returncode is None:
        # bubblewrap alone would leave behind what it has started
        with suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
