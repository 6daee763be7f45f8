"""What a net of two such layers has to compute."""

from collections.abc import Iterator

import numpy as np

from grader.checks.modules import build, layers_of_torch, run
from grader.checks.placement import place, placements
from grader.checks.tensors import close, sigmoid
from grader.errors import CallFailed, CheckFailed
from grader.execution.student import Student
from grader.execution.wire import Handle


def ffnet(student: Student, inputs: int, outputs: int, hidden: int) -> Handle:
    return build(student, "FFNet", in_features=inputs, out_features=outputs, hidden_size=hidden)


def layers_of(student: Student, net: Handle) -> list[Handle]:
    """The two layers of a net: those of the student's own `Linear`, else whatever modules hold parameters."""
    modules = student.modules(net, ["Linear"])[1:]
    own = [module.handle for module in modules if "Linear" in module.of]
    return own or [
        module.handle for module in modules if any("." not in p.name for p in student.parameters(module.handle))
    ]


def is_built_from_linear(student: Student) -> None:
    modules = student.modules(ffnet(student, 3, 2, 5), ["Linear"])
    own = [module for module in modules if "Linear" in module.of]
    inside = [m for m in modules[1:] if not any(m.name == o.name or m.name.startswith(f"{o.name}.") for o in own)]
    foreign = [name for name in layers_of_torch(inside) if "Linear" in name]
    if foreign or len(own) != 2:
        found = f"PyTorch's {', '.join(foreign)}" if foreign else f"{len(own)} of them"
        raise CheckFailed(
            "`FFNet` should be made of two layers of your own `Linear` class, kept as attributes, but it has "
            f"{found}. (Layers in a plain list are invisible to `parameters()`.)"
        )


def computes(student: Student, reference: Student, draw: np.random.Generator) -> None:
    """Second layer of sigmoid of first layer; each layer as the student's own `Linear` has it, right or wrong."""
    for inputs, outputs, hidden in ((3, 2, 5), (2, 1, 2), (4, 3, 6)):
        net = ffnet(student, inputs, outputs, hidden)
        ways = {1: draw.normal(size=inputs), 2: draw.normal(size=(7, inputs))}
        works = [judge(student, reference, net, x.astype(np.float32), (inputs, outputs, hidden)) for x in ways.values()]
        if not any(works):
            raise CheckFailed(
                f"`FFNet({inputs}, {outputs}, {hidden})` takes neither an input of shape [{inputs}] nor one of shape "
                f"[7, {inputs}]."
            )


def judge(student: Student, reference: Student, net: Handle, x: np.ndarray, sizes: tuple[int, int, int]) -> bool:
    """Whether the net takes `x` at all; wrong numbers raise. What its own `Linear` cannot take is no fault of the net."""
    layers = layers_of(student, net)
    compositions = list(composed(student, layers, x, sizes))
    try:
        got = run(student, net, "FFNet", x)
    except CheckFailed:
        if compositions:
            raise
        return False
    if not any(close(got, wanted) for wanted in (*compositions, *by_weights(student, reference, net, x, sizes))):
        raise CheckFailed(
            f"`FFNet({', '.join(map(str, sizes))})` does not compute Linear(sigmoid(Linear(x))): a sigmoid belongs after the "
            "hidden layer (of size `hidden_size`), and nothing after the output layer (of size `out_features`)."
        )
    return True


def by_weights(
    student: Student, reference: Student, net: Handle, x: np.ndarray, sizes: tuple[int, int, int]
) -> Iterator[np.ndarray]:
    """What the reference gives with the net's weights, for each way to place them."""
    twin = ffnet(reference, *sizes)
    own, places = student.parameters(net), reference.parameters(twin)
    for placement in placements(own, places):
        reference.assign(twin, place([parameter.value for parameter in own], placement, places))
        yield run(reference, twin, "FFNet", x)


def composed(
    student: Student, layers: list[Handle], x: np.ndarray, sizes: tuple[int, int, int]
) -> Iterator[np.ndarray]:
    """What a one-hidden-layer net of these two layers gives, for each order in which they fit together."""
    if len(layers) != 2:
        return
    for first, second in (layers, layers[::-1]):
        try:
            hidden = student.call(first, x)
            output = student.call(second, sigmoid(hidden).astype(np.float32))
            fits = hidden.shape == (*x.shape[:-1], sizes[2]) and output.shape == (*x.shape[:-1], sizes[1])
        except (CallFailed, AttributeError):
            continue
        if fits:
            yield output
