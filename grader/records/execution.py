"""What really happened when a submission ran."""

from dataclasses import dataclass
from typing import Literal

from grader.records.notebook import Output

CellStatus = Literal["ok", "error", "timeout", "skipped"]
ExecutionStatus = Literal["ok", "cell_error", "timeout", "kernel_died"]
Profile = Literal["quick", "full"]
KernelStart = Literal["warm", "cold"]


@dataclass(frozen=True)
class CellRun:
    """One code cell's run. `error` is one line for a person; None when the cell ended well."""

    index: int
    status: CellStatus
    duration_s: float = 0.0
    error: str | None = None
    outputs: tuple[Output, ...] = ()


@dataclass(frozen=True)
class Environment:
    """What student code finds: `device` is "cpu" or "cuda"."""

    python: str
    torch: str
    device: str
    kernel_start: KernelStart = "cold"
    """"warm" where the kernel was forked from a server that had imported what notebooks use."""
    sandbox_lacks: tuple[str, ...] = ()
    """What the machine did not let the wall have."""


@dataclass(frozen=True)
class Execution:
    status: ExecutionStatus
    profile: Profile
    salvaged: bool
    environment: Environment
    duration_s: float
    cells: tuple[CellRun, ...]
