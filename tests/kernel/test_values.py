"""Values become JSON plus arrays, within bounds, whatever student code returns; and become values again."""

import sys
from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from grader.execution.inject import PACKAGE, local_agent

Point = namedtuple("Point", ["x", "y"])


class Side:
    """A writer, with the objects that it kept."""

    def __init__(self) -> None:
        values = sys.modules[f"{PACKAGE}.values"]
        self.kept: list[Any] = []
        self.writer = values.Writer(self.keep)
        self.unusable: type[Exception] = values.Unusable

    def keep(self, value: Any) -> int:
        self.kept.append(value)
        return len(self.kept) - 1

    def write(self, value: Any) -> Any:
        return self.writer.value(value)

    def array(self, value: Any, kind: str = "tensor") -> np.ndarray:
        """The array that stands for `value`, which has to be written as `kind`."""
        ((found, key),) = self.write(value).items()
        assert found == kind
        array: np.ndarray = self.writer.arrays[key]
        return array


@pytest.fixture(scope="module", autouse=True)
def agent() -> None:
    """Loads the kernel's modules into this process."""
    local_agent({})


@pytest.fixture
def side() -> Side:
    return Side()


def reader(
    arrays: dict[str, np.ndarray],
    handle: Callable[[int], Any] | None = None,
    name: Callable[[str], Any] | None = None,
) -> Any:
    return sys.modules[f"{PACKAGE}.values"].Reader(arrays, handle, name)


# what goes out


@pytest.mark.parametrize("value", [None, True, False, 0, -5, 2**63 - 1, -(2**63) + 1, "", "text", "ü\n"])
def test_what_json_has_stands_for_itself(side: Side, value: object) -> None:
    assert side.write(value) is value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (1e300, "1e+300"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (-float("inf"), "-inf"),
    ],
)
def test_floats_are_text_because_json_has_neither_nan_nor_infinity(side: Side, value: float, text: str) -> None:
    assert side.write(value) == {"float": text}


def test_containers_keep_their_kind_and_order(side: Side) -> None:
    value = [1, (2.5, "b"), {"z": None, 3: [True]}]

    assert side.write(value) == {
        "list": [1, {"tuple": [{"float": "2.5"}, "b"]}, {"dict": [["z", None], [3, {"list": [True]}]]}]
    }
    assert side.write(Point(1, 2)) == {"tuple": [1, 2]}


@pytest.mark.parametrize("value", [2**63, -(2**63), 10**5000], ids=["first", "negative", "huge"])
def test_an_integer_beyond_64_bits_stays_inside(side: Side, value: int) -> None:
    assert side.write(value) == {"handle": 0}
    assert side.kept == [value]


class Everything:
    """Says that it equals everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class Five(int):
    pass


class Words(str):
    __slots__ = ()


class Rows(list[int]):
    pass


@pytest.mark.parametrize(
    "value",
    [Everything(), Five(5), Words("w"), Rows([1]), object(), {1}, b"bytes", 1j, print, Five],
    ids=["equal to all", "own int", "own str", "own list", "object", "set", "bytes", "complex", "function", "class"],
)
def test_what_is_not_plain_stays_inside_and_only_its_number_goes_out(side: Side, value: object) -> None:
    assert side.write([0, value]) == {"list": [0, {"handle": 0}]}
    assert side.kept[0] is value


def test_what_is_kept_already_keeps_its_number(side: Side) -> None:
    assert side.write(sys.modules[f"{PACKAGE}.values"].Kept(7)) == {"handle": 7}
    assert side.kept == []


def test_long_text_is_cut(side: Side) -> None:
    assert side.write("x" * 10_001) == "x" * 10_000


def numbers() -> torch.Tensor:
    return torch.arange(6, dtype=torch.float32).reshape(2, 3)


@pytest.mark.parametrize(
    ("tensor", "wanted"),
    [
        (numbers(), np.array([[0, 1, 2], [3, 4, 5]], dtype=np.float32)),
        (numbers().T, np.array([[0, 3], [1, 4], [2, 5]], dtype=np.float32)),
        (numbers()[:, ::2], np.array([[0, 2], [3, 5]], dtype=np.float32)),
        (torch.tensor([1.0, 2.0]).expand(2, 2), np.array([[1, 2], [1, 2]], dtype=np.float32)),
        (torch.tensor(3.5), np.array(3.5, dtype=np.float32)),
        (torch.zeros(0, 3), np.zeros((0, 3), dtype=np.float32)),
        (torch.tensor([1.0], requires_grad=True), np.array([1], dtype=np.float32)),
        (torch.tensor([1.0], requires_grad=True) * 2, np.array([2], dtype=np.float32)),
        (torch.nn.Parameter(torch.ones(2)), np.ones(2, dtype=np.float32)),
        (torch.tensor([1.5, -2.0], dtype=torch.bfloat16), np.array([1.5, -2], dtype=np.float32)),
        (torch.tensor([1.5, -2.0], dtype=torch.float16), np.array([1.5, -2], dtype=np.float32)),
        (torch.tensor([1 / 3], dtype=torch.float64), np.array([1 / 3])),
        (torch.tensor([1, 2]), np.array([1, 2])),
        (torch.tensor([250], dtype=torch.uint8), np.array([250], dtype=np.uint8)),
        (torch.tensor([True, False]), np.array([True, False])),
        (torch.eye(2).to_sparse(), np.eye(2, dtype=np.float32)),
        (torch.conj(torch.tensor([1 + 2j])).imag, np.array([-2], dtype=np.float32)),
        (torch.tensor([float("nan"), float("inf")]), np.array([np.nan, np.inf], dtype=np.float32)),
    ],
    ids=[
        "plain", "transposed", "strided", "expanded", "0-d", "empty", "leaf", "computed", "parameter", "bfloat16",
        "float16", "float64", "int64", "uint8", "bool", "sparse", "negated view", "nan",
    ],
)  # fmt: skip
def test_tensors(side: Side, tensor: torch.Tensor, wanted: np.ndarray) -> None:
    got = side.array(tensor)

    np.testing.assert_array_equal(got, wanted, strict=True)
    assert got.flags.c_contiguous


class Liar(torch.Tensor):
    """Lies about its shape, its length and what it equals, and refuses torch functions."""

    @property
    def shape(self) -> torch.Size:  # type: ignore[override]
        return torch.Size([99])

    def __len__(self) -> int:
        return 99

    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return True

    __hash__ = torch.Tensor.__hash__

    def numpy(self, *, force: bool = False) -> Any:
        return np.zeros(99)

    def __array__(self, *args: Any) -> Any:
        return np.zeros(99)


def test_a_tensor_subclass_cannot_lie_about_what_it_holds(side: Side) -> None:
    np.testing.assert_array_equal(side.array(numbers().as_subclass(Liar)), numbers().numpy(), strict=True)


@pytest.mark.parametrize(
    "value",
    [
        np.array([[1, 2], [3, 4]]),
        np.arange(6).reshape(2, 3).T,
        np.float32(2.5),
        np.array(7),
        np.bool_(True),
        np.zeros((0, 2)),
    ],
    ids=["plain", "transposed", "scalar", "0-d", "bool", "empty"],
)
def test_numpy_arrays_and_scalars(side: Side, value: np.ndarray | np.generic) -> None:
    got = side.array(value, "array")

    np.testing.assert_array_equal(got, np.asarray(value), strict=True)
    assert got.flags.c_contiguous


@pytest.mark.parametrize("make", [torch.ones, np.ones])
def test_what_goes_out_is_a_copy(side: Side, make: Callable[[int], Any]) -> None:
    value = make(3)
    got = side.array(value, "tensor" if make is torch.ones else "array")
    value[0] = 5

    np.testing.assert_array_equal(got, [1, 1, 1])


@pytest.mark.parametrize(
    "value",
    [
        np.array(["text"]),
        np.array([object()]),
        np.array([1j]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        np.zeros(2, dtype=[("a", "f4")]),
        torch.tensor([1j]),
    ],
    ids=["text", "objects", "complex", "dates", "records", "complex tensor"],
)
def test_arrays_of_what_cannot_be_compared_are_refused(side: Side, value: Any) -> None:
    with pytest.raises(side.unusable, match="cannot be compared"):
        side.write(value)


# views of one number take no memory, however large they say they are
LARGE = 64 << 20


@pytest.mark.parametrize(
    "value",
    [
        np.broadcast_to(np.uint8(1), LARGE + 1),
        torch.zeros(1, dtype=torch.uint8).expand(LARGE + 1),
        [np.broadcast_to(np.uint8(1), LARGE // 4)] * 5,
    ],
    ids=["array", "tensor", "together"],
)
def test_arrays_that_are_too_large_are_refused(side: Side, value: Any) -> None:
    with pytest.raises(side.unusable, match="larger than the grader accepts"):
        side.write(value)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def cycle() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def dictionary_cycle() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["self"] = (value,)
    return value


class Endless(tuple[int, ...]):
    __slots__ = ()

    def __iter__(self) -> Iterator[int]:
        while True:
            yield 1


@pytest.mark.parametrize(
    "value",
    [nested(17), cycle(), dictionary_cycle(), list(range(5_000)), dict.fromkeys(range(2_500)), Endless([1])],
    ids=["deep", "cycle", "cycle of dictionaries", "wide", "wide dictionary", "endless"],
)
def test_values_with_too_many_parts_are_refused(side: Side, value: Any) -> None:
    with pytest.raises(side.unusable, match="more parts than the grader accepts"):
        side.write(value)


def test_values_just_within_the_bounds_are_not_refused(side: Side) -> None:
    side.write(nested(16))
    Side().write(list(range(4_999)))
    Side().write(np.zeros(LARGE, dtype=np.uint8))


# what comes in


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        (None, None),
        (True, True),
        (3, 3),
        ("text", "text"),
        ({"float": "0.1"}, 0.1),
        ({"float": "-inf"}, -float("inf")),
        ({"list": [1, {"tuple": ["a", {"float": "2.0"}]}]}, [1, ("a", 2.0)]),
        ({"dict": [[{"tuple": [1, 2]}, {"list": []}]]}, {(1, 2): []}),
    ],
)
def test_reading_plain_values(spec: Any, value: object) -> None:
    got = reader({}).value(spec)

    assert got == value
    assert type(got) is type(value)


def test_reading_tensors_and_arrays() -> None:
    arrays = {"a0": np.array([[1.5], [2.5]], dtype=np.float32), "a1": np.array(3)}

    got = reader(arrays).value({"list": [{"tensor": "a0"}, {"array": "a0"}, {"tensor": "a1"}]})

    assert type(got[0]) is torch.Tensor
    assert got[0].dtype == torch.float32
    assert got[0].tolist() == [[1.5], [2.5]]
    np.testing.assert_array_equal(got[1], arrays["a0"], strict=True)
    assert got[2].dtype == torch.int64
    assert got[2].shape == ()


@pytest.mark.parametrize("kind", ["tensor", "array"])
def test_each_reading_is_a_copy(kind: str) -> None:
    arrays = {"a0": np.ones(2)}
    first = reader(arrays).value({kind: "a0"})
    first[0] = 5

    assert reader(arrays).value({kind: "a0"}).tolist() == [1, 1]


def test_reading_what_is_here_already() -> None:
    kept, variables = [object(), object()], {"f": object()}
    read = reader({}, handle=kept.__getitem__, name=variables.__getitem__)

    assert read.value({"handle": 1}) is kept[1]
    assert read.value({"list": [{"name": "f"}]})[0] is variables["f"]


def loader(shuffle: bool) -> Any:
    arrays: dict[str, np.ndarray] = {"a0": np.arange(10, dtype=np.float32), "a1": np.arange(10)}
    return reader(arrays).value({"loader": {"columns": ["a0", "a1"], "batch_size": 4, "shuffle": shuffle}})


def test_a_loader_gives_batches_of_all_columns_in_order() -> None:
    batches = list(loader(shuffle=False))

    assert [len(x) for x, _ in batches] == [4, 4, 2]
    assert torch.cat([x for x, _ in batches]).tolist() == list(range(10))
    assert torch.cat([y for _, y in batches]).tolist() == list(range(10))


def test_a_shuffled_loader_keeps_rows_together_and_follows_the_seed() -> None:
    orders = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        batches = list(loader(shuffle=True))
        orders.append(torch.cat([y for _, y in batches]).tolist())
        assert torch.cat([x for x, _ in batches]).tolist() == orders[-1]

    assert sorted(orders[0]) == list(range(10))
    assert orders[0] == orders[1] != orders[2]


def test_a_loader_counts_how_often_it_is_gone_through() -> None:
    counted = loader(shuffle=False)
    assert counted.count() == 0
    list(counted)
    next(iter(counted))

    assert counted.count() == 2
    assert isinstance(counted, torch.utils.data.DataLoader)
