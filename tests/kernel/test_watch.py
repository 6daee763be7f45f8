"""Student code runs undisturbed and disturbs nothing, and what it does is counted."""

import contextlib
import functools
import operator
import random
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.autograd.forward_ad as forward_mode
from torch import nn

from grader.execution.inject import PACKAGE, local_agent

mpl.use("Agg")


@pytest.fixture(scope="module", autouse=True)
def agent() -> None:
    """Loads the kernel's modules into this process."""
    local_agent({})


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    """Puts back what a test changes on purpose."""
    threads = torch.get_num_threads()
    yield
    plt.close("all")
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    torch.set_num_threads(threads)


def undisturbed(seed: int) -> Any:
    return sys.modules[f"{PACKAGE}.watch"].undisturbed(seed)


def test_the_references_surroundings_are_quiet_and_in_one_thread_and_put_modes_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On a busy machine a second thread takes many times as long, and what it prints is no part of any report."""
    torch.set_num_threads(2)
    with sys.modules[f"{PACKAGE}.watch"].seeded(5):
        print("loss")
        seen, first = torch.get_num_threads(), draw()
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
    with sys.modules[f"{PACKAGE}.watch"].seeded(5):
        again = draw()
    assert (seen, torch.get_num_threads()) == (1, 2)
    assert first == again
    assert (torch.get_default_dtype(), torch.is_grad_enabled()) == (torch.float32, True)
    assert capsys.readouterr().out == ""


def watch(call: Callable[[], object]) -> dict[str, Any]:
    """What `watched` counts while `call` runs."""
    trace: dict[str, Any] = {}
    with sys.modules[f"{PACKAGE}.watch"].watched(trace):
        call()
    return trace


def draw() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(()))


# undisturbed


def test_the_generators_go_on_as_if_nothing_had_been_drawn() -> None:
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    wanted = [draw(), draw()]
    random.seed(5), np.random.seed(5), torch.manual_seed(5)

    got = [draw()]
    with undisturbed(1):
        draw()
    got.append(draw())

    assert got == wanted


def test_draws_depend_on_the_seed_alone() -> None:
    draws = []
    for seed in (1, 1, 2):
        draw()
        with undisturbed(seed):
            draws.append(draw())

    assert draws[0] == draws[1]
    assert all(first != second for first, second in zip(draws[0], draws[2], strict=True))


@pytest.mark.parametrize("enabled", [True, False])
def test_grad_mode_is_put_back(enabled: bool) -> None:
    torch.set_grad_enabled(enabled)
    with undisturbed(0):
        torch.set_grad_enabled(not enabled)

    assert torch.is_grad_enabled() is enabled


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_the_default_dtype_is_put_back(kind: torch.dtype) -> None:
    torch.set_default_dtype(kind)
    with undisturbed(0):
        torch.set_default_dtype(torch.float64 if kind == torch.float32 else torch.float32)

    assert torch.get_default_dtype() == kind


def test_one_thread_works_inside_and_as_many_as_before_afterwards() -> None:
    torch.set_num_threads(2)
    with undisturbed(0):
        assert torch.get_num_threads() == 1
        torch.set_num_threads(3)

    assert torch.get_num_threads() == 2


def test_all_is_put_back_after_an_exception_too() -> None:
    torch.set_num_threads(2)
    torch.manual_seed(5)
    wanted = float(torch.rand(()))
    torch.manual_seed(5)

    def disturb() -> None:
        torch.rand(3)
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        plt.figure()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), undisturbed(0):
        disturb()

    assert float(torch.rand(())) == wanted
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_num_threads() == 2
    assert plt.get_fignums() == []


def test_only_new_figures_are_closed() -> None:
    mine = plt.figure()
    with undisturbed(0):
        plt.figure(), plt.figure()
        assert len(plt.get_fignums()) == 3

    assert plt.get_fignums() == [mine.number]


def test_figures_are_closed_where_pyplot_was_not_imported_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot")
    with undisturbed(0):
        import matplotlib.pyplot as imported_now  # noqa: PLC0415

        imported_now.figure()

    assert plt.get_fignums() == []


def test_prints_are_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    print("before")
    with undisturbed(0):
        print("printed")
        print("warned", file=sys.stderr)
        sys.stdout.flush()
    print("after")

    captured = capsys.readouterr()
    assert captured.out == "before\nafter\n"
    assert captured.err == ""


# watched

LINEAR = "torch.nn.modules.linear.Linear"


def test_modules_are_counted_when_they_run() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))

    trace = watch(lambda: [net(torch.ones(1, 3)) for _ in range(3)])

    assert trace["modules"] == {"torch.nn.modules.container.Sequential": 3, LINEAR: 6}
    assert trace["owners"] == {}


def test_own_modules_are_counted_by_their_full_name() -> None:
    class Own(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    own = Own()
    assert list(watch(lambda: own(torch.ones(1)))["modules"]) == [f"{__name__}.{Own.__qualname__}"]


def test_a_layer_that_is_made_is_noticed_however_it_is_hidden() -> None:
    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = [nn.Linear(3, 2)]

    trace = watch(Hidden)

    assert trace["owners"] == {LINEAR: 2}
    assert trace["modules"] == {}


def test_own_parameters_are_counted_for_their_owner() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))

    assert list(watch(Own)["owners"]) == [f"{__name__}.{Own.__qualname__}"]


def test_optimizer_steps_are_counted() -> None:
    parameter = nn.Parameter(torch.ones(1))
    parameter.grad = torch.ones(1)
    sgd, adam = torch.optim.SGD([parameter], 0.1), torch.optim.Adam([parameter])

    trace = watch(lambda: (sgd.step(), sgd.step(), adam.step()))

    assert trace["optimizers"] == {"torch.optim.sgd.SGD": 2, "torch.optim.adam.Adam": 1}


def leaf() -> torch.Tensor:
    return torch.tensor([1.0, -2.0], requires_grad=True)


def loss(x: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(x).sum()


def seldom(function: Any) -> Callable[[torch.Tensor], object]:
    """Calls torch's engine as `function(engine, *arguments)` would."""
    engine = torch.autograd.Variable._execution_engine

    def call(x: torch.Tensor) -> object:
        return function(engine, (loss(x),), (torch.tensor(1.0),), False, False, (x,), False, accumulate_grad=False)

    return call


def in_thread(x: torch.Tensor) -> None:
    thread = threading.Thread(target=lambda: loss(x).backward())
    thread.start()
    thread.join()


def forward(x: torch.Tensor) -> object:
    with forward_mode.dual_level():
        return forward_mode.unpack_dual(loss(forward_mode.make_dual(x.detach(), torch.ones(2)))).tangent


another_name = torch.autograd.grad
ROADS: dict[str, Callable[[torch.Tensor], object]] = {
    "backward": lambda x: loss(x).backward(),
    "torch.autograd.backward": lambda x: torch.autograd.backward(loss(x)),
    "an obscured name": lambda x: getattr(loss(x), "back" + "ward")(),
    "map": lambda x: list(map(torch.Tensor.backward, [loss(x)])),
    "a thread": in_thread,
    "torch.autograd.grad under an alias": lambda x: another_name(loss(x), x),
    "torch.autograd.functional.jacobian": lambda x: torch.autograd.functional.jacobian(loss, x),
    "torch.autograd.functional.jvp": lambda x: torch.autograd.functional.jvp(loss, x, torch.ones(2)),
    "torch.func.grad": torch.func.grad(loss),
    "torch.func.vjp": lambda x: torch.func.vjp(loss, x)[1](torch.tensor(1.0)),
    "torch.func.jvp": lambda x: torch.func.jvp(loss, (x,), (torch.ones(2),)),
    "torch.func.jacrev": torch.func.jacrev(loss),
    "torch.func.jacfwd": torch.func.jacfwd(loss),
    "forward mode": forward,
    "the engine": seldom(lambda engine, *args, **kwargs: engine.run_backward(*args, **kwargs)),
}


# torch's own forward-mode derivatives are scripted at their first use
@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
@pytest.mark.parametrize("road", ROADS)
def test_every_road_into_differentiation_is_counted(road: str) -> None:
    x = leaf()
    assert watch(lambda: ROADS[road](x))["autograd"] > 0


def silently(x: torch.Tensor) -> None:
    sys.setprofile(None)
    loss(x).backward()


def graph_node(x: torch.Tensor) -> object:
    total: Any = loss(x)
    return total.grad_fn.next_functions[0][0](torch.ones(2))


BACK_DOORS: dict[str, Callable[[torch.Tensor], object]] = {
    "a node of the graph": graph_node,
    "the engine, from C": seldom(
        lambda engine, *args, **kwargs: functools.partial(engine.run_backward, *args, **kwargs)()
    ),
    "a method caller": seldom(lambda e, *args, **kwargs: operator.methodcaller("run_backward", *args, **kwargs)(e)),
    "no profile": silently,
}


@pytest.mark.parametrize("door", BACK_DOORS)
def test_what_enters_unseen_is_betrayed_by_the_operations_that_only_differentiation_has(door: str) -> None:
    x = leaf()
    trace = watch(lambda: BACK_DOORS[door](x))

    assert trace["autograd"] or "aten.sigmoid_backward.default" in trace["operations"]


def by_hand(x: torch.Tensor) -> torch.Tensor:
    y = torch.sigmoid(x)
    return y * (1 - y)


def honest_training() -> torch.Tensor:
    w, x = torch.randn(3, 2), torch.randn(5, 3)
    for _ in range(3):
        scores = torch.softmax(x @ w, dim=1)
        w -= 0.1 * x.T @ (scores - 0.5) / len(x)
    return w


@pytest.mark.parametrize(
    "honest",
    [
        lambda: by_hand(torch.ones(3)),
        lambda: by_hand(leaf()),
        honest_training,
        lambda: torch.no_grad()(by_hand)(leaf()),
        lambda: torch.einsum("ij,j->i", torch.ones(2, 2), torch.ones(2)),
        lambda: torch.from_numpy(np.ones(3)) + torch.tensor([1, 2, 3]),
    ],
    ids=["arithmetic", "with requires_grad", "training", "no_grad", "einsum", "numpy"],
)
def test_honest_arithmetic_counts_as_nothing_but_operations(honest: Callable[[], object]) -> None:
    trace = watch(honest)

    assert trace["operations"]
    assert not [name for name in trace["operations"] if "backward" in name]
    assert {key: value for key, value in trace.items() if key != "operations"} == {
        "modules": {},
        "owners": {},
        "optimizers": {},
        "autograd": 0,
    }


def test_a_net_that_runs_forward_is_no_differentiation() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 1))
    assert watch(lambda: net(torch.ones(4, 2)))["autograd"] == 0


@pytest.mark.parametrize("ends", ["well", "with an exception"])
def test_nothing_is_counted_afterwards(ends: str) -> None:
    trace: dict[str, Any] = {}

    def profile(*_: Any) -> None:
        """A profiler of somebody else's."""

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        with contextlib.suppress(ZeroDivisionError), sys.modules[f"{PACKAGE}.watch"].watched(trace):
            torch.ones(1) / (1 // (ends == "well"))
        after = sys.getprofile()
    finally:
        sys.setprofile(before)
    counted = repr(trace)
    linear = nn.Linear(2, 1)
    linear(torch.ones(1, 2)).sum().backward()
    torch.optim.SGD(linear.parameters(), 0.1).step()
    in_thread(leaf())

    assert repr(trace) == counted
    assert after is profile
    assert threading.getprofile() is None
