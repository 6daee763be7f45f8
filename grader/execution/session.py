"""One live kernel and everything that is said to it."""

import asyncio
import contextlib
import math
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from queue import Empty
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import from_dict

from grader.errors import CallTimedOut, KernelDied, KernelNotStarted, ProtocolViolation, SandboxError, StudentFault
from grader.execution.client import CappedClient
from grader.execution.inject import statement
from grader.execution.interrupt import run, to_its_end
from grader.execution.line import Line
from grader.execution.outputs import MAX_BYTES, MAX_TOTAL_BYTES, parts_of, size
from grader.execution.wire import decode
from grader.records.execution import CellRun, CellStatus, Environment
from grader.records.notebook import Output
from grader.sandbox.provisioner import WalledProvisioner
from grader.sandbox.start import Kernel, open_kernel

GRACE_SECONDS = 5.0
"""How long an interrupted kernel may take to come back before it is killed."""
PREPARE_SECONDS = 120.0
HANG_UP_SECONDS = 1.0
"""How long a kernel may take to say that it listens no more, before it is asked whether it is still there."""
LISTEN_SECONDS = 0.05
"""How long to look through what a kernel has published for the word that it listens no more."""
DATA_FOLDER = "data"
"""Where every backend shows the prepared data, seen from the kernel's working folder."""


class Session:
    """Runs cells and asks the probe agent, one after the other. Opened by `open_session`."""

    def __init__(self, kernel: Kernel, runner: asyncio.Runner):
        self.kernel = kernel
        self.runner = runner
        self.alive = True
        self.environment = Environment(python="", torch="", device="cpu")
        self.comm = uuid.uuid4().hex
        self.line = Line(kernel.client.stdin_channel.socket)
        self.listening: str | None = None
        """The message that had the agent listen to its line, while it does."""
        self.room = MAX_TOTAL_BYTES
        """Bytes that the outputs of all further cells may take."""

    def run_cell(self, index: int, source: str, seconds: float) -> CellRun:
        """Run one cell for at most `seconds`; whatever happens in it, the answer is a CellRun."""
        if not self.alive:
            return CellRun(index, "skipped")
        if not source.strip():
            return CellRun(index, "ok")
        if self.listening is not None:
            run(self.runner, self.hang_up())
        return run(self.runner, self._run_cell(index, source, seconds))

    async def _run_cell(self, index: int, source: str, seconds: float) -> CellRun:
        # as it is: to compile the notebook format's schema takes longer than most cells
        notebook = from_dict(
            {"metadata": {}, "cells": [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []}]}
        )
        client = CappedClient(notebook, min(MAX_BYTES, self.room), km=self.kernel.manager)
        client.kc = self.kernel.client
        client.timeout = max(1, math.ceil(seconds))
        started = time.monotonic()
        status: CellStatus = "ok"
        error: str | None = None
        try:
            await client.async_execute_cell(notebook.cells[0], 0)
            if not client.heard_all:
                client.collected.dropped = True
                # a flood loses messages; a single one that is too large makes zeromq hang up for good
                if not await self.publishes():
                    status, error = "error", "The kernel was stopped: it sent more at once than the grader accepts."
                    await self.kill()
        except CellTimeoutError:
            status, error = "timeout", f"The cell was stopped after {client.timeout} s."
            await client.stop_reading()
            await self.interrupt()
        except DeadKernelError:
            await self.kill()
            status, error = "error", f"The kernel died while this cell ran{self.cause()}."
        except ProtocolViolation as violation:
            status, error = "error", f"The kernel was stopped: {violation}."
            await self.kill()
        except MemoryError:
            raise
        except Exception as broken:  # noqa: BLE001 - nbclient trips over hostile messages in many ways: the student's doing
            status, error = "error", f"The kernel was stopped: it sent what no kernel sends ({type(broken).__name__})."
            await self.kill()
        finally:
            await client.stop_reading()
        outputs = tuple(client.collected.outputs)
        self.room -= sum(map(size, outputs))
        if client.collected.dropped:
            outputs += (Output("stream", text="[the rest of this output was dropped: there was too much of it]\n"),)
        if client.raised is not None and status == "ok":
            status, error = "error", client.raised[:500]
        return CellRun(index, status, round(time.monotonic() - started, 3), error, outputs)

    def ask(self, request: dict[str, Any], blob: bytes, seconds: float) -> tuple[dict[str, Any], bytes]:
        """One question to the probe agent; see `student.Ask`."""
        if not self.alive:
            raise KernelDied("the kernel is no longer running")
        if self.listening is None:
            self.listening = self._comm("comm_msg")
        try:
            return self.line.ask(request, blob, seconds, lambda: run(self.runner, self.listens()))
        except CallTimedOut:
            run(self.runner, self.interrupt())
            raise

    def _comm(self, kind: str, **content: str) -> str:
        """Send a message over the agent's comm; returns the message's id."""
        message = self.kernel.client.session.msg(kind, {"comm_id": self.comm, "data": {}} | content)
        client = self.kernel.client
        client.session.send(client.shell_channel.socket, message)
        return str(message["header"]["msg_id"])

    async def listens(self) -> None:
        """Raises KernelDied or ProtocolViolation where the agent does not listen to its line any more."""
        if not await self.kernel.manager.is_alive():
            await self.kill()
            raise KernelDied(f"the kernel died{self.cause()}")
        assert self.listening is not None
        with contextlib.suppress(CallTimedOut):
            async for _ in self._replies(self.listening, LISTEN_SECONDS):
                pass
            self.listening = None
            raise ProtocolViolation("the kernel did not answer the grader's question")

    async def hang_up(self) -> None:
        """Let the kernel run cells again; one that does not come back is killed."""
        if self.listening is not None:
            call, self.listening = self.listening, None
            self.line.hang_up(call)
            with contextlib.suppress(CallTimedOut):
                async for _ in self._replies(call, HANG_UP_SECONDS):
                    pass
                return
        # its word may be lost in a flood
        if not await self.publishes():
            await self.kill()

    async def _replies(self, message_id: str, seconds: float) -> AsyncIterator[dict[str, Any]]:
        """What the kernel publishes in answer to one message, until it says that it is idle again."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                reply = await self.kernel.client.iopub_channel.get_msg(timeout=min(0.5, seconds))
            except Empty:
                if not await self.kernel.manager.is_alive():
                    await self.kill()
                    raise KernelDied(f"the kernel died{self.cause()}") from None
                reply = None
            except Exception as broken:
                await self.kill()
                raise ProtocolViolation("the kernel sent what no kernel sends") from broken
            if reply is not None:
                header, parent, content = parts_of(reply)
                if parent.get("msg_id") == message_id:
                    if header.get("msg_type") == "status" and content.get("execution_state") == "idle":
                        return
                    yield reply
            if time.monotonic() > deadline:
                raise CallTimedOut(f"it did not return within {seconds:g} s")

    async def publishes(self) -> bool:
        """Whether what the kernel says to everybody gets here; takes in all that was said before.

        Asks again every second: in a flood, the answer may be lost among the rest.
        """
        deadline = time.monotonic() + GRACE_SECONDS
        while self.alive and time.monotonic() < deadline:
            try:
                async for _ in self._replies(self.kernel.client.kernel_info(), 1.0):
                    pass
            except CallTimedOut:
                continue
            except StudentFault:
                return False
            return True
        return False

    async def interrupt(self) -> None:
        """Stop what runs; a kernel that does not come back is killed."""
        client = self.kernel.client
        client.control_channel.send(client.session.msg("interrupt_request"))
        await self.hang_up()

    async def kill(self) -> None:
        self.alive = False
        if self.kernel.manager.has_kernel:
            await self.kernel.manager.shutdown_kernel(now=True)

    def cause(self) -> str:
        """What is known of the reason why the kernel died, as the rest of a sentence.

        Raises SandboxError where it was the machine, or somebody on it.
        """
        if self.provisioner().lost:
            raise SandboxError("the sandbox was ended from outside")
        gigabytes = self.provisioner().limits.memory_bytes / (1 << 30)
        return f": it needed more than {gigabytes:.3g} GB of memory" if self.provisioner().starved else ""

    def provisioner(self) -> WalledProvisioner:
        provisioner = self.kernel.manager.provisioner
        assert isinstance(provisioner, WalledProvisioner)
        return provisioner

    def prepare(self) -> None:
        """Before any student code: offline data, the probe agent, and the line to it. All failures are KernelNotStarted."""
        try:
            run(self.runner, self._prepare())
            reply, _ = self.ask({"do": "environment", "seed": 0, "fields": {}}, b"", PREPARE_SECONDS)
        except (StudentFault, RuntimeError, TimeoutError) as error:
            raise KernelNotStarted(f"the kernel could not be prepared: {error}") from error
        found = Environment(**decode(reply.get("value"), {}))
        self.environment = replace(
            found, kernel_start="warm" if self.provisioner().warm else "cold", sandbox_lacks=self.provisioner().lacks
        )

    async def _prepare(self) -> None:
        client = self.kernel.client
        script = statement(DATA_FOLDER, self.provisioner().limits.gpu_part)
        reply = await client.execute(script, silent=True, reply=True, timeout=PREPARE_SECONDS)
        if reply["content"]["status"] != "ok":
            raise KernelNotStarted(f"the kernel could not be prepared: {reply['content'].get('evalue', '')}")
        async for _ in self._replies(self._comm("comm_open", target_name="grader.probe"), PREPARE_SECONDS):
            pass


@contextlib.contextmanager
def open_session(spec: KernelSpec) -> Iterator[Session]:
    """A prepared kernel for the time of the `with` block. Start-up failures are SandboxError."""
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        try:
            session = Session(run(runner, stack.enter_async_context(open_kernel(spec))), runner)
            session.prepare()
            yield session
        finally:
            run(runner, to_its_end(stack.aclose()))
