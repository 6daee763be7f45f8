"""What the settings let a sandbox use, and what they keep out of its sight."""

from grader.sandbox.limits import Limits
from grader.settings import Settings


def limits_of(settings: Settings) -> Limits:
    return Limits(
        memory_bytes=settings.memory_bytes,
        work_bytes=settings.work_bytes,
        shm_bytes=settings.shm_bytes,
        processes=settings.processes,
        threads=settings.threads,
        gpu_part=1 / settings.kernels_per_gpu,
    )


def hidden_by(settings: Settings) -> list[str]:
    """The folders that no sandbox may see."""
    return [str(settings.root), str(settings.datasets)]
