"""The remote face of a namespace: what a check reads, calls and builds lives in a kernel, or in the reference."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from pydantic import InstanceOf, StrictBool, StrictInt, StrictStr, TypeAdapter, ValidationError

from grader.errors import CallFailed, GraderError, ProtocolViolation
from grader.execution.wire import Encoder, Handle, Loader, Name, NumpyArray, decode, load_arrays
from grader.text import storable

T = TypeVar("T")
Ask = Callable[[dict[str, Any], bytes, float], tuple[dict[str, Any], bytes]]
"""Sends a request and its arrays, waits at most so many seconds, and brings the reply back."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a module. `registered` is false where the module only holds it as a plain tensor."""

    name: StrictStr
    value: InstanceOf[np.ndarray]
    requires_grad: StrictBool
    registered: StrictBool


@dataclass(frozen=True)
class Module:
    """One module inside another: class names in full, and which of the asked-for variables it is an instance of."""

    name: StrictStr
    handle: Handle
    type: StrictStr
    bases: tuple[StrictStr, ...]
    of: tuple[StrictStr, ...]


@dataclass(frozen=True)
class Trace:
    """How a result came about: counts by full name, and how often torch's differentiation was entered."""

    modules: dict[StrictStr, StrictInt]
    owners: dict[StrictStr, StrictInt]
    optimizers: dict[StrictStr, StrictInt]
    operations: dict[StrictStr, StrictInt]
    autograd: StrictInt


@dataclass(frozen=True)
class Traced:
    """A result with its trace."""

    result: Any
    trace: Trace


@dataclass(frozen=True)
class Description:
    """What a variable is: "class", "callable" or "value", its parameters' names where they can be read, and how many
    of them have no default."""

    kind: StrictStr
    type: StrictStr
    parameters: tuple[StrictStr, ...] | None
    required: StrictInt


@dataclass(frozen=True)
class Pass:
    """One time through a loader. The samples come in the loader's order."""

    sizes: InstanceOf[np.ndarray]
    """Of each batch."""
    labels: InstanceOf[np.ndarray]
    """[N]."""
    prints: InstanceOf[np.ndarray]
    """[N, D] in float64: each image's pixels, less their mean and divided by their standard deviation, along the D
    directions."""


# what the agent's answers are validated against
DESCRIPTION = TypeAdapter(Description)
GRADIENTS = TypeAdapter(dict[StrictStr, InstanceOf[np.ndarray] | None])
MODULES = TypeAdapter(tuple[Module, ...])
PARAMETERS = TypeAdapter(tuple[Parameter, ...])
PASSES = TypeAdapter(tuple[Pass, ...])
TRACED = TypeAdapter(Traced)


@dataclass(frozen=True)
class Student:
    """`student.f(a, b=c)` calls `f` in there. Arrays go in as tensors and come back as arrays; objects stay inside and
    come back as handles. Every call is seeded, and ends after `seconds`.

    Raises CallFailed when the code in there raises, CallTimedOut and KernelDied when it does not come back.
    """

    ask: Ask
    seconds: float = 20.0
    seed: int = 0
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names of a function's parameters, by what a check calls them."""
    orders: Sequence[Sequence[str]] = ()
    """Orders in which arguments are known to be taken, one for each number of parameters."""
    failure: type[GraderError] = CallFailed
    """Whose fault it is when the code in there raises."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **offered: self.call(Name(name), *args, **offered)

    def seeded(self, seed: int) -> "Student":
        return replace(self, seed=seed)

    def within(self, seconds: float) -> "Student":
        return replace(self, seconds=seconds)

    def taking(self, aliases: Mapping[str, str], orders: Sequence[Sequence[str]]) -> "Student":
        """The same student, whose functions may name and order their arguments in these ways."""
        return replace(self, aliases=aliases, orders=orders)

    def request(self, do: str, send: Encoder, **fields: Any) -> Any:
        """One question to the agent; `kernel/agent.py` says what it answers."""
        reply, blob = self.ask({"do": do, "seed": self.seed, "fields": fields}, send.blob(), self.seconds)
        if isinstance(error := reply.get("error"), dict):
            raise self.failure(explain(error))
        return decode(reply.get("value"), load_arrays(blob))

    def call(self, target: Name | Handle, *args: Any, method: str | None = None, **offered: Any) -> Any:
        """Call something in there; keyword arguments are bound by name first, then by position."""
        return self._call(target, args, offered, method, traced=False)

    def traced(self, target: Name | Handle, *args: Any, **offered: Any) -> tuple[Any, Trace]:
        """Like `call`, with a record of what ran."""
        traced = shaped(TRACED, self._call(target, args, offered, None, traced=True))
        return traced.result, traced.trace

    def _call(self, target: Name | Handle, args: Any, offered: Any, method: str | None, traced: bool) -> Any:
        send = Encoder()
        return self.request(
            "call",
            send,
            target=send.value(target),
            method=method,
            args=[send.value(value) for value in args],
            offered={name: send.value(value) for name, value in offered.items()},
            aliases=dict(self.aliases),
            orders=[list(order) for order in self.orders],
            traced=traced,
        )

    def describe(self, name: str) -> Description | None:
        """What the variable `name` is; None where it is not defined."""
        described = self.request("describe", Encoder(), name=name)
        return None if described is None else shaped(DESCRIPTION, described)

    def read(self, target: Name | Handle | Loader) -> Any:
        """A variable's or an object's value; a Loader is built in there and comes back as a handle."""
        send = Encoder()
        return self.request("read", send, target=send.value(target))

    def parameters(self, module: Handle) -> tuple[Parameter, ...]:
        """A module's parameters, in the order of its `parameters()`."""
        send = Encoder()
        return shaped(PARAMETERS, self.request("parameters", send, target=send.value(module)))

    def assign(
        self, module: Handle, values: Mapping[str, np.ndarray], gradients: Mapping[str, np.ndarray] | None = None
    ) -> None:
        """Overwrite parameters, and the `.grad` of some, by name."""
        send = Encoder()
        sent = {name: send.value(value) for name, value in values.items()}
        graded = {name: send.value(value) for name, value in (gradients or {}).items()}
        self.request("assign", send, target=send.value(module), values=sent, gradients=graded)

    def modules(self, module: Handle, classes: Sequence[str] = ()) -> tuple[Module, ...]:
        """A module and all modules inside it."""
        send = Encoder()
        found = self.request("modules", send, target=send.value(module), classes=list(classes))
        return shaped(MODULES, found)

    def gradients(self, module: Handle, x: np.ndarray, y: np.ndarray, loss: str) -> dict[str, np.ndarray | None]:
        """What `torch.nn.functional.<loss>(module(x), y)` sends back to each parameter."""
        send = Encoder()
        found = self.request("gradients", send, target=send.value(module), x=send.value(x), y=send.value(y), loss=loss)
        return shaped(GRADIENTS, found)

    def batches(
        self, loader: Handle | Name, directions: np.ndarray, passes: int = 2, first: int | None = None
    ) -> tuple[Pass, ...]:
        """What a loader of `(images, labels)` gives, `passes` times in a row; `directions` [pixels, D] tell images apart.

        With `first`, each pass ends once it has given so many samples.
        """
        send = Encoder()
        fields = {"target": send.value(loader), "directions": send.value(NumpyArray(directions))}
        found = shaped(PASSES, self.request("batches", send, passes=passes, first=first, **fields))
        if len(found) != passes or not all(consistent(one, directions.shape[1]) for one in found):
            raise ProtocolViolation("the kernel sent batches that do not fit together")
        return found

    def forget(self) -> None:
        """Let go of everything that handles stand for."""
        self.request("forget", Encoder())


def shaped(kind: TypeAdapter[T], answered: object) -> T:
    """`answered` as a record, blaming the kernel for an answer of another shape than the agent gives."""
    try:
        return kind.validate_python(answered)
    except ValidationError as error:
        raise ProtocolViolation("the kernel sent an answer of the wrong shape") from error


def consistent(one: Pass, width: int) -> bool:
    """Whether a pass has one label and one print of `width` numbers for each sample of its batches."""
    if one.sizes.dtype != np.int64 or one.sizes.ndim != 1 or one.labels.ndim != 1 or one.prints.dtype != np.float64:
        return False
    sizes = one.sizes.tolist()
    return min(sizes, default=0) >= 0 and one.labels.shape == (sum(sizes),) and one.prints.shape == (sum(sizes), width)


def explain(error: Mapping[str, Any]) -> str:
    """An exception from inside as a clause: what it was and where it arose."""
    said = (error.get(key) for key in ("type", "message", "line"))
    # a deep list has no text: only what is text is repeated
    kind, message, line = (storable(part)[:300] if isinstance(part, str) else "" for part in said)
    what = message if kind == "Unusable" else f"{kind}: {message}" if message else kind
    return f"{what} (in the line `{line}`)" if line else what
