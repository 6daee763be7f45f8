"""What a layer of the student's own has to be."""

import numpy as np

from grader.checks.hiding import nothing_hidden
from grader.checks.modules import build, is_layer, layers_of_torch, run
from grader.checks.placement import place, placements
from grader.checks.tensors import close, shape
from grader.errors import CheckFailed
from grader.execution.student import Student
from grader.execution.wire import Handle, Name

SIZES = ((5, 3), (2, 7), (1, 1), (4, 4))


def linear(student: Student, inputs: int, outputs: int) -> Handle:
    return build(student, "Linear", in_features=inputs, out_features=outputs)


def has_parameters(student: Student) -> None:
    for inputs, outputs in SIZES:
        own = student.parameters(linear(student, inputs, outputs))
        where = f"`Linear({inputs}, {outputs})`"
        if not own or not own[0].registered:
            raise CheckFailed(
                f"{where} has no parameters: wrap the weights and the bias in `torch.nn.Parameter`, "
                "or no optimizer can find them."
            )
        if frozen := [parameter.name for parameter in own if not parameter.requires_grad]:
            raise CheckFailed(f"{where} does not compute gradients for {', '.join(frozen)}: `requires_grad` is off.")
        sizes = sorted(parameter.value.size for parameter in own)
        if sizes != sorted((inputs * outputs, outputs)):
            shapes = ", ".join(shape(parameter.value) for parameter in own)
            raise CheckFailed(
                f"{where} should have a weight matrix of {outputs} x {inputs} and a bias of {outputs}, but has "
                f"parameters of shape {shapes}."
            )


def affine(student: Student, reference: Student, draw: np.random.Generator, batch: tuple[int, ...]) -> None:
    """`y = Wx + b` with the layer's own parameters, for inputs of shape [*batch, in_features]."""
    for inputs, outputs in SIZES:
        layer, twin = linear(student, inputs, outputs), linear(reference, inputs, outputs)
        own, places = student.parameters(layer), reference.parameters(twin)
        x = draw.normal(size=(*batch, inputs)).astype(np.float32)
        name = f"Linear({inputs}, {outputs})"
        where = f"`{name}`"
        got = run(student, layer, name, x)
        wanted_shape = (*batch, outputs)
        if got.shape != wanted_shape:
            raise CheckFailed(
                f"{where} should turn an input of shape {shape(x)} into {list(wanted_shape)}, but gives {shape(got)}."
            )
        for placement in placements(own, places):
            reference.assign(twin, place([parameter.value for parameter in own], placement, places))
            if close(got, run(reference, twin, name, x)):
                break
        else:
            raise CheckFailed(
                f"{where} does not compute y = Wx + b with its own W and b for an input of shape {shape(x)}."
            )


def computes(student: Student, reference: Student, draw: np.random.Generator) -> None:
    affine(student, reference, draw, ())


def takes_batches(student: Student, reference: Student, draw: np.random.Generator) -> None:
    affine(student, reference, draw, (6,))


def is_random_normal(student: Student) -> None:
    """Drawn with `randn`, whatever the scale: neither constant nor uniform."""
    own = student.parameters(build(student, "Linear", in_features=60, out_features=60))
    if not own:
        raise CheckFailed("`Linear(60, 60)` holds no tensors that could have been drawn with `torch.randn`.")
    for parameter in own:
        if not parameter.value.min() < 0 < parameter.value.max():
            raise CheckFailed(
                f"The parameter `{parameter.name}` of `Linear` does not start as `torch.randn` draws: its values are all "
                "equal, or all of one sign."
            )
    matrix = max((parameter.value for parameter in own), key=np.size).astype(np.float64)
    standardised = (matrix - matrix.mean()) / matrix.std()
    # the fourth moment is 3 for a normal and 1.8 for a uniform distribution; 3,600 values leave it within 0.5
    if not 2.4 < float((standardised**4).mean()) < 3.6:
        raise CheckFailed(
            "The weights of `Linear` do not start normally distributed: the assignment asks for `torch.randn`, not "
            "`torch.rand` or another distribution."
        )


def is_own(student: Student, hiding: tuple[str, ...]) -> None:
    nothing_hidden("Linear", hiding)
    layer = linear(student, 5, 3)
    parts = student.modules(layer)
    used = set(layers_of_torch(parts))
    _, built = student.traced(Name("Linear"), in_features=5, out_features=3)
    _, ran = student.traced(layer, np.ones((2, 5), dtype=np.float32))
    used |= {name.rpartition(".")[2] for name in (*built.owners, *ran.modules) if is_layer(name)}
    if used:
        raise CheckFailed(
            f"`Linear` should be built from tensors alone, but it uses PyTorch's own {', '.join(sorted(used))}."
        )
