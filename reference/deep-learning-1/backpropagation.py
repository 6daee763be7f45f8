"""What `calc_gradients` has to return, and how it has to come about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from grader.checks.gradients import difference
from grader.checks.hiding import nothing_hidden
from grader.checks.modules import run
from grader.checks.placement import Placement, place, placed_back, placements
from grader.checks.tensors import close, named
from grader.errors import CallFailed, CheckFailed
from grader.execution.student import Parameter, Student
from grader.execution.wire import Handle, Name

from .network import ffnet

FUNCTION = Name("calc_gradients")
NAMES = {
    name: role
    for role, names in {
        "net": ("net", "model", "network", "ffnet", "mlp"),
        "x": ("x", "x_var", "X", "inp", "input", "inputs", "x_i", "sample"),
        "y_var": ("y_var", "y", "y_true", "target", "targets", "label", "labels", "Y", "y_i", "t"),
        "y_hat": ("y_hat", "yhat", "y_pred", "pred", "prediction", "out", "output", "y_out"),
        "loss": ("loss", "loss_value", "loss_val", "l"),
    }.items()
    for name in names
}
"""Common names of the five things that the notebook passes."""
ORDERS = (("net", "x", "loss"), ("net", "x", "y_hat", "loss"), ("net", "x", "y_var", "y_hat", "loss"))
"""The assignment's text, its stub and its call take 3, 4 and 5 arguments: all three are right."""
ROUNDS = 12
DIFFERENCE, TOLERANCE = 1e-2, 2e-2
"""Step of the differences, and how far from the truth they may lead, relative to the largest gradient."""
FORWARD_PASSES, ACTIVATIONS = 2, 9
"""More runs of the net, or of its activation function, than these are finite differences."""


@dataclass(frozen=True)
class Round:
    """One random net and sample: what came back, and what is true under each defensible placement of the parameters."""

    own: tuple[Parameter, ...]
    got: object
    poison: np.ndarray
    """What lay in `.grad`, in the order of the parameters."""
    true: dict[Placement, tuple[np.ndarray, ...]]
    """The gradient of each of the student's parameters in the assignment's network."""
    computed: frozenset[Placement]
    """The placements under which the student's net computes what the reference's does."""
    of_own_net: tuple[np.ndarray, ...]
    """The gradients by differences of the student's own net, where that is not the assignment's network; else empty."""


@dataclass(frozen=True)
class Sample:
    net: Handle
    x: np.ndarray
    y: np.ndarray
    y_hat: np.ndarray

    def arguments(self, loss_as_tensor: bool = False) -> dict[str, object]:
        loss = ((self.y_hat - self.y) ** 2).mean()
        value = np.array(loss, dtype=np.float32) if loss_as_tensor else float(loss)
        return {"net": self.net, "x": self.x, "y_var": self.y, "y_hat": self.y_hat, "loss": value}


def is_given_target(student: Student) -> bool:
    """Whether the function gets y itself; otherwise it can only know that y is the XOR of the bits of x."""
    described = student.describe(FUNCTION.name)
    names = (described.parameters if described else None) or ()
    required = described.required if described else 0
    return required >= 5 or any(NAMES.get(name) == "y_var" for name in names)


def sample(student: Student, draw: np.random.Generator, net: Handle, any_input: bool) -> Sample:
    """A sample of the XOR data, or with `any_input` of any numbers."""
    x = draw.normal(size=2).astype(np.float32) if any_input else draw.integers(0, 2, 2).astype(np.float32)
    y = draw.normal(size=1).astype(np.float32) if any_input else np.array([x.sum() % 2], dtype=np.float32)
    return Sample(net, x, y, output(student, net, x))


def output(student: Student, net: Handle, x: np.ndarray) -> np.ndarray:
    """The one number [1] that the net gives for one input."""
    got = run(student, net, "FFNet", x)
    if got.size != 1:
        raise CheckFailed(
            f"`calc_gradients` cannot be judged: `FFNet(2, 1, 2)` should give one number for one input, but gives {named(got)}."
        )
    return got.reshape(1)


def random_values(draw: np.random.Generator, parameters: Sequence[Parameter]) -> dict[str, np.ndarray]:
    return {p.name: draw.normal(size=p.value.shape).astype(np.float32) for p in parameters}


def ask(student: Student, asked: Sample) -> object:
    """The student's gradient, the loss given as a number like in the notebook, or as a tensor where that fails."""
    taking = student.taking(NAMES, ORDERS)
    try:
        return taking.call(FUNCTION, **asked.arguments())
    except CallFailed as error:
        try:
            return taking.call(FUNCTION, **asked.arguments(loss_as_tensor=True))
        except CallFailed:
            raise CheckFailed(f"`calc_gradients` fails on an `FFNet(2, 1, 2)`: {error}.") from error


@dataclass(frozen=True)
class Nets:
    """The student's net and the reference's, which get other parameters in each round."""

    net: Handle
    own: tuple[Parameter, ...]
    twin: Handle
    places: tuple[Parameter, ...]


def play(student: Student, reference: Student, draw: np.random.Generator, nets: Nets, any_input: bool) -> Round:
    own, twin, places = nets.own, nets.twin, nets.places
    values, poison = random_values(draw, own), random_values(draw, own)
    student.assign(nets.net, values, poison)
    asked = sample(student, draw, nets.net, any_input)
    got = ask(student, asked)
    true, computed = {}, set()
    for placement in placements(own, places):
        reference.assign(twin, place(list(values.values()), placement, places))
        if close(asked.y_hat, run(reference, twin, "FFNet", asked.x)):
            computed.add(placement)
        arguments = asked.arguments() | {"net": twin}
        flat = reference.call(FUNCTION, **arguments)
        true[placement] = placed_back(split(flat, places), placement, own)
    grads = np.concatenate([p.ravel() for p in poison.values()]) if poison else np.zeros(0, np.float32)
    of_own_net = () if computed else by_differences(student, asked, values)
    return Round(own, got, grads, true, frozenset(computed), of_own_net)


def by_differences(student: Student, asked: Sample, values: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    """The gradient of (net(x) - y)^2 by central differences, from the net's outputs alone."""

    def loss(name: str, index: tuple[int, ...], change: float) -> float:
        moved = values[name].copy()
        moved[index] += change
        student.assign(asked.net, {name: moved})
        return float(((output(student, asked.net, asked.x).astype(np.float64) - asked.y) ** 2).mean())

    gradients = []
    for name, value in values.items():
        gradient = np.zeros(value.shape)
        for index in np.ndindex(value.shape):
            gradient[index] = (loss(name, index, DIFFERENCE) - loss(name, index, -DIFFERENCE)) / (2 * DIFFERENCE)
        student.assign(asked.net, {name: value})
        gradients.append(gradient)
    return tuple(gradients)


def split(flat: np.ndarray, parameters: Sequence[Parameter]) -> dict[str, np.ndarray]:
    """A flat gradient as one array per parameter."""
    ends = np.cumsum([p.value.size for p in parameters])[:-1]
    parts = zip(parameters, np.split(flat, ends), strict=True)
    return {p.name: part.reshape(p.value.shape) for p, part in parts}


def rounds(student: Student, reference: Student, draw: np.random.Generator, count: int = ROUNDS) -> list[Round]:
    given = is_given_target(student)
    net, twin = ffnet(student, 2, 1, 2), ffnet(reference, 2, 1, 2)
    nets = Nets(net, student.parameters(net), twin, reference.parameters(twin))
    return [play(student.seeded(n), reference.seeded(n), draw, nets, given and n % 2 == 0) for n in range(count)]


def candidates(played: Sequence[Round]) -> list[Placement]:
    """The placements to judge by: those that explain the net's own output, else those in the order of the layers."""
    explaining = [p for p in played[0].true if all(p in r.computed for r in played)]
    if explaining:
        return explaining
    half = (len(played[0].own) + 1) // 2
    in_order = [p for p in played[0].true if all(place.layer == 0 for place in p[:half])]
    return in_order or list(played[0].true)


def flattened(got: object, size: int) -> np.ndarray:
    """All numbers of a result, however it is packed."""
    if isinstance(got, list | tuple) and got and all(isinstance(part, np.ndarray) for part in got):
        got = np.concatenate([part.ravel() for part in got])
    if not isinstance(got, np.ndarray) or got.size != size:
        raise CheckFailed(
            f"`calc_gradients` should return the {size} gradients of an `FFNet(2, 1, 2)` in one tensor of shape [{size}], "
            f"but its result is {named(got)}."
        )
    return got.ravel()


def returns_vector(student: Student, reference: Student, draw: np.random.Generator) -> None:
    for played in rounds(student, reference, draw, count=2):
        size = sum(p.value.size for p in played.own)
        if not isinstance(played.got, np.ndarray) or played.got.shape != (size,):
            raise CheckFailed(
                f"`calc_gradients` should return one-dimensional tensors: of shape [{size}] for an `FFNet(2, 1, 2)`, but its "
                f"result is {named(played.got)}."
            )


def output_layer(student: Student, reference: Student, draw: np.random.Generator) -> None:
    judge(rounds(student, reference, draw), 1, "output layer: the residual times what the layer was fed")


def hidden_layer(student: Student, reference: Student, draw: np.random.Generator) -> None:
    judge(
        rounds(student, reference, draw),
        0,
        "hidden layer: the residual goes back through the output layer's weights and through the derivative of the sigmoid",
    )


def judge(played: Sequence[Round], layer: int, where_to_look: str) -> None:
    """The gradients of one layer's parameters are true in all rounds, under one and the same placement."""
    size = sum(p.value.size for p in played[0].own)
    flat = [flattened(r.got, size) for r in played]
    if all(close(got, r.poison) for got, r in zip(flat, played, strict=True)):
        raise CheckFailed("`calc_gradients` returns what lies in `.grad` instead of computing the gradients.")
    if all(r.of_own_net for r in played) and right_for_own_net(played, flat, layer):
        return
    complaints = [wrong_parts(played, flat, placement, layer) for placement in candidates(played)]
    fewest = min(complaints, key=len, default=["the parameters of the net cannot be told apart"])
    if fewest:
        raise CheckFailed(f"Wrong gradients in the {where_to_look}. In detail: {'; '.join(fewest)}.")


def right_for_own_net(played: Sequence[Round], flat: Sequence[np.ndarray], layer: int) -> bool:
    """Whether a layer's gradients are those of the student's own net, which is another than the assignment's."""
    prefixes = [p.name.rpartition(".")[0] for p in played[0].own]
    wanted = [index for index, prefix in enumerate(prefixes) if list(dict.fromkeys(prefixes)).index(prefix) == layer]
    for got, one in zip(flat, played, strict=True):
        parts = list(split(got, one.own).values())
        scale = max(float(np.abs(g).max()) for g in one.of_own_net)
        if any(np.abs(parts[i] - one.of_own_net[i]).max() > TOLERANCE * scale for i in wanted):
            return False
    return bool(wanted)


def wrong_parts(played: Sequence[Round], flat: Sequence[np.ndarray], placement: Placement, layer: int) -> list[str]:
    """For each of the layer's parameters whose gradient is wrong, a clause that says how."""
    own = played[0].own
    got = [list(split(values, own).values()) for values in flat]
    clauses = []
    for index, target in enumerate(placement):
        if target.layer != layer:
            continue
        pairs = [(values[index], r.true[placement][index]) for values, r in zip(got, played, strict=True)]
        wrong = [pair for pair in pairs if not close(*pair)]
        if wrong:
            clauses.append(f"for `{own[index].name}`, {common(difference(*pair) for pair in wrong)}")
    return clauses


def common(clauses: Iterable[str]) -> str:
    """The one thing that is wrong everywhere, where there is one."""
    different = set(clauses)
    return different.pop() if len(different) == 1 else "its values are wrong"


def is_by_hand(student: Student, draw: np.random.Generator, hiding: tuple[str, ...]) -> None:
    nothing_hidden(FUNCTION.name, hiding)
    net = ffnet(student, 2, 1, 2)
    own = student.parameters(net)
    student.assign(net, {}, random_values(draw, own))
    asked = sample(student, draw, net, any_input=False)
    taking = student.taking(NAMES, ORDERS)
    try:
        _, trace = taking.traced(FUNCTION, **asked.arguments())
    except CallFailed:
        _, trace = taking.traced(FUNCTION, **asked.arguments(loss_as_tensor=True))
    if trace.autograd or any("backward" in name for name in trace.operations):
        raise CheckFailed(
            "`calc_gradients` lets PyTorch differentiate (`backward`, `torch.autograd`, `torch.func`); the assignment asks "
            "for the derivatives by hand, with the chain rule."
        )
    runs = trace.modules.get(student.modules(net)[0].type, 0)
    activations = sum(trace.operations.get(f"aten.{name}.default", 0) for name in ("sigmoid", "exp", "exp2", "tanh"))
    if runs > FORWARD_PASSES or activations > ACTIVATIONS:
        raise CheckFailed(
            "`calc_gradients` computes the net's output many times over, as finite differences do; the assignment asks for "
            "the derivatives by hand, with the chain rule."
        )
