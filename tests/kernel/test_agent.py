"""The agent answers every request, whatever student code does, and leaves the namespace as it was.

Requests and replies are written out here as they cross the wall.
"""

import itertools
import linecache
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SubsetRandomSampler, TensorDataset

from grader.execution.inject import local_agent


class Face:
    """Sends requests to an agent over a namespace of this process."""

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {}
        self.answer = local_agent(self.namespace)

    def ask(self, do: str, seed: int = 0, arrays: dict[str, np.ndarray] | None = None, **fields: Any) -> Any:
        """The reply's value, arrays in their places."""
        reply, blob = self.reply(do, seed, arrays, **fields)
        assert list(reply) == ["value"], reply
        got = safetensors.numpy.load(blob)

        def filled(spec: Any) -> Any:
            if isinstance(spec, list):
                return [filled(item) for item in spec]
            if not isinstance(spec, dict):
                return spec
            ((kind, content),) = spec.items()
            if kind in ("tensor", "array"):
                return got[content]
            if kind == "dict":
                return {filled(key): filled(value) for key, value in content}
            return filled(content) if kind in ("list", "tuple") else spec

        return filled(reply["value"])

    def error(self, do: str, **fields: Any) -> dict[str, str]:
        """The exception that the reply tells of."""
        reply, blob = self.reply(do, **fields)
        assert list(reply) == ["error"], reply
        assert blob == b""
        error: dict[str, str] = reply["error"]
        return error

    def reply(
        self, do: str, seed: int = 0, arrays: dict[str, np.ndarray] | None = None, **fields: Any
    ) -> tuple[dict[str, Any], bytes]:
        if do == "call":
            defaults: dict[str, Any] = {
                "method": None,
                "args": [],
                "offered": {},
                "aliases": {},
                "orders": [],
                "traced": False,
            }
            fields = defaults | fields
        blob = safetensors.numpy.save(arrays) if arrays else b""
        return self.answer({"do": do, "seed": seed, "fields": fields}, blob)

    def call(self, name: str, *args: Any, **options: Any) -> Any:
        return self.ask("call", target={"name": name}, args=list(args), **options)


@pytest.fixture
def face() -> Face:
    return Face()


@pytest.fixture
def net(face: Face) -> nn.Module:
    """A module that is variable `net`."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 2), nn.Sigmoid(), nn.Linear(2, 1, bias=False))
    face.namespace["net"] = net
    return net


NET = {"name": "net"}


class Own(nn.Module):
    """Registers nothing and keeps tensors, a buffer apart."""

    def __init__(self) -> None:
        super().__init__()
        self.w = torch.ones(2, requires_grad=True)
        self.part = nn.Identity()
        self.part.b = torch.zeros(1)
        self.register_buffer("mask", torch.ones(1))
        self.name = "not a tensor"


def test_calling_a_function(face: Face) -> None:
    face.namespace["f"] = lambda x, y: (x * 2, y + "!")

    got = face.call("f", {"tensor": "a0"}, "hi", arrays={"a0": np.ones(2, dtype=np.float32)})

    assert got[1] == "hi!"
    np.testing.assert_array_equal(got[0], np.full(2, 2, dtype=np.float32), strict=True)


def test_offered_arguments_are_bound_by_name_alias_and_order(face: Face) -> None:
    face.namespace["f"] = lambda model, a, b, x: [model, a, b, x]

    got = face.call(
        "f",
        offered={"net": 1, "x": 2, "loss": 3, "y": 4},
        aliases={"model": "net"},
        orders=[["net", "y", "x"], ["net", "x", "y", "loss"]],
    )

    assert got == [1, 4, 3, 2]


def test_what_a_call_makes_stays_and_is_reached_by_its_number(face: Face) -> None:
    class Counter:
        def __init__(self, start: int):
            self.count = start

        def add(self, step: int) -> int:
            self.count += step
            return self.count

    face.namespace["Counter"] = Counter

    assert face.call("Counter", 5) == {"handle": 0}
    assert face.call("Counter", 7) == {"handle": 1}
    assert face.ask("call", target={"handle": 0}, method="add", args=[2]) == 7
    assert face.ask("call", target={"handle": 0}, method="add", offered={"step": 2}) == 9
    assert face.ask("call", target={"handle": 1}, method="add", args=[1]) == 8


def test_forgetting_lets_go_and_uses_numbers_again(face: Face) -> None:
    face.namespace["make"] = object
    face.call("make"), face.call("make")

    face.ask("forget")

    assert face.error("read", target={"handle": 0})["type"] == "IndexError"
    assert face.call("make") == {"handle": 0}


def test_reading_variables(face: Face) -> None:
    face.namespace |= {"number": 3, "tensor": torch.ones(2), "thing": object()}

    assert face.ask("read", target={"name": "number"}) == 3
    np.testing.assert_array_equal(face.ask("read", target={"name": "tensor"}), [1, 1])
    assert face.ask("read", target={"name": "thing"}) == {"handle": 0}


def test_a_variable_that_is_not_defined(face: Face) -> None:
    assert face.error("read", target={"name": "f"})["message"] == "`f` is not defined"
    assert face.error("call", target={"name": "f"})["message"] == "`f` is not defined"
    assert face.ask("describe", name="f") is None


def test_describing_variables(face: Face) -> None:
    face.namespace |= {"Own": Own, "f": lambda net, *args: None, "number": 3, "net": Own(), "none": None}

    assert face.ask("describe", name="Own") == {
        "kind": "class",
        "type": f"{__name__}.Own",
        "parameters": [],
        "required": 0,
    }
    described = face.ask("describe", name="f")
    assert (described["kind"], described["parameters"], described["required"]) == ("callable", ["net", "*args"], 1)
    assert face.ask("describe", name="number") == {
        "kind": "value",
        "type": "builtins.int",
        "parameters": None,
        "required": 0,
    }
    assert face.ask("describe", name="net")["kind"] == "callable"
    assert face.ask("describe", name="none")["kind"] == "value"


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "kind", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, RecursionError, Unprintable]
)
def test_every_exception_is_a_reply(face: Face, kind: type[BaseException]) -> None:
    def f() -> None:
        raise kind("too bad")

    face.namespace["f"] = f
    error = face.error("call", target={"name": "f"})

    assert error["type"] == kind.__name__
    if kind is not Unprintable:
        assert error["message"] == "too bad"


def test_an_exception_comes_with_the_students_own_line(face: Face) -> None:
    source = "def helper(x):\n    return x / 0\n\ndef f(x):\n    return sorted([x], key=helper)\n"
    name = "/tmp/ipykernel_12/345.py"
    linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
    exec(compile(source, name, "exec"), face.namespace)

    error = face.error("call", target={"name": "f"}, args=[1])

    assert error == {"type": "ZeroDivisionError", "message": "division by zero", "line": "return x / 0"}


def test_an_exception_outside_of_the_students_code_has_no_line(face: Face) -> None:
    face.namespace["number"] = 3
    error = face.error("call", target={"name": "number"})

    assert (error["type"], error["line"]) == ("TypeError", "")


def test_an_endless_message_is_cut(face: Face) -> None:
    def f() -> None:
        raise ValueError("x" * 100_000)

    face.namespace["f"] = f
    assert face.error("call", target={"name": "f"})["message"] == "x" * 1000


def test_a_result_that_cannot_cross_is_an_error_and_the_next_call_works(face: Face) -> None:
    face.namespace |= {"many": lambda: list(range(10_000)), "few": lambda: [1]}

    assert face.error("call", target={"name": "many"})["type"] == "Unusable"
    assert face.call("few") == [1]


def test_calls_are_seeded_and_leave_the_generators_alone(face: Face) -> None:
    face.namespace["draw"] = lambda: [random.random(), float(np.random.rand()), float(torch.rand(()))]
    random.seed(3), np.random.seed(3), torch.manual_seed(3)
    wanted = [random.random(), float(np.random.rand()), float(torch.rand(()))]
    random.seed(3), np.random.seed(3), torch.manual_seed(3)

    first, second, other = (face.call("draw", seed=seed) for seed in (1, 1, 2))

    assert first == second != other
    assert [random.random(), float(np.random.rand()), float(torch.rand(()))] == wanted


def test_prints_of_a_call_are_dropped(face: Face, capsys: pytest.CaptureFixture[str]) -> None:
    face.namespace["f"] = lambda: print("printed")

    assert face.call("f") is None
    assert capsys.readouterr().out == ""


def test_a_traced_call_comes_with_a_record(face: Face, net: nn.Module) -> None:
    got = face.ask("call", target=NET, args=[{"tensor": "a0"}], traced=True, arrays={"a0": np.ones((1, 3), np.float32)})

    assert got["result"].shape == (1, 1)
    assert got["trace"]["modules"]["torch.nn.modules.linear.Linear"] == 2
    assert got["trace"]["autograd"] == 0


def test_parameters_come_in_order_with_their_values(face: Face, net: nn.Module) -> None:
    net[0].weight.requires_grad_(False)  # type: ignore[index]

    rows = face.ask("parameters", target=NET)

    assert [row["name"] for row in rows] == ["0.weight", "0.bias", "2.weight"]
    assert [row["requires_grad"] for row in rows] == [False, True, True]
    assert all(row["registered"] for row in rows)
    for row, parameter in zip(rows, net.parameters(), strict=True):
        np.testing.assert_array_equal(row["value"], parameter.detach().numpy(), strict=True)


def test_tensors_of_a_module_without_parameters_are_shown_as_not_registered(face: Face) -> None:
    face.namespace["net"] = Own()

    rows = face.ask("parameters", target=NET)

    assert [(row["name"], row["requires_grad"], row["registered"]) for row in rows] == [
        ("w", True, False),
        ("part.b", False, False),
    ]


def test_assigning_parameters_by_name(face: Face, net: nn.Module) -> None:
    values: dict[str, np.ndarray] = {"a0": np.full((1, 2), 7, np.float64), "a1": np.full(2, 5, np.float32)}
    before = net[0].weight.clone()  # type: ignore[index]
    fields = {"0.bias": {"tensor": "a1"}, "2.weight": {"tensor": "a0"}}

    assert face.ask("assign", target=NET, values=fields, gradients={}, arrays=values) is None

    assert net[2].weight.tolist() == [[7, 7]]  # type: ignore[index]
    assert net[2].weight.dtype == torch.float32  # type: ignore[index]
    assert net[2].weight.requires_grad  # type: ignore[index]
    assert net[0].bias.tolist() == [5, 5]  # type: ignore[index]
    assert torch.equal(net[0].weight, before)  # type: ignore[index]


def test_assigning_gradients(face: Face, net: nn.Module) -> None:
    before = net[0].bias.clone()  # type: ignore[index]

    values = {"a0": np.full(2, 5, np.float64)}
    face.ask("assign", target=NET, values={}, gradients={"0.bias": {"tensor": "a0"}}, arrays=values)

    assert net[0].bias.grad.tolist() == [5, 5]  # type: ignore[index]
    assert torch.equal(net[0].bias, before)  # type: ignore[index]


def test_assigning_the_wrong_shape_or_name_is_an_error(face: Face, net: nn.Module) -> None:
    wrong = {"arrays": {"a0": np.ones(3, np.float32)}, "target": NET, "gradients": False}

    assert face.error("assign", values={"0.bias": {"tensor": "a0"}}, **wrong)["type"] == "RuntimeError"
    assert face.error("assign", values={"5.bias": {"tensor": "a0"}}, **wrong)["type"] == "AttributeError"


def test_modules_with_their_classes(face: Face) -> None:
    class Student(nn.Linear):
        pass

    face.namespace |= {"net": nn.Sequential(nn.ReLU(), Student(2, 1)), "Linear": Student, "other": 5}

    rows = face.ask("modules", target=NET, classes=["Linear", "other", "missing"])

    assert [row["name"] for row in rows] == ["", "0", "1"]
    assert [row["of"] for row in rows] == [[], [], ["Linear"]]
    assert rows[1]["type"] == "torch.nn.modules.activation.ReLU"
    assert rows[2]["bases"][1] == "torch.nn.modules.linear.Linear"
    assert rows[2]["bases"][0] == rows[2]["type"]
    assert face.ask("read", target=rows[2]["handle"]) == {"handle": 3}


def test_gradients_of_a_loss(face: Face, net: nn.Module) -> None:
    x, y = np.ones((4, 3), np.float32), np.zeros((4, 1), np.float32)
    net[0].bias.requires_grad_(False)  # type: ignore[index]
    loss = nn.functional.mse_loss(net(torch.from_numpy(x)), torch.from_numpy(y))
    net[2].weight.grad = torch.full((1, 2), 99.0)  # type: ignore[index]
    trainable = [parameter for parameter in net.parameters() if parameter.requires_grad]
    wanted = torch.autograd.grad(loss, trainable)

    fields: dict[str, Any] = {"x": {"tensor": "a0"}, "y": {"tensor": "a1"}, "loss": "mse_loss"}
    with torch.no_grad():
        got = face.ask("gradients", target=NET, arrays={"a0": x, "a1": y}, **fields)

    assert list(got) == ["0.weight", "0.bias", "2.weight"]
    assert got["0.bias"] is None
    np.testing.assert_array_equal(got["0.weight"], wanted[0])
    np.testing.assert_array_equal(got["2.weight"], wanted[1])
    assert all(parameter.grad is None for parameter in net.parameters())


LOADER = {"name": "loader"}
PIXELS = 4


def batches(face: Face, loader: Any, passes: int = 1, first: int | None = None) -> Any:
    """The agent's answer about `loader`, along the two directions of its pixels 0 and 1."""
    face.namespace["loader"] = loader
    directions = {"array": "a0"}
    return face.ask(
        "batches",
        target=LOADER,
        directions=directions,
        passes=passes,
        first=first,
        arrays={"a0": np.eye(PIXELS, 2)},
    )


def complaint(face: Face, loader: Any) -> str:
    face.namespace["loader"] = loader
    fields = {"directions": {"array": "a0"}, "passes": 1, "first": None, "arrays": {"a0": np.eye(PIXELS, 2)}}
    return face.error("batches", target=LOADER, **fields)["message"]


def numbered(count: int) -> TensorDataset:
    """Images [1, 2, 2] of which each has its own print, labelled by their number."""
    images = torch.rand((count, 1, 2, 2), generator=torch.Generator().manual_seed(0))
    return TensorDataset(images, torch.arange(count))


def test_going_through_a_loader(face: Face) -> None:
    data = numbered(5)

    first, second = batches(face, DataLoader(data, batch_size=2), passes=2)

    np.testing.assert_array_equal(first["sizes"], np.array([2, 2, 1]), strict=True)
    np.testing.assert_array_equal(first["labels"], np.arange(5), strict=True)
    flat = data.tensors[0].numpy().reshape(5, 4).astype(np.float64)
    wanted = (flat - flat.mean(axis=1, keepdims=True)) / flat.std(axis=1, keepdims=True)
    np.testing.assert_allclose(first["prints"], wanted[:, :2], atol=1e-12)
    for name, values in first.items():
        np.testing.assert_array_equal(second[name], values)


@pytest.mark.parametrize("shape", [(3, 1, 2, 2), (3, 2, 2), (3, 4)])
@pytest.mark.parametrize("labels", [torch.arange(3), torch.arange(3.0), torch.arange(3)[:, None]])
def test_any_list_of_pairs_is_a_loader(face: Face, shape: tuple[int, ...], labels: torch.Tensor) -> None:
    images = torch.arange(12).reshape(shape) ** 2

    (got,) = batches(face, [(images, labels), [images, labels]])

    assert got["sizes"].tolist() == [3, 3]
    assert got["labels"].tolist() == [0, 1, 2, 0, 1, 2]
    np.testing.assert_array_equal(got["prints"][:3], got["prints"][3:])


def test_prints_do_not_depend_on_scale_and_shift_and_are_zero_for_one_colour(face: Face) -> None:
    images, labels = torch.rand(6, 4), torch.zeros(6)
    images[5] = 0.1

    got, scaled = (batches(face, [(x, labels)])[0]["prints"] for x in (images, (images - 0.13) / 0.31))

    np.testing.assert_allclose(got, scaled, atol=1e-5)
    assert got[5].tolist() == [0, 0]
    assert np.abs(got[:5]).min() > 1e-5


def test_infinite_pixels_have_no_print(face: Face) -> None:
    (got,) = batches(face, [(torch.tensor([[1.0, torch.inf, 0, 0], [1, 2, 3, 4]]), torch.zeros(2))])

    assert np.isnan(got["prints"]).any(axis=1).tolist() == [True, False]


def test_only_the_first_samples(face: Face) -> None:
    (got,) = batches(face, DataLoader(numbered(50), batch_size=4), first=9)

    assert got["sizes"].tolist() == [4, 4, 4]
    assert len(got["labels"]) == len(got["prints"]) == 12


def test_a_loader_that_gives_nothing(face: Face) -> None:
    (got,) = batches(face, [])

    assert [got[name].shape for name in ("sizes", "labels", "prints")] == [(0,), (0,), (0, 2)]


class Rows:
    """A loader of the notebook's own, with a generator of its own."""

    def __init__(self) -> None:
        self.draw, self.python = np.random.default_rng(1), random.Random(1)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        order = self.draw.permutation(20)
        yield torch.rand(20, 4), torch.from_numpy(order) + self.python.randrange(100)


def shuffled_by_loader() -> DataLoader[Any]:
    return DataLoader(numbered(20), 4, shuffle=True, generator=torch.Generator().manual_seed(1))


def shuffled_by_sampler() -> DataLoader[Any]:
    sampler = SubsetRandomSampler(range(20), generator=torch.Generator().manual_seed(1))
    return DataLoader(numbered(20), 4, sampler=sampler)


def shuffled_by_batch_sampler() -> DataLoader[Any]:
    sampler = RandomSampler(range(20), generator=torch.Generator().manual_seed(1))
    return DataLoader(numbered(20), batch_sampler=BatchSampler(sampler, 4, drop_last=False))


@pytest.mark.parametrize("make", [shuffled_by_loader, shuffled_by_sampler, shuffled_by_batch_sampler, Rows])
def test_a_loaders_own_generators_go_on_as_if_nobody_had_asked(face: Face, make: Callable[[], Any]) -> None:
    def order(loader: Any) -> list[list[int]]:
        return [labels.tolist() for _, labels in loader]

    torch.manual_seed(3)
    wanted = order(make())
    torch.manual_seed(3)
    loader = make()

    first, second = batches(face, loader, passes=2)

    assert first["labels"].tolist() != second["labels"].tolist()
    assert order(loader) == wanted


@pytest.mark.parametrize(
    ("loader", "clause"),
    [
        ([torch.zeros(3, 4)], "its batches should be pairs `(images, labels)` of tensors, but one is a Tensor"),
        ([(torch.zeros(3, 4),)], "but one is a tuple of 1"),
        ([{"x": torch.zeros(3, 4), "y": torch.zeros(3)}], "but one is a dict"),
        ([(np.zeros((3, 4)), np.zeros(3))], "but one is a tuple of 2"),
        ([(torch.zeros(3, 5), torch.zeros(3))], "should have 4 pixels each, but a batch of them has shape (3, 5)"),
        ([(torch.tensor(1.0), torch.zeros(1))], "should have 4 pixels each"),
        ([(torch.zeros(3, 4), torch.zeros(2))], "a batch of 3 images comes with labels of shape (2,)"),
        (numbered(3), "a batch of 1 images comes with labels of shape ()"),
        ([(torch.zeros(3, 4), torch.zeros(3, 10))], "labels of shape (3, 10)"),
        (itertools.repeat((torch.zeros(3, 4), torch.zeros(3))), "a repeat, which can be gone through only once"),
        (iter(shuffled_by_loader()), "can be gone through only once"),
        (5, "'int' object is not iterable"),
    ],
)
def test_what_is_no_loader_is_said(face: Face, loader: Any, clause: str) -> None:
    assert clause in complaint(face, loader)


def test_an_endless_loader_is_left(face: Face) -> None:
    class Endless:
        def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
            return itertools.repeat((torch.zeros(50_000, 4), torch.zeros(50_000)))

    assert "has no end" in complaint(face, Endless())


def test_the_environment(face: Face) -> None:
    assert face.ask("environment") == {
        "python": ".".join(map(str, sys.version_info[:3])),
        "torch": torch.__version__,
        "device": "cuda" if torch.cuda.is_available() else "cpu",
    }


def test_an_unknown_question_is_an_error(face: Face) -> None:
    assert face.error("nothing")["type"] == "AttributeError"


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    yield
    linecache.clearcache()


def test_arguments_follow_code_that_keeps_its_tensors_on_another_device(face: Face) -> None:
    """Here on the device without contents: there is no GPU on most machines, and where its tensors are matters alone."""

    def f(x: Any) -> list[int]:
        if x.device.type != "meta":
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
            )
        return list(x.shape)

    face.namespace["f"] = f
    asked: dict[str, Any] = {
        "target": {"name": "f"},
        "args": [{"tensor": "x"}],
        "arrays": {"x": np.ones((4, 3), np.float32)},
    }
    face.answer.__self__.device = lambda: "cpu"  # type: ignore[attr-defined]
    assert "device" in face.reply("call", **asked)[0]["error"]["message"]
    face.answer.__self__.device = lambda: "meta"  # type: ignore[attr-defined]
    assert face.ask("call", **asked) == [4, 3]


def test_what_a_check_had_made_follows_too_and_the_first_attempt_does_not_count(face: Face) -> None:
    def f(loader: Any, net: Any) -> list[str]:
        devices = [x.device.type for x, _ in loader]
        if {*devices, net.weight.device.type} != {"meta"}:
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
            )
        return devices

    face.namespace |= {"f": f, "net": nn.Linear(3, 2)}
    face.answer.__self__.device = lambda: "meta"  # type: ignore[attr-defined]
    spec = {"columns": ["x", "y"], "batch_size": 2, "shuffle": False}
    arrays: dict[str, np.ndarray] = {"x": np.ones((4, 3), np.float32), "y": np.ones(4)}
    loader = face.ask("read", target={"loader": spec}, arrays=arrays)
    net = face.answer.__self__.keep(face.namespace["net"])  # type: ignore[attr-defined]
    assert face.call("f", loader, {"handle": net}) == ["meta", "meta"]
    assert face.ask("call", target=loader, method="count") == 1


def test_the_first_error_is_told_where_the_second_attempt_fails_too(face: Face) -> None:
    def f(x: Any) -> None:
        raise RuntimeError(f"Input type (double) and bias type (float) should be the same: {x.device}")

    face.namespace["f"] = f
    face.answer.__self__.device = lambda: "meta"  # type: ignore[attr-defined]
    reply, _ = face.reply("call", target={"name": "f"}, args=[{"tensor": "x"}], arrays={"x": np.ones(1, np.float32)})
    assert reply["error"]["message"].endswith("cpu")


def test_another_error_is_not_tried_again(face: Face) -> None:
    calls: list[str] = []

    def f(x: Any) -> None:
        calls.append(str(x.device))
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    face.namespace["f"] = f
    face.answer.__self__.device = lambda: "meta"  # type: ignore[attr-defined]
    face.reply("call", target={"name": "f"}, args=[{"tensor": "x"}], arrays={"x": np.ones(1, np.float32)})
    assert calls == ["cpu"]
