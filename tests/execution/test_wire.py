"""Values survive the way in and out; whatever else a kernel sends is a violation of the protocol and nothing else."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from grader.errors import ProtocolViolation, StudentFault
from grader.execution.inject import local_agent
from grader.execution.student import Student, explain
from grader.execution.wire import (
    MAX_DEPTH,
    MAX_HEADER_BYTES,
    Encoder,
    Handle,
    Loader,
    Name,
    NumpyArray,
    decode,
    load_arrays,
)

# round trips


@pytest.fixture(scope="module")
def student() -> Student:
    """The real agent in this process, with a function that gives back what it is given, and one that says what it got."""
    namespace = {"echo": lambda value: value, "kind": lambda value: f"{type(value).__name__}", "three": 3}
    answer = local_agent(namespace)

    def ask(request: dict[str, Any], blob: bytes, _: float) -> tuple[dict[str, Any], bytes]:
        reply, arrays = answer(json.loads(json.dumps(request, allow_nan=False)), blob)
        return json.loads(json.dumps(reply, allow_nan=False)), arrays

    return Student(ask)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -7,
        2**63 - 1,
        "",
        "ünïcode 🙂\n",
        0.1,
        -0.0,
        1e-320,
        float("inf"),
        -float("inf"),
        np.float64(0.1),
        [],
        (),
        {},
        [1, [2.5, ("three", None)], {"four": [True]}],
        {(1, "a"): {2: 3.0}},
    ],
    ids=repr,
)
def test_plain_values_come_back_as_they_went(student: Student, value: object) -> None:
    got = student.echo(value)

    assert got == value
    assert repr(got) == repr(value.item() if isinstance(value, np.generic) else value)


def test_not_a_number_comes_back_as_such(student: Student) -> None:
    assert np.isnan(student.echo(float("nan")))


ARRAYS = {
    "float32": np.array([[1.5, -2], [np.nan, np.inf]], dtype=np.float32),
    "float64": np.array([1 / 3]),
    "int64": np.array([-(2**40)]),
    "int32": np.array([1], dtype=np.int32),
    "uint8": np.array([255], dtype=np.uint8),
    "bool": np.array([True, False]),
    "0-d": np.array(2.5),
    "empty": np.zeros((0, 3), dtype=np.float32),
    "transposed": np.arange(6.0).reshape(2, 3).T,
    "strided": np.arange(10)[::3],
    "broadcast": np.broadcast_to(np.float32(2), (2, 2)),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_arrives_as_a_tensor_and_comes_back_as_an_array(student: Student, name: str) -> None:
    np.testing.assert_array_equal(student.echo(ARRAYS[name]), ARRAYS[name], strict=True)
    assert student.kind(ARRAYS[name]) == "Tensor"


@pytest.mark.parametrize("name", ARRAYS)
def test_a_numpy_array_arrives_as_one(student: Student, name: str) -> None:
    np.testing.assert_array_equal(student.echo(NumpyArray(ARRAYS[name])), ARRAYS[name], strict=True)
    assert student.kind(NumpyArray(ARRAYS[name])) == "ndarray"


def test_half_precision_comes_back_with_the_same_values(student: Student) -> None:
    got = student.echo(np.array([1.5, -0.25], dtype=np.float16))
    np.testing.assert_array_equal(got, [1.5, -0.25])


def test_big_endian_arrays_keep_their_values(student: Student) -> None:
    np.testing.assert_array_equal(student.echo(np.array([1, 2], dtype=">i4")), [1, 2])


def test_arrays_inside_containers(student: Student) -> None:
    got = student.echo({"w": [np.zeros(2), (np.ones(1), NumpyArray(np.ones(3)))]})

    assert [got["w"][0].tolist(), got["w"][1][0].tolist(), got["w"][1][1].tolist()] == [[0, 0], [1], [1, 1, 1]]


def test_handles_names_and_loaders(student: Student) -> None:
    assert student.echo(Name("three")) == 3
    loader = student.echo(Loader((np.zeros((4, 2)), np.zeros(4)), batch_size=2))
    assert isinstance(loader, Handle)
    assert student.kind(loader) == "CountedLoader"


@pytest.mark.parametrize(
    "value",
    [object(), {1}, b"bytes", 1j, [{"a": print}], np.float32(1), range(3)],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_sent_is_refused_before_it_is_sent(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be sent to a kernel"):
        Encoder().value(value)


def test_what_is_sent_is_a_copy() -> None:
    send, array = Encoder(), np.ones(2)
    send.value(array)
    array[:] = 5

    assert load_arrays(send.blob())["a0"].tolist() == [1, 1]


def test_no_arrays_are_no_bytes() -> None:
    assert Encoder().blob() == b""
    assert load_arrays(b"") == {}


# hostile values


def nested(depth: int, kind: str = "list") -> Any:
    value: Any = None
    for _ in range(depth):
        value = {kind: [[1, value] if kind == "dict" else value]}
    return value


def test_depth_within_the_bound() -> None:
    decode(nested(MAX_DEPTH), {})


@pytest.mark.parametrize(
    "spec",
    [
        1.5,
        [],
        [1],
        {},
        {"list": [], "tuple": []},
        {"unknown": 1},
        {"name": "f"},
        {"loader": {}},
        {"__class__": "int"},
        {"float": None},
        {"float": "one"},
        {"float": []},
        {"float": {"float": "1"}},
        {"float": 10**400},
        {"handle": None},
        {"handle": "one"},
        {"handle": []},
        {"handle": float("inf")},
        {"handle": float("nan")},
        {"list": None},
        {"list": 5},
        {"list": [{}]},
        {"tuple": True},
        {"tuple": [1.5]},
        {"dict": 1},
        {"dict": [1]},
        {"dict": [[]]},
        {"dict": [[1]]},
        {"dict": [[1, 2, 3]]},
        {"dict": [[{"list": []}, 1]]},
        {"dict": [[{"dict": []}, 1]]},
        {"dict": [[{"tensor": "a0"}, 1]]},
        {"tensor": "a1"},
        {"tensor": None},
        {"tensor": ["a0"]},
        {"tensor": {"a0": 1}},
        {"array": 0},
        nested(MAX_DEPTH + 2),
        nested(MAX_DEPTH + 2, "tuple"),
        nested(MAX_DEPTH + 2, "dict"),
        nested(900),
    ],
)
def test_a_malformed_value_is_a_violation(spec: object) -> None:
    with pytest.raises(ProtocolViolation):
        decode(spec, {"a0": np.ones(1)})


def blob(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    """Like safetensors writes it, with any header, said to be of any length."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(raw) if length is None else length).to_bytes(8, "little") + raw + data


def entry(dtype: object = "F32", shape: object = (2,), offsets: object = (0, 8), **more: object) -> dict[str, Any]:
    return {"a0": {"dtype": dtype, "shape": shape, "data_offsets": offsets} | more}


DATA = bytes(8)


def test_the_helper_makes_readable_blobs() -> None:
    assert load_arrays(blob(entry(), DATA))["a0"].tolist() == [0, 0]


@pytest.mark.parametrize(
    "raw",
    [
        b"1",
        b"1234567",
        bytes(8),
        b"\xff" * 8,
        blob({}, length=MAX_HEADER_BYTES + 1),
        blob(b" " * (MAX_HEADER_BYTES + 1)),
        blob({}, length=1000),
        blob(b"{"),
        blob(b"\xff\xfe"),
        blob(b"[" * 100_000),
        blob([]),
        blob("text"),
        blob(None),
        blob({"a0": None}),
        blob({"a0": {}}),
        blob({"a0": []}),
        blob({"__metadata__": 5}),
        blob(entry(), DATA[:-1]),
        blob(entry(), DATA + b"more"),
        blob(entry()),
        blob(entry(shape=(3,)), DATA),
        blob(entry(shape=(-2,)), DATA),
        blob(entry(shape="ab"), DATA),
        blob(entry(shape=(2.0,)), DATA),
        blob(entry(shape=(2, *[1] * 1000)), DATA),
        blob(entry(shape=(2**40, 2**40), offsets=(0, 0))),
        blob(entry(shape=(0, 2**63), offsets=(0, 0))),
        blob(entry(offsets=(0, 2**64)), DATA),
        blob(entry(offsets=(8, 0)), DATA),
        blob(entry(offsets=(-8, 0)), DATA),
        blob(entry(offsets="08"), DATA),
        blob(entry() | {"a1": entry()["a0"]}, DATA),
        blob(entry(dtype="XX"), DATA),
        blob(entry(dtype=5), DATA),
        blob(entry(dtype="BF16", shape=(4,)), DATA),
        blob(entry(dtype="F8_E4M3", shape=(8,)), DATA),
        blob(entry(dtype="C64", shape=(1,)), DATA),
        safetensors.numpy.save({"a0": np.ones(100)})[:-1],
        safetensors.numpy.save({"a0": np.ones(100)})[:40],
        safetensors.numpy.save({"a0": np.ones(100)})[8:],
    ],
    ids=lambda raw: f"{raw[:8].hex()} {raw[8:60]!r} {len(raw)}",
)
def test_an_unreadable_blob_is_a_violation(raw: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        load_arrays(raw)


def test_a_header_that_is_too_long_is_refused_even_where_it_could_be_read() -> None:
    empty = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    raw = blob({f"a{number}": empty for number in range(MAX_HEADER_BYTES // 50)})
    assert len(safetensors.numpy.load(raw)) > 5000

    with pytest.raises(ProtocolViolation, match="oversized header"):
        load_arrays(raw)


def test_any_damage_to_a_blob_is_a_violation_or_other_numbers() -> None:
    good = safetensors.numpy.save({"a0": np.ones((2, 3), np.float32), "a1": np.arange(3)})
    for position in range(len(good)):
        for byte in (0, 255, good[position] ^ 1):
            with contextlib.suppress(ProtocolViolation):
                load_arrays(good[:position] + bytes([byte]) + good[position + 1 :])


def test_text_from_a_kernel_can_always_be_written_down() -> None:
    # JSON can hold half of a surrogate pair, which no report can
    text = json.loads('"\\ud800"')

    for found in (
        decode(text, {}),
        decode({"list": [text]}, {})[0],
        explain({"type": text, "message": text, "line": text}),
    ):
        found.encode()


def test_what_is_no_text_in_an_error_is_not_repeated() -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]

    assert explain({"type": "ValueError", "message": deep, "line": 10**5_000}) == "ValueError"


# hostile answers to each of the grader's questions

ASK: dict[str, Callable[[Student], object]] = {
    "call": lambda student: student.call(Name("f")),
    "traced": lambda student: student.traced(Name("f")),
    "describe": lambda student: student.describe("f"),
    "read": lambda student: student.read(Name("f")),
    "parameters": lambda student: student.parameters(Handle(0)),
    "modules": lambda student: student.modules(Handle(0)),
    "gradients": lambda student: student.gradients(Handle(0), np.ones(1), np.ones(1), "mse_loss"),
}

TENSOR = {"tensor": "a0"}
TRACE = {key: {"dict": [["x", 1]]} for key in ("modules", "owners", "optimizers", "operations")} | {"autograd": 0}


def record(**fields: Any) -> dict[str, Any]:
    return {"dict": [[key, value] for key, value in fields.items()]}


def row(**changes: Any) -> dict[str, Any]:
    """A parameter as the agent describes it, with changes."""
    return record(**{"name": "w", "value": TENSOR, "requires_grad": True, "registered": True} | changes)


def part(**changes: Any) -> dict[str, Any]:
    """A module as the agent describes it, with changes."""
    honest = {"name": "", "handle": {"handle": 0}, "type": "X", "bases": {"list": ["X"]}, "of": {"list": []}}
    return record(**honest | changes)


def ask(question: str, value: object, reply: dict[str, Any] | None = None) -> object:
    """The result of a question that the kernel answers with `value`."""
    sent = {"value": value} if reply is None else reply
    blob = safetensors.numpy.save({"a0": np.ones(2, np.float32)})
    return ASK[question](Student(lambda *_: (sent, blob)))


def test_honest_answers_are_understood() -> None:
    ask("parameters", {"list": [row()]})
    ask("modules", {"list": [part()]})
    ask("traced", record(result=1, trace=record(**TRACE)))
    ask("describe", record(kind="class", type="X", parameters={"list": ["x"]}, required=1))
    ask("gradients", record(w=TENSOR, b=None))


@pytest.mark.parametrize("question", sorted(set(ASK) - {"call", "read", "describe"}))
@pytest.mark.parametrize("value", [None, True, 5, "text", TENSOR, {"float": "1.0"}, {"handle": 0}], ids=str)
def test_an_answer_of_another_kind_is_a_violation(question: str, value: object) -> None:
    with pytest.raises(ProtocolViolation):
        ask(question, value)


WRONG: dict[str, tuple[str, object]] = {
    "a parameter that is a number": ("parameters", {"list": [5]}),
    "a parameter with parts missing": ("parameters", {"list": [record(name="w")]}),
    "a parameter whose value is a number": ("parameters", {"list": [row(value=5)]}),
    "a parameter whose value is text": ("parameters", {"list": [row(value="text")]}),
    "a parameter without a value": ("parameters", {"list": [row(value=None)]}),
    "a parameter whose name is a number": ("parameters", {"list": [row(name=5)]}),
    "a parameter without a name": ("parameters", {"list": [row(name=None)]}),
    "a parameter that may require a gradient": ("parameters", {"list": [row(requires_grad="perhaps")]}),
    "a module that is a number": ("modules", {"list": [5]}),
    "a module that is no handle": ("modules", {"list": [part(handle=5)]}),
    "a module whose name is a number": ("modules", {"list": [part(name=5)]}),
    "a module without a type": ("modules", {"list": [part(type=None)]}),
    "a module without bases": ("modules", {"list": [part(bases=None)]}),
    "a module with a number for a base": ("modules", {"list": [part(bases={"list": [5]})]}),
    "a module that is of a number": ("modules", {"list": [part(of=5)]}),
    "a call without a trace": ("traced", record(result=1)),
    "an empty trace": ("traced", record(result=1, trace=None)),
    "a trace with parts missing": ("traced", record(result=1, trace=record(modules=1))),
    "a trace whose modules are a number": ("traced", record(result=1, trace=record(**TRACE | {"modules": 5}))),
    "a trace whose owners are text": ("traced", record(result=1, trace=record(**TRACE | {"owners": "text"}))),
    "a trace with a number for a name": (
        "traced",
        record(result=1, trace=record(**TRACE | {"operations": {"dict": [[5, 1]]}})),
    ),
    "a trace with text for a count": (
        "traced",
        record(result=1, trace=record(**TRACE | {"modules": {"dict": [["x", "y"]]}})),
    ),
    "a trace with text for entries": ("traced", record(result=1, trace=record(**TRACE | {"autograd": "none"}))),
    "a description that is a number": ("describe", 5),
    "a description with parts missing": ("describe", record(kind="class")),
    "a description of numbers": ("describe", record(kind=5, type=5, parameters=None, required=0)),
    "a description with a number for parameters": (
        "describe",
        record(kind="class", type="X", parameters=5, required=0),
    ),
    "a description with a number for a parameter": (
        "describe",
        record(kind="class", type="X", parameters={"list": [5]}, required=0),
    ),
    "gradients without names": ("gradients", {"list": [1, 2]}),
    "a gradient that is text": ("gradients", record(w="text")),
    "a gradient that is a number": ("gradients", record(w=5)),
    "a gradient whose name is a number": ("gradients", {"dict": [[5, TENSOR]]}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_of_the_wrong_shape_is_a_violation(wrong: str) -> None:
    """Otherwise a check trips over it later, and a broken check is the grader's fault, which costs the student nothing."""
    with pytest.raises(ProtocolViolation):
        ask(*WRONG[wrong])


@pytest.mark.parametrize(
    "error",
    [None, "text", [], {}, {"type": 5}, {"type": None, "message": ["x"], "line": {}}, {"message": "x" * 100_000}],
    ids=lambda error: str(error)[:40],
)
def test_a_malformed_error_is_still_the_students(error: object) -> None:
    if isinstance(error, dict):
        with pytest.raises(StudentFault) as failure:
            ask("call", None, {"error": error})
        assert len(str(failure.value)) < 1000
    else:
        assert ask("call", None, {"error": error}) is None
