"""What a net of two such layers has to compute."""

from collections.abc import Iterator

import numpy as np

from grader.checks.modules import build, layers_of_torch, run
from grader.checks.tensors import array, close, sigmoid
from grader.errors import CallFailed, CheckFailed
from grader.execution.student import Student
from grader.execution.wire import Handle


def ffnet(student: Student, inputs: int, outputs: int, hidden: int) -> Handle:
    return build(student, "FFNet", in_features=inputs, out_features=outputs, hidden_size=hidden)


def layers_of(student: Student, net: Handle) -> list[Handle]:
    """The two layers of a net: those of the student's own `Linear`, else whatever modules hold parameters."""
    modules = student.modules(net, ["Linear"])[1:]
    own = [module.handle for module in modules if "Linear" in module.of]
    return own or [module.handle for module in modules if any("." not in p.name for p in student.parameters(module.handle))]


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


def computes(student: Student, draw: np.random.Generator) -> None:
    """Second layer of sigmoid of first layer, each layer computed by the student's own `Linear`, right or wrong."""
    judged = False
    for inputs, outputs, hidden in ((3, 2, 5), (2, 1, 2), (4, 3, 6)):
        net = ffnet(student, inputs, outputs, hidden)
        layers = layers_of(student, net)
        for x in (draw.normal(size=inputs).astype(np.float32), draw.normal(size=(7, inputs)).astype(np.float32)):
            wanted = list(compositions(student, layers, x))
            if not wanted:
                continue
            judged = True
            got = run(student, net, "FFNet", x)
            if not any(close(got, candidate) for candidate in wanted):
                raise CheckFailed(
                    f"`FFNet({inputs}, {outputs}, {hidden})` does not compute Linear(sigmoid(Linear(x))): a sigmoid belongs "
                    "after the hidden layer, and nothing after the output layer."
                )
    if not judged:
        raise CheckFailed("`FFNet` has no two layers that turn in_features into hidden_size and hidden_size into out_features.")


def compositions(student: Student, layers: list[Handle], x: np.ndarray) -> Iterator[np.ndarray]:
    """What a one-hidden-layer net of these two layers gives, for each order in which they fit together."""
    if len(layers) != 2:
        return
    for first, second in (layers, layers[::-1]):
        try:
            hidden = student.call(first, x)
            output = student.call(second, sigmoid(hidden).astype(np.float32))
        except (CallFailed, AttributeError):
            continue
        yield array(output, "The output of `Linear`")
