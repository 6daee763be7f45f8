"""The same wall, and in it a kernel that a fork server has imported everything for.

bubblewrap builds the sandbox around a program that only waits, and the server's fork enters it there. Where that comes to
nothing, the waiting program turns into an ordinary kernel.
"""

import asyncio
import json
import os
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from traitlets import Float, Unicode

from grader.sandbox.bubblewrap import BubblewrapProvisioner
from grader.sandbox.limits import OOM_SCORE
from grader.sandbox.provisioner import START_SECONDS, WORK, environment
from grader.sandbox.syscalls import filter_program

QUIET = "</dev/null >/dev/null 2>&1"
KEEP = f'trap "" HUP INT TERM USR1 USR2; exec sleep infinity {QUIET}'
WAIT = f'echo built; read -r start || exit; [ "$start" = cold ] && exec "$@" {QUIET}; {KEEP}'
HOLDER = ["/bin/sh", "-c", WAIT, "sh"]
"""Waits in the sandbox for one word: it becomes the kernel whose command follows, or keeps the sandbox for another."""


class ForkedProvisioner(BubblewrapProvisioner):
    server = Unicode(config=True)
    """The abstract socket of a fork server, without its NUL."""

    patience = Float(30.0, config=True)
    """Seconds that the server may take to fork, its own start included."""

    holder: socket.socket | None = None
    """Our end of what the waiting program and bubblewrap speak through."""

    holders: socket.socket | None = None

    kernel: socket.socket | None = None
    """The server's fork holds its other end for as long as the kernel runs; None where the kernel is no fork."""

    @property
    def warm(self) -> bool:
        return self.kernel is not None

    def command(self, kernel: list[str], folder: Path) -> list[str]:
        self.argv = kernel
        return super().command([*HOLDER, *kernel], folder)

    def wall(self, folder: Path, readable: dict[str, str]) -> list[str]:
        assert self.holders is not None
        *argv, end = super().wall(folder, readable)
        return [*argv, "--info-fd", str(self.holders.fileno()), end]

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        self.holder, self.holders = socket.socketpair()
        self.holder.setblocking(False)
        number = self.holders.fileno()
        return await super().pre_launch(**kwargs) | {"stdin": number, "stdout": number, "pass_fds": [number]}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        assert self.holder is not None
        assert self.holders is not None
        loop = asyncio.get_running_loop()
        with self.holder:
            with self.holders:
                info = await super().launch_kernel(cmd, **kwargs)
            # a sandbox that is not built, or gone already, is missed by whoever waits for its sockets
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(START_SECONDS):
                    said = b""
                    while not said.endswith(b"built\n") and (more := await loop.sock_recv(self.holder, 4096)):
                        said += more
                if said.endswith(b"built\n"):
                    self.kernel = await self.fork(json.loads(said.removesuffix(b"built\n"))["child-pid"])
                    self.holder.send(b"warm\n" if self.warm else b"cold\n")
        return info

    async def fork(self, sandbox: int) -> socket.socket | None:
        """Have the server fork a kernel into the sandbox of this process; None where it does not."""
        loop = asyncio.get_running_loop()
        request = {
            "argv": self.argv,
            "variables": environment(self.limits.threads),
            "filter": filter_program().hex(),
            "folder": str(WORK),
            "limits": self.resource_limits(),
            "oom_score": OOM_SCORE,
        }
        with ExitStack() as opened, suppress(OSError, TimeoutError):
            connection = opened.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
            connection.setblocking(False)
            process = os.pidfd_open(sandbox)
            opened.callback(os.close, process)
            groups = [opened.enter_context((group / "cgroup.procs").open("w")) for group in self.groups]
            async with asyncio.timeout(self.patience):
                await loop.sock_connect(connection, f"\0{self.server}")
                socket.send_fds(connection, [json.dumps(request).encode()], [process, *(g.fileno() for g in groups)])
                walled = await loop.sock_recv(connection, 16) == b"walled"
            if walled:
                connection.send(b"go")
                return connection.dup()
        return None

    async def poll(self) -> int | None:
        status = await super().poll()
        if status is None and self.kernel is not None and ended(self.kernel):
            # what only keeps the sandbox does not end by itself
            await self.kill()
            status = await super().poll()
        return status

    async def cleanup(self, restart: bool = False) -> None:
        for end in (self.holder, self.holders, self.kernel):
            if end is not None:
                end.close()
        await super().cleanup(restart)


def ended(connection: socket.socket) -> bool:
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
