"""What a container engine is asked about the container of a sandbox, which is called like the sandbox's folder.

The folder holds a note of the engine's command, so that whoever clears the folder away can remove the container too.
"""

import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SandboxError

VARIABLES = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
"""All that the engine's command sees of the grader's environment: podman hands proxies on, with their passwords."""
ANSWER_SECONDS, GONE_SECONDS = 60.0, 10.0


@dataclass(frozen=True)
class Engine:
    command: str
    """Its program, and the options that go before the verb."""
    image: str


def note(folder: Path, command: list[str]) -> None:
    (folder / "engine").write_text(json.dumps(command), encoding="utf-8")


def noted(folder: Path) -> list[str]:
    """The command of the engine that has this sandbox's container; empty where none can have one."""
    try:
        command: list[str] = json.loads((folder / "engine").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return command if shutil.which(command[0], path=VARIABLES["PATH"]) else []


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Raises SandboxError where there is no such command, or no answer from it."""
    out, none = subprocess.PIPE, subprocess.DEVNULL
    try:
        return subprocess.run(  # noqa: S603
            command, env=VARIABLES, stdin=none, stdout=out, stderr=out, text=True, check=False, timeout=ANSWER_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise SandboxError(f"the container engine `{command[0]}` does not answer") from error
    except OSError as error:
        raise SandboxError(f"the container engine `{command[0]}` cannot be started: {error.strerror}") from error


def state(folder: Path, field: str) -> str:
    """What the engine says of the container: its `ExitCode`, or the `Error` that kept it from starting."""
    if not (command := noted(folder)):
        return ""
    return run([*command, "inspect", "--format", f"{{{{.State.{field}}}}}", folder.name]).stdout.strip()


def removal(command: list[str], name: str) -> list[str]:
    return [*command, "rm", "--force", "--volumes", name]


def remove(folder: Path) -> None:
    """Remove the container and end all that runs in it, where the sandbox has one. Raises SandboxError if it stays."""
    command, deadline = noted(folder), time.monotonic() + GONE_SECONDS
    while command:
        run(removal(command, folder.name))
        if run([*command, "container", "inspect", folder.name]).returncode != 0:
            return
        # another grader, or the guard of the one that was killed, may be removing it just now
        if time.monotonic() > deadline:
            raise SandboxError(f"the container {folder.name} cannot be removed")
