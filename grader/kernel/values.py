"""Values as JSON and arrays, within bounds.

null, booleans, integers and strings stand for themselves; everything else is an object whose first key says what it
is: `float`, `tensor`, `array`, `list`, `tuple`, `dict`, `handle` (an object that stays here), `name` (a variable of
the namespace), `loader` (a DataLoader to be built here).
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

MAX_NODES, MAX_DEPTH, MAX_TEXT, MAX_BYTES = 5_000, 16, 10_000, 64 << 20


class Unusable(Exception):
    """A value that cannot cross the wall, or a request that cannot be met."""


class Kept(int):
    """The number of an object that is already kept."""


def is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def to_numpy(tensor: Any) -> np.ndarray:
    torch = sys.modules["torch"]
    plain = tensor.detach().to("cpu")
    if plain.layout != torch.strided:
        plain = plain.to_dense()
    if plain.dtype in (torch.bfloat16, torch.float16):
        plain = plain.to(torch.float32)
    # lazily conjugated or negated views have no numpy twin
    return np.asarray(plain.resolve_conj().resolve_neg().as_subclass(torch.Tensor).numpy())


class Writer:
    """Turns values into JSON plus arrays; `keep` stores an object that stays here and returns its number."""

    def __init__(self, keep: Callable[[Any], int]):
        self.arrays: dict[str, np.ndarray] = {}
        self.keep, self.nodes, self.bytes = keep, 0, 0

    def array(self, value: np.ndarray) -> str:
        if value.dtype.kind not in "biuf":
            raise Unusable(f"an array of {value.dtype} cannot be compared")
        self.bytes += value.nbytes
        if self.bytes > MAX_BYTES:
            raise Unusable("the result is larger than the grader accepts")
        key = f"a{len(self.arrays)}"
        self.arrays[key] = np.array(value, order="C", copy=True)
        return key

    def value(self, value: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise Unusable("the result has more parts than the grader accepts")
        if value is None or type(value) is bool:
            return value
        if type(value) is int and abs(value) < 2**63:
            return value
        if type(value) is str:
            return value[:MAX_TEXT]
        if type(value) is float:
            return {"float": repr(value)}
        if type(value) is Kept:
            return {"handle": int(value)}
        if is_tensor(value):
            return {"tensor": self.array(to_numpy(value))}
        if isinstance(value, (np.ndarray, np.generic)):
            return {"array": self.array(np.asarray(value))}
        if isinstance(value, tuple):
            return {"tuple": [self.value(item, depth + 1) for item in value]}
        if type(value) is list:
            return {"list": [self.value(item, depth + 1) for item in value]}
        if type(value) is dict:
            return {"dict": [[self.value(k, depth + 1), self.value(v, depth + 1)] for k, v in value.items()]}
        return {"handle": self.keep(value)}


class Reader:
    """Turns JSON plus arrays back into values; `handle` and `name` find objects that are here already."""

    def __init__(
        self,
        arrays: dict[str, np.ndarray],
        handle: Callable[[int], Any],
        name: Callable[[str], Any],
        device: str = "cpu",
    ):
        self.arrays, self.handle, self.name, self.device = arrays, handle, name, device

    def value(self, spec: Any) -> Any:
        if not isinstance(spec, dict):
            return spec
        kind, content = next(iter(spec.items()))
        if kind == "float":
            return float(content)
        if kind == "array":
            return self.arrays[content].copy()
        if kind == "tensor":
            return self.tensor(content)
        if kind == "list":
            return [self.value(item) for item in content]
        if kind == "tuple":
            return tuple(self.value(item) for item in content)
        if kind == "dict":
            return {self.value(key): self.value(item) for key, item in content}
        if kind == "loader":
            return self.loader(**content)
        return self.placed(self.handle(content)) if kind == "handle" else self.name(content)

    def placed(self, value: Any) -> Any:
        """An object that a check had made here, where the tensors that go with it are."""
        torch = sys.modules.get("torch")
        if torch and self.device != "cpu" and isinstance(value, torch.nn.Module):
            return value.to(self.device)
        if hasattr(value, "hand_over"):
            value.hand_over(self.device)
        return value

    def tensor(self, key: str) -> Any:
        import torch

        tensor = torch.from_numpy(self.arrays[key].copy()).to(self.device)
        # single precision stands for the default, and a notebook may have chosen another
        return tensor.to(torch.get_default_dtype()) if tensor.dtype == torch.float32 else tensor

    def loader(self, columns: list[str], batch_size: int, shuffle: bool) -> Any:
        from torch.utils.data import DataLoader, TensorDataset

        class CountedLoader(DataLoader[Any]):
            """Knows how often it was gone through, and where its batches are to be."""

            passes, passes_before, device = 0, 0, "cpu"

            def hand_over(self, device: str) -> None:
                """For a call, or for the same call once more with tensors elsewhere: then the first one does not count."""
                if device == "cpu":
                    self.passes_before = self.passes
                self.passes, self.device = self.passes_before, device

            def __iter__(self) -> Any:
                self.passes += 1
                if self.device == "cpu":
                    return super().__iter__()
                return ([column.to(self.device) for column in batch] for batch in super().__iter__())

            def count(self) -> int:
                return self.passes

        return CountedLoader(TensorDataset(*map(self.tensor, columns)), batch_size=batch_size, shuffle=shuffle)
