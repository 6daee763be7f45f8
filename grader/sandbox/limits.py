"""What one sandbox may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    memory_bytes: int
    """Memory of all processes together, folders included; address space of each process where only that can be limited."""
    work_bytes: int
    """The student's home, work folder and /tmp: each at most this large."""
    shm_bytes: int
    processes: int
    """Processes and threads of the sandbox's user."""
    threads: int
    """Threads that torch and BLAS start."""
    gpu_part: float = 1.0
    """Of a GPU's memory."""


OOM_SCORE = "500"
"""Of what runs in a sandbox: where the machine's memory runs out it ends first, and what serves the course last."""
