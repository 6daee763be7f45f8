"""The door to a kernel behind a wall."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from grader.errors import KernelNotStarted, SandboxError
from grader.sandbox.engine import Engine
from grader.sandbox.limits import Limits
from grader.sandbox.provisioner import START_SECONDS, WalledProvisioner

BACKENDS = {"bubblewrap": "grader-bubblewrap", "container": "grader-container", "none": "grader-none"}
"""Name on the command line, and the kernel provisioner's entry point."""
FORKED = "grader-forked"

MAX_MESSAGE_BYTES, WAITING_MESSAGES = 64 << 20, 4


@dataclass(frozen=True)
class Kernel:
    """A running kernel: `manager` knows the process, `client` holds the channels."""

    manager: AsyncKernelManager
    client: AsyncKernelClient


def kernel_spec(
    backend: str,
    limits: Limits,
    data: str,
    python: str,
    hidden: Sequence[str] = (),
    gpus: str = "",
    engine: Engine | None = None,
    fork_server: str = "",
) -> KernelSpec:
    """The kernel to start; never taken from a notebook's metadata. Behind bubblewrap, `fork_server` may be the
    address of a server that kernels are forked from.
    """
    if backend not in BACKENDS:
        raise SandboxError(f"there is no sandbox called {backend}; there are {', '.join(BACKENDS)}")
    argv = [python, "-I", "-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False"]
    config: dict[str, object] = {"limits": limits, "data": data, "hidden": list(hidden), "gpus": gpus}
    if backend == "container":
        config["engine"] = engine
    forked = backend == "bubblewrap" and fork_server
    if forked:
        config["server"] = fork_server
    return KernelSpec(
        argv=argv,
        language="python",
        interrupt_mode="message",
        metadata={
            "kernel_provisioner": {"provisioner_name": FORKED if forked else BACKENDS[backend], "config": config}
        },
    )


@asynccontextmanager
async def open_kernel(spec: KernelSpec) -> AsyncIterator[Kernel]:
    """Start a kernel, hand it out when it answers, and end it and all that it started afterwards."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
    # what nobody reads yet waits on the kernel's side of the wall, in its memory
    context.setsockopt(zmq.RCVHWM, WAITING_MESSAGES)
    manager = AsyncKernelManager(context=context)
    manager._kernel_spec = spec  # the only way to run a kernel that is not installed
    client = None
    try:
        await manager.start_kernel()
        provisioner = manager.provisioner
        if not isinstance(provisioner, WalledProvisioner):
            raise SandboxError("the grader's kernel provisioners are not installed: run `pip install -e .`")
        manager.ip = await provisioner.adopt_sockets()
        # a client makes a context of its own unless it is given one, and then has no limit on messages
        client = manager.client(context=context)
        client.start_channels(hb=False)
        client.allow_stdin = False
        try:
            await client.wait_for_ready(timeout=START_SECONDS)
        except RuntimeError as error:
            raise KernelNotStarted("the kernel started but does not answer") from error
        yield Kernel(manager, client)
    finally:
        if client is not None:
            client.stop_channels()
        if manager.has_kernel:
            await manager.shutdown_kernel(now=True)
        elif manager.provisioner is not None:
            await manager.provisioner.cleanup()
        context.destroy(linger=0)
