"""What the settings let a sandbox use, and what they keep out of its sight."""

from grader.sandbox.limits import Limits
from grader.settings import Settings

SHARED = 0.9
"""The part of a shared GPU's memory that its kernels have together: CUDA itself takes some for each of them."""


def limits_of(settings: Settings) -> Limits:
    return Limits(
        memory_bytes=settings.memory_bytes,
        work_bytes=settings.work_bytes,
        shm_bytes=settings.shm_bytes,
        processes=settings.processes,
        threads=settings.threads,
        gpu_part=SHARED / settings.kernels_per_gpu if settings.kernels_per_gpu > 1 else 1.0,
    )


def hidden_by(settings: Settings) -> list[str]:
    """The folders that no sandbox may see."""
    return [str(settings.root), str(settings.datasets)]
