"""Batches fetched at once hold the same bits as samples fetched one by one, and only where that is so are they."""

import json

import pytest

from grader.execution.session import Session

BOTH_WAYS = """
import itertools, json, torch
from torch.utils.data import DataLoader, RandomSampler, Subset, SubsetRandomSampler, WeightedRandomSampler, random_split
from torch.utils.data._utils.fetch import _MapDatasetFetcher
from torchvision import datasets, transforms
def batches(dataset, **options):
    torch.manual_seed(7)
    return list(itertools.islice(DataLoader(dataset, **options), 6))
def one_by_one(make):
    samples, batches = datasets.MNIST.__getitems__, _MapDatasetFetcher.fetch
    del datasets.MNIST.__getitems__
    _MapDatasetFetcher.fetch = batches.__wrapped__
    try:
        return make()
    finally:
        datasets.MNIST.__getitems__, _MapDatasetFetcher.fetch = samples, batches
def same(dataset, **options):
    quick, slow = batches(dataset, **options), one_by_one(lambda: batches(dataset, **options))
    return len(quick) == 6 and all(
        torch.equal(x, u) and torch.equal(y, v) and (x.dtype, x.shape, x.stride()) == (u.dtype, u.shape, u.stride())
        for (x, y), (u, v) in zip(quick, slow))
calls = []
class Own(datasets.MNIST):
    def __getitem__(self, index):
        calls.append(index)
        return super().__getitem__(index)
mnist = datasets.MNIST("./data", train=True, download=True, transform=transforms.ToTensor())
"""


def answer(session: Session, source: str) -> object:
    run = session.run_cell(0, f"{BOTH_WAYS}\n{source}", 60)
    assert run.status == "ok", run.error
    return json.loads(run.outputs[-1].text)


@pytest.mark.parametrize(
    "loader",
    [
        "mnist, batch_size=128, shuffle=True",
        "mnist, batch_size=7",
        "Subset(mnist, range(5, 900)), batch_size=128, shuffle=True",
        "Subset(Subset(mnist, range(900)), [3, 1, 1, 2] * 99), batch_size=16",
        "mnist, batch_size=64, sampler=SubsetRandomSampler(range(50, 600))",
        "mnist, batch_size=32, shuffle=True, num_workers=2",
        "mnist, batch_size=32, drop_last=True, collate_fn=torch.utils.data.default_collate",
        "mnist, batch_size=9, collate_fn=lambda samples: torch.utils.data.default_collate(samples[::-1])",
        "random_split(mnist, [4800, 1200])[1], batch_size=32, shuffle=True, num_workers=2, persistent_workers=True",
        "datasets.MNIST('./data', transform=transforms.Compose([transforms.ToTensor()])), batch_size=32",
    ],
)
def test_batches_are_the_same_bit_by_bit(session: Session, loader: str) -> None:
    assert answer(session, f"print(json.dumps(same({loader})))")


def test_batches_of_any_loader_are_the_same(session: Session) -> None:
    """Whatever the subset, the order, the sizes and the seed."""
    source = """
import random
def loader(draw):
    dataset, options = mnist, {"batch_size": draw.choice([1, 2, 7, 64]), "drop_last": draw.random() < 0.5}
    for _ in range(draw.randrange(3)):
        kept = [draw.randrange(len(dataset)) for _ in range(draw.randint(400, 500))]
        dataset = Subset(dataset, draw.choice([kept, torch.tensor(kept), range(400)]))
    samplers = [
        lambda: {"shuffle": True},
        lambda: {"shuffle": True, "generator": torch.Generator().manual_seed(draw.randrange(99))},
        lambda: {"sampler": RandomSampler(dataset, replacement=True, num_samples=450)},
        lambda: {"sampler": WeightedRandomSampler([draw.random() for _ in range(len(dataset))], 400)},
        lambda: {"sampler": torch.utils.data.SequentialSampler(dataset)},
    ]
    return dataset, options | draw.choice(samplers)()
def both(number):
    quick, slow = ((loader(random.Random(number))) for _ in range(2))
    return (batches(quick[0], **quick[1]), one_by_one(lambda: batches(slow[0], **slow[1])))
pairs = [both(number) for number in range(60)]
print(json.dumps([len(quick) == len(slow) == 6 and all(
    torch.equal(x, u) and torch.equal(y, v) and (x.dtype, x.stride(), y.dtype) == (u.dtype, u.stride(), v.dtype)
    for (x, y), (u, v) in zip(quick, slow)) for quick, slow in pairs]))
"""
    assert answer(session, source) == [True] * 60


def test_a_way_of_stacking_that_the_notebook_changed_is_used(session: Session) -> None:
    source = """
from torch.utils.data._utils.collate import default_collate_fn_map
usual = default_collate_fn_map[torch.Tensor]
default_collate_fn_map[torch.Tensor] = lambda samples, **rest: torch.stack(samples) * 2
try:
    double = next(iter(DataLoader(mnist, 4)))[0]
finally:
    default_collate_fn_map[torch.Tensor] = usual
print(json.dumps(torch.equal(double, 2 * next(iter(DataLoader(mnist, 4)))[0])))
"""
    assert answer(session, source)


def test_double_precision_is_kept(session: Session) -> None:
    source = """
torch.set_default_dtype(torch.float64)
try:
    result = [same(mnist, batch_size=16), str(next(iter(DataLoader(mnist, 2)))[0].dtype)]
finally:
    torch.set_default_dtype(torch.float32)
print(json.dumps(result))
"""
    assert answer(session, source) == [True, "torch.float64"]


def test_training_gives_the_same_weights(session: Session) -> None:
    source = """
def weights():
    torch.manual_seed(3)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for x, y in DataLoader(Subset(mnist, range(600)), batch_size=64, shuffle=True):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    return net[1].weight
print(json.dumps(torch.equal(weights(), one_by_one(weights))))
"""
    assert answer(session, source)


@pytest.mark.parametrize(
    "dataset",
    [
        "datasets.MNIST('./data', transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.1, 0.3)]))",
        "datasets.MNIST('./data', transform=transforms.ToTensor(), target_transform=lambda y: y + 1)",
        "datasets.MNIST('./data', transform=lambda picture: transforms.ToTensor()(picture) * 2)",
    ],
)
def test_other_transforms_are_applied(session: Session, dataset: str) -> None:
    assert answer(session, f"print(json.dumps(same({dataset}, batch_size=20)))")


def test_a_class_of_the_students_own_is_asked_for_each_sample(session: Session) -> None:
    source = """
own = Own.__new__(Own)
own.__dict__.update(mnist.__dict__)
batches(own, batch_size=3)
print(json.dumps(calls))
"""
    assert answer(session, source) == list(range(18))


def test_a_subset_of_the_students_own_is_asked_for_its_samples(session: Session) -> None:
    source = """
class Doubled(Subset):
    def __getitems__(self, indices):
        return [(picture * 2, label) for picture, label in super().__getitems__(indices)]
(pictures, _), (plain, _) = (next(iter(DataLoader(kind(mnist, range(99)), 4))) for kind in (Doubled, Subset))
print(json.dumps(torch.equal(pictures, 2 * plain)))
"""
    assert answer(session, source)


def test_an_index_out_of_range_is_an_error_either_way(session: Session) -> None:
    source = """
try:
    batches(Subset(mnist, [0, 10**6]), batch_size=2)
except IndexError:
    print(json.dumps("IndexError"))
"""
    assert answer(session, source) == "IndexError"
