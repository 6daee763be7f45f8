"""A pass over the training pictures and an epoch of the MLP, with batch fetching and without, in a kernel as students have it."""

import json
from collections.abc import Iterator

from benchmarks.measure import Row
from grader.datasets.prepare import find
from grader.grading.grade import session_for
from grader.settings import Settings

PLAIN = "del datasets.MNIST.__getitems__\nfetch._MapDatasetFetcher.fetch = fetch._MapDatasetFetcher.fetch.__wrapped__"
PREPARE = """
import json, time, torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torch.utils.data._utils import fetch
from torchvision import datasets, transforms
"""
MEASURE = """
whole = datasets.MNIST("data", transform=transforms.ToTensor())
training, _ = random_split(whole, [48_000, 12_000])
loader = DataLoader(training, batch_size=128, shuffle=True)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU(), nn.Linear(400, 10))
optimizer = torch.optim.Adam(model.parameters())
started = time.perf_counter()
for _ in loader:
    pass
passed = time.perf_counter()
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
print(json.dumps([passed - started, time.perf_counter() - passed]))
"""
WAYS = {"one by one": [PREPARE, PLAIN, MEASURE], "in batches": [PREPARE, MEASURE]}


def rows(rounds: int) -> Iterator[Row]:
    settings = Settings()
    dataset = find(settings.datasets, "full")
    found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, cells in WAYS.items():
            with session_for(settings, dataset) as session:
                runs = [session.run_cell(0, cell, 600) for cell in cells]
            assert all(run.status == "ok" for run in runs), runs
            found[way].append(json.loads(runs[-1].outputs[0].text))
    for number, what in enumerate(("a pass over 48,000 pictures", "an epoch of the MLP")):
        for way in WAYS:
            yield Row(f"{what}, fetched {way}", "s", [pair[number] for pair in found[way]])
