"""What crosses the wall: values as JSON plus safetensors, out here with numpy arrays in place of tensors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors.numpy

from grader.errors import ProtocolViolation
from grader.text import storable

MAX_HEADER_BYTES, MAX_DEPTH = 256 << 10, 32


@dataclass(frozen=True)
class Handle:
    """An object that stays in the kernel."""

    number: int


@dataclass(frozen=True)
class Name:
    """A variable of the kernel's namespace."""

    name: str


@dataclass(frozen=True)
class NumpyArray:
    """Arrives inside as a numpy array; a bare array arrives as a tensor."""

    array: np.ndarray


@dataclass(frozen=True)
class Loader:
    """Arrives inside as a `DataLoader` over a `TensorDataset` of `columns`; its method `count` says how often it was
    gone through."""

    columns: tuple[np.ndarray, ...]
    batch_size: int
    shuffle: bool = False


class Encoder:
    """Turns values into JSON and gathers their arrays."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}

    def blob(self) -> bytes:
        return safetensors.numpy.save(self.arrays) if self.arrays else b""

    def array(self, value: np.ndarray) -> str:
        key = f"a{len(self.arrays)}"
        self.arrays[key] = np.array(value, order="C", copy=True)
        return key

    def value(self, value: Any) -> Any:
        match value:
            case None | bool() | int() | str():
                return value
            case float():
                return {"float": repr(float(value))}
            case np.ndarray():
                return {"tensor": self.array(value)}
            case NumpyArray():
                return {"array": self.array(value.array)}
            case Handle():
                return {"handle": value.number}
            case Name():
                return {"name": value.name}
            case Loader():
                columns = [self.array(column) for column in value.columns]
                return {"loader": {"columns": columns, "batch_size": value.batch_size, "shuffle": value.shuffle}}
            case list() | tuple():
                return {type(value).__name__: [self.value(item) for item in value]}
            case Mapping():
                return {"dict": [[self.value(key), self.value(item)] for key, item in value.items()]}
        raise TypeError(f"a {type(value).__name__} cannot be sent to a kernel")


def load_arrays(blob: bytes) -> dict[str, np.ndarray]:
    """The arrays of a safetensors blob from inside, its header bounded before it is parsed."""
    if not blob:
        return {}
    if len(blob) < 8 or int.from_bytes(blob[:8], "little") > MAX_HEADER_BYTES:
        raise ProtocolViolation("the kernel sent arrays with an oversized header")
    try:
        arrays: dict[str, np.ndarray] = safetensors.numpy.load(blob)
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ProtocolViolation("the kernel sent arrays that cannot be read") from error
    if any(array.dtype.kind not in "biuf" for array in arrays.values()):
        raise ProtocolViolation("the kernel sent arrays that hold no numbers")
    return arrays


def decode(spec: object, arrays: Mapping[str, np.ndarray], depth: int = 0) -> Any:
    """A value from inside: plain Python, numpy arrays for tensors and arrays, handles for the rest."""
    if depth > MAX_DEPTH:
        raise ProtocolViolation("the kernel sent a value with too many levels")
    if isinstance(spec, str):
        return storable(spec)
    if spec is None or isinstance(spec, bool | int):
        return spec
    if not isinstance(spec, dict) or len(spec) != 1:
        raise ProtocolViolation("the kernel sent a malformed value")
    ((kind, content),) = spec.items()
    try:
        if kind in ("tensor", "array"):
            return arrays[content]
        if kind == "float":
            return float(content)
        if kind == "handle":
            return Handle(int(content))
        if kind == "list":
            return [decode(item, arrays, depth + 1) for item in content]
        if kind == "tuple":
            return tuple(decode(item, arrays, depth + 1) for item in content)
        if kind == "dict":
            return {decode(key, arrays, depth + 1): decode(item, arrays, depth + 1) for key, item in content}
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise ProtocolViolation("the kernel sent a malformed value") from error
    raise ProtocolViolation("the kernel sent a malformed value")
