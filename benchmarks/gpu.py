"""The reference notebook on the full data on a GPU: one kernel, and four that share it.

GRADER_GPUS=0 GRADER_KERNELS_PER_GPU=4 python -m benchmarks --rounds 1 gpu
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.full_data import PATIENCE_SECONDS
from benchmarks.measure import Row
from grader.datasets.prepare import find
from grader.grading.assignments import load
from grader.grading.grade import session_for
from grader.sandbox.gpus import seat
from grader.settings import Settings

AT_ONCE = (1, 4)
PEAK = "print(torch.cuda.max_memory_reserved() / (1 << 20) if torch.cuda.is_available() else 0)"


def rows(rounds: int) -> Iterator[Row]:
    """Where no GPU is assigned, a GPU's memory is 0, and the clock that of the CPU."""
    settings = Settings()
    cells = [cell.source for cell in load(settings.root, "deep-learning-1").solution.cells if cell.kind == "code"]
    for count in AT_ONCE:
        clock, memory = list[float](), list[float]()
        for _ in range(rounds):
            started = time.perf_counter()
            with ThreadPoolExecutor(count) as pool:
                peaks = list(pool.map(lambda _: ran(settings, cells), range(count)))
            clock.append(time.perf_counter() - started)
            memory.append(max(peaks))
        yield Row(f"the reference on a GPU, {count} at once: clock", "s", clock)
        yield Row(f"the reference on a GPU, {count} at once: a kernel's memory there at most", "MiB", memory)


def ran(settings: Settings, cells: list[str]) -> float:
    """The GPU's memory, in MiB, that the kernel had at most."""
    with seat(settings.gpus, settings.kernels_per_gpu) as gpu:
        seated = settings.model_copy(update={"gpus": gpu})
        dataset = find(settings.datasets, "small" if settings.data == "small" else "full")
        with session_for(seated, dataset) as session:
            runs = [session.run_cell(number, cell, PATIENCE_SECONDS) for number, cell in enumerate(cells)]
            peak = session.run_cell(0, PEAK, PATIENCE_SECONDS)
    assert all(run.status == "ok" for run in runs), runs
    return float(peak.outputs[0].text)
