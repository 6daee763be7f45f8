"""The reference notebook on the full data, with batch fetching and without: a round takes the better part of an hour."""

from collections.abc import Iterator

from benchmarks.loading import PLAIN
from benchmarks.measure import Row
from grader.datasets.prepare import find
from grader.grading.assignments import load
from grader.grading.grade import session_for
from grader.settings import Settings

UNPREPARED = f"from torch.utils.data._utils import fetch\nfrom torchvision import datasets\n{PLAIN}"
WAYS = {"in batches": "", "one by one": UNPREPARED}
USED = "import time\nprint(time.process_time())"
PATIENCE_SECONDS = 7200.0


def rows(rounds: int) -> Iterator[Row]:
    settings = Settings()
    cells = [cell.source for cell in load(settings.root, "deep-learning-1").solution.cells if cell.kind == "code"]
    clock: dict[str, list[float]] = {way: [] for way in WAYS}
    processors: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, prepare in WAYS.items():
            with session_for(settings, find(settings.datasets, "full")) as session:
                session.run_cell(0, prepare, PATIENCE_SECONDS)
                runs = [session.run_cell(number, cell, PATIENCE_SECONDS) for number, cell in enumerate(cells)]
                used = session.run_cell(0, USED, PATIENCE_SECONDS)
            assert all(run.status == "ok" for run in runs), runs
            clock[way].append(sum(run.duration_s for run in runs))
            processors[way].append(float(used.outputs[0].text))
    for name, taken in (("clock", clock), ("processors", processors)):
        for way in WAYS:
            yield Row(f"the reference on the full data, fetched {way}: {name}", "s", taken[way])
        ratios = [batched / single for batched, single in zip(*taken.values(), strict=True)]
        yield Row(f"the reference on the full data, in batches / one by one: {name}", "", ratios)
