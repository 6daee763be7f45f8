"""The loaders of q1.data: every way to make them right passes, and what is wrong is noticed where it belongs."""

import importlib
from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest

from grader.datasets.digits import Split
from grader.datasets.prepare import find
from grader.datasets.store import Dataset, read, save
from grader.errors import CheckFailed
from grader.execution.session import Session
from grader.execution.student import Student
from grader.records.assignment import Assignment
from grader.records.execution import CellRun
from grader.records.notebook import Output
from grader.records.submission import Work
from grader.settings import Settings

TRAIN, TEST = 1500, 250
"""So many images are enough, and quickly gone through."""
SETUP = f"""
import numpy as np
import torch
from torch.utils.data import *
from torch.utils.data import random_split
from torchvision import datasets, transforms
torch.manual_seed(42)
transform = transforms.ToTensor()
train_full = datasets.MNIST(root="./data", train=True, download=True, transform=transform)
test_set = datasets.MNIST(root="./data", train=False, download=True, transform=transform)
for data, count in ((train_full, {TRAIN}), (test_set, {TEST})):
    data.data, data.targets = data.data[:count], data.targets[:count]
n = int(0.8 * len(train_full))
train_set, val_set = random_split(train_full, [n, len(train_full) - n])
"""
LOADERS = """
train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
val_loader = DataLoader(val_set, batch_size=128, shuffle=False)
test_loader = DataLoader(test_set, batch_size=128, shuffle=False)
"""
CHANGED = """
train_full.transform = test_set.transform = {}
"""

RIGHT = {
    "random_split": LOADERS,
    "generator": """
train_set, val_set = random_split(train_full, [0.8, 0.2], generator=torch.Generator().manual_seed(42))
"""
    + LOADERS.replace("shuffle=True", "shuffle=True, generator=torch.Generator().manual_seed(0)"),
    "own_subset": """
class Part(Dataset):
    def __init__(self, data, start, end):
        self.data, self.start, self.end = data, start, end
    def __len__(self):
        return self.end - self.start
    def __getitem__(self, i):
        if i >= len(self):
            raise IndexError
        return self.data[self.start + i]
train_set, val_set = Part(train_full, 0, 1200), Part(train_full, 1200, 1500)
"""
    + LOADERS,
    "randperm": """
order = torch.randperm(len(train_full))
train_set, val_set = Subset(train_full, order[:1200].tolist()), Subset(train_full, order[1200:].tolist())
"""
    + LOADERS,
    "samplers": """
order = np.random.permutation(len(train_full))
train_loader = DataLoader(train_full, batch_size=128, sampler=SubsetRandomSampler(order[:1200]))
val_loader = DataLoader(Subset(train_full, order[1200:]), batch_size=256)
test_loader = DataLoader(test_set, batch_size=1000)
""",
    "sklearn": """
from sklearn.model_selection import train_test_split
labels = train_full.targets.numpy()
train_index, val_index = train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=42)
train_set, val_set = Subset(train_full, train_index), Subset(train_full, val_index)
"""
    + LOADERS,
    "drop_last": LOADERS.replace("shuffle=True", "shuffle=True, drop_last=True"),
    "normalize": CHANGED.format("transforms.Compose([transform, transforms.Normalize((0.1307,), (0.3081,))])")
    + LOADERS,
    "flat": CHANGED.format("transforms.Compose([transform, transforms.Lambda(lambda x: x.view(-1))])") + LOADERS,
    "raw_tensors": """
x, y = train_full.data / 255, train_full.targets
train_set, val_set = random_split(TensorDataset(x, y), [0.8, 0.2])
test_set = TensorDataset(test_set.data / 255, test_set.targets)
"""
    + LOADERS,
    "own_loader": LOADERS
    + """
class Shuffled:
    def __init__(self, data, batch_size):
        self.data, self.batch_size = data, batch_size
    def __iter__(self):
        for index in torch.randperm(len(self.data)).split(self.batch_size):
            images, labels = zip(*(self.data[i] for i in index.tolist()))
            yield torch.stack(images), torch.tensor(labels)
train_loader, val_loader = Shuffled(train_set, 128), list(val_loader)
""",
    "cropped": LOADERS
    + CHANGED.format("transforms.Compose([transform, transforms.RandomCrop(28, padding=2)])")
    + "test_set.transform = transform",
    "augmented": CHANGED.format(
        "transforms.Compose([transform, transforms.Lambda(lambda x: x + 0.2 * torch.rand_like(x))])"
    )
    + LOADERS,
    "float16": CHANGED.format("transforms.Compose([transform, transforms.ConvertImageDtype(torch.float16)])") + LOADERS,
}

REPLACED = "train_set, val_set = {}, {}\n" + LOADERS
WRONG = {
    "ninety_ten": ("train_set, val_set = random_split(train_full, [0.9, 0.1])\n" + LOADERS, ["split"]),
    "swapped": (REPLACED.format("val_set", "train_set"), ["split"]),
    "overlap": (
        REPLACED.format("Subset(train_full, range(1200))", "Subset(train_full, range(1125, 1425))"),
        ["disjoint_and_complete"],
    ),
    "validation_from_test": (
        REPLACED.format("train_set", "ConcatDataset([test_set, Subset(val_set, range(50))])"),
        ["disjoint_and_complete"],
    ),
    "validation_is_test": (REPLACED.format("train_set", "test_set"), ["split", "disjoint_and_complete"]),
    "train_on_test": (
        "train_set, val_set = random_split(test_set, [0.8, 0.2])\n" + LOADERS,
        ["disjoint_and_complete"],
    ),
    "test_is_train": (LOADERS + "test_loader = DataLoader(val_set, batch_size=128)", ["disjoint_and_complete"]),
    "part_of_test": (LOADERS + "test_loader = DataLoader(Subset(test_set, range(125)))", ["disjoint_and_complete"]),
    "part_of_data": (
        "part = Subset(train_full, range(750))\ntrain_set, val_set = random_split(part, [0.8, 0.2])\n" + LOADERS,
        ["disjoint_and_complete"],
    ),
    "part_of_augmented_data": (
        RIGHT["augmented"].replace(
            LOADERS, REPLACED.format("Subset(train_set, range(600))", "Subset(val_set, range(150))")
        ),
        ["disjoint_and_complete"],
    ),
    "labels_permuted": (
        "train_full.targets = train_full.targets[torch.randperm(len(train_full))]\n" + LOADERS,
        ["disjoint_and_complete"],
    ),
    "with_replacement": (
        LOADERS + "sampler = RandomSampler(train_set, replacement=True)\n"
        "train_loader = DataLoader(train_set, batch_size=128, sampler=sampler)",
        ["disjoint_and_complete"],
    ),
    "no_shuffle": (LOADERS.replace("True", "False"), ["shuffles"]),
    "no_shuffle_augmented": (RIGHT["augmented"].replace("shuffle=True", "shuffle=False"), ["shuffles"]),
    "shuffled_once": (LOADERS + "train_loader = list(train_loader)", ["shuffles"]),
    "validation_shuffled": (
        LOADERS.replace("val_set, batch_size=128, shuffle=False", "val_set, 128, True"),
        ["shuffles"],
    ),
    "test_shuffled": (LOADERS.replace("test_set, batch_size=128, shuffle=False", "test_set, 128, True"), ["shuffles"]),
    "batch_of_64": (LOADERS.replace("128", "64"), ["batch_size"]),
    "whole_batch": (LOADERS.replace("train_set, batch_size=128", "train_set, batch_size=1200"), ["batch_size"]),
    "one_sample_at_a_time": (
        LOADERS + "train_loader = train_set",
        ["split", "disjoint_and_complete", "batch_size", "shuffles"],
    ),
    "no_validation_loader": (LOADERS + "del val_loader", ["split", "disjoint_and_complete", "shuffles"]),
    "nothing_in_it": (LOADERS + "val_loader = []", ["split", "disjoint_and_complete", "shuffles"]),
    "not_a_number": (
        CHANGED.format("transforms.Compose([transform, transforms.Lambda(lambda x: x * torch.nan)])")
        + REPLACED.format("train_set", "Subset(val_set, range(287))"),
        ["disjoint_and_complete"],
    ),
}


@pytest.fixture(scope="module")
def session(shared_session: Session) -> Session:
    """The shared kernel, emptied once: every test binds all that it uses anew."""
    run = shared_session.run_cell(0, "%reset -f", 30)
    assert run.status == "ok", run.error
    return shared_session


@pytest.fixture(scope="session")
def dataset(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The beginning of the small one."""
    small = read(find(settings.datasets, "small"))
    beginning = Split(
        small.train_images[:TRAIN], small.train_labels[:TRAIN], small.test_images[:TEST], small.test_labels[:TEST]
    )
    return save(tmp_path_factory.mktemp("datasets"), "tiny", "digits", "the first digits", beginning)


@pytest.fixture(scope="session")
def checks(assignment: Assignment) -> ModuleType:
    """The assignment's folder becomes a package when it is loaded."""
    assert assignment.checks
    return importlib.import_module("reference_deep_learning_1.data")


def complaints(session: Session, source: str, checks: ModuleType, dataset: Dataset) -> dict[str, str]:
    """What each check that fails says about the loaders that a notebook makes like this."""
    run = session.run_cell(0, SETUP + source, 60)
    assert run.status == "ok", run.error
    student = Student(session.ask)
    found = {}
    for name, options in {
        "split": {},
        "disjoint_and_complete": {"dataset": dataset},
        "batch_size": {},
        "shuffles": {},
    }.items():
        try:
            getattr(checks, name)(student, np.random.default_rng(0), **options)
        except CheckFailed as failure:
            found[name] = str(failure)
    return found


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_way_passes_every_check(name: str, session: Session, checks: ModuleType, dataset: Dataset) -> None:
    assert complaints(session, RIGHT[name], checks, dataset) == {}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_way_fails_where_it_is_wrong(name: str, session: Session, checks: ModuleType, dataset: Dataset) -> None:
    source, failing = WRONG[name]

    found = complaints(session, source, checks, dataset)

    assert list(found) == failing, found
    assert all(len(text) > 40 and text[-1] in ".?)" for text in found.values()), found


def test_a_notebook_goes_on_as_if_nobody_had_asked(session: Session, checks: ModuleType, dataset: Dataset) -> None:
    show = "torch.manual_seed(1); print([y.sum().item() for x, y in train_loader], torch.rand(1))"
    session.run_cell(0, SETUP + RIGHT["generator"], 60)
    wanted = session.run_cell(0, show, 60).outputs

    assert complaints(session, RIGHT["generator"], checks, dataset) == {}

    assert session.run_cell(0, show, 60).outputs == wanted


def test_what_was_wrong_is_said_in_numbers(session: Session, checks: ModuleType, dataset: Dataset) -> None:
    said = {
        name: complaints(session, WRONG[name][0], checks, dataset) for name in ("ninety_ten", "overlap", "batch_of_64")
    }

    assert "1,350 samples and `val_loader` 150" in said["ninety_ten"]["split"]
    assert "75 images are in `train_loader` as well as in `val_loader`" in said["overlap"]["disjoint_and_complete"]
    assert "128 samples each (the last one may be smaller), but one holds 64" in said["batch_of_64"]["batch_size"]


# the sanity line


def work(*texts: str) -> Work:
    outputs = tuple(Output("stream", text=text) for text in texts)
    return Work("q1.data", (), (CellRun(0, "ok"), CellRun(1, "ok", outputs=outputs)))


@pytest.mark.parametrize(
    "texts",
    [
        ["Batch: torch.Size([128, 1, 28, 28]) torch.Size([128]) | pixel range = (0.0, 1.0)\n"],
        ["Batch shape: (128, 1, 28, 28)\n", "Labels: 0-9\n"],
        ["batch size 128, images 28x28\nlabels from 0 to 9"],
        ["torch.Size([128, 1, 28, 28])\n", "x.min()=-0.4242 x.max()=2.8215\n"],
        ["[128, 784] [128]\n0.0 1.0\n"],
        ["Images: 128 x 1 x 28 x 28, labels: tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])"],
    ],
)
def test_a_sanity_line_in_any_form(texts: Sequence[str], checks: ModuleType) -> None:
    checks.sanity_line(work(*texts))


def test_a_sanity_line_that_is_displayed(checks: ModuleType) -> None:
    shown = Output("display", data={"text/plain": "(torch.Size([128, 1, 28, 28]), tensor(0), tensor(9))"})
    checks.sanity_line(Work("q1.data", (), (CellRun(0, "ok", outputs=(shown,)),)))


@pytest.mark.parametrize(
    ("texts", "missing"),
    [
        ([], "the shape of a batch"),
        ([" Train set: 48000 samples  |  Test set: 10000 samples"], "the shape of a batch"),
        (["torch.Size([64, 1, 28, 28]) range (0, 1)"], "the shape of a batch"),
        (["batch_size = 128, range = (0, 1)"], "the shape of a batch"),
        (["torch.Size([128, 1, 28, 28]) torch.Size([128])"], "the range of the labels"),
    ],
)
def test_a_sanity_line_that_shows_too_little(texts: Sequence[str], missing: str, checks: ModuleType) -> None:
    with pytest.raises(CheckFailed, match=missing):
        checks.sanity_line(work(*texts))
