"""Batches fetched at once hold the same bits as samples fetched one by one, and only where that is so are they."""

import json

import pytest

from grader.execution.session import Session

BOTH_WAYS = """
import itertools, json, torch
from torch.utils.data import DataLoader, Subset, SubsetRandomSampler
from torchvision import datasets, transforms
def batches(dataset, **options):
    torch.manual_seed(7)
    return list(itertools.islice(DataLoader(dataset, **options), 6))
def one_by_one(make):
    at_once = datasets.MNIST.__getitems__
    del datasets.MNIST.__getitems__
    try:
        return make()
    finally:
        datasets.MNIST.__getitems__ = at_once
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
    ],
)
def test_batches_are_the_same_bit_by_bit(session: Session, loader: str) -> None:
    assert answer(session, f"print(json.dumps(same({loader})))")


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


def test_an_index_out_of_range_is_an_error_either_way(session: Session) -> None:
    source = """
try:
    batches(Subset(mnist, [0, 10**6]), batch_size=2)
except IndexError:
    print(json.dumps("IndexError"))
"""
    assert answer(session, source) == "IndexError"
