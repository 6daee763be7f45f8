"""Checks of a `torch.nn.Module` that hold for any architecture."""

import contextlib
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from grader.checks.tensors import array, close, shape
from grader.errors import CallFailed, CheckFailed
from grader.execution.student import Module, Student
from grader.execution.wire import Handle, Name

CONTAINERS = {
    f"torch.nn.modules.container.{name}"
    for name in ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
} | {"torch.nn.modules.module.Module"}


def build(student: Student, name: str, **arguments: Any) -> Handle:
    """`name(**arguments)` as an object in there, or the sentence that says why there is none."""
    given = ", ".join(map(str, arguments.values()))
    try:
        built = student.call(Name(name), **arguments)
    except CallFailed as error:
        raise CheckFailed(f"`{name}({given})` could not be built: {error}.") from error
    if not isinstance(built, Handle):
        raise CheckFailed(f"`{name}({given})` should give a module, but gives a {type(built).__name__}.")
    return built


def run(student: Student, module: Handle, name: str, x: np.ndarray) -> np.ndarray:
    """`module(x)`, or the sentence that says why it gives no tensor."""
    try:
        result = student.call(module, x)
    except CallFailed as error:
        raise CheckFailed(f"`{name}` fails on an input of shape {shape(x)}: {error}.") from error
    return array(result, f"`{name}`'s output for an input of shape {shape(x)}")


def layers_of_torch(modules: Sequence[Module]) -> list[str]:
    """Short names of PyTorch's own layers among `modules`, as parts or as base classes; containers do not count."""
    classes = [base for module in modules for base in (module.bases or (module.type,))]
    return sorted({name.rpartition(".")[2] for name in classes if is_layer(name)})


def is_layer(class_name: str) -> bool:
    return class_name.startswith("torch.") and class_name not in CONTAINERS


def output_shape(
    student: Student, draw: np.random.Generator, object: str, sample: list[int], output: list[int]
) -> None:
    """Batches of several sizes come out as `[N, *output]`."""
    module = build(student, object)
    for count in (1, 2, 5):
        x = draw.random((count, *sample), dtype=np.float32)
        got = run(student, module, object, x)
        if list(got.shape) != [count, *output]:
            raise CheckFailed(
                f"`{object}` should turn an input of shape {shape(x)} into {[count, *output]}, but gives {shape(got)}."
            )


def parameter_count(student: Student, object: str, count: int, sample: list[int]) -> None:
    """The module has exactly `count` trainable numbers, once it has seen an input of shape [1, *sample]."""
    module = build(student, object)
    with contextlib.suppress(CallFailed):
        # lazy layers get their sizes from a first input; whether it takes one is for another check to say
        student.call(module, np.zeros((1, *sample), dtype=np.float32))
    parameters = student.parameters(module)
    got = sum(prod(p.value.shape) for p in parameters if p.registered and p.requires_grad)
    if got != count:
        shapes = ", ".join(shape(p.value) for p in parameters if p.registered) or "none"
        raise CheckFailed(
            f"`{object}` should have {count:,} trainable parameters, but has {got:,} (its parameters' shapes: {shapes}). "
            "Compare the sizes of the layers, and whether each has a bias, with the assignment."
        )


def unregularised(student: Student, draw: np.random.Generator, object: str, sample: list[int]) -> None:
    """The output is the same in every training-mode pass and in evaluation mode."""
    module = build(student, object)
    x = draw.random((8, *sample), dtype=np.float32)
    student.call(module, True, method="train")
    first, second = run(student, module, object, x), run(student.seeded(1), module, object, x)
    student.call(module, method="eval")
    evaluated = run(student, module, object, x)
    if not close(first, second):
        raise CheckFailed(
            f"`{object}` gives different outputs for the same input in training mode: is there dropout? "
            "The assignment asks for a network without regularisation."
        )
    if not close(first, evaluated):
        raise CheckFailed(
            f"`{object}` gives different outputs in training and in evaluation mode: is there batch normalisation? "
            "The assignment asks for a network without regularisation."
        )


def gradients_arrive(student: Student, draw: np.random.Generator, object: str, sample: list[int], classes: int) -> None:
    """The cross-entropy loss sends a gradient to every parameter."""
    module = build(student, object)
    x, y = draw.random((64, *sample), dtype=np.float32), draw.integers(0, classes, 64)
    try:
        gradients = student.gradients(module, x, y, "cross_entropy")
    except CallFailed as error:
        raise CheckFailed(f"The loss cannot be sent back through `{object}`: {error}.") from error
    dead = [name for name, gradient in gradients.items() if gradient is None or not np.any(gradient)]
    if dead or not gradients:
        which = ", ".join(f"`{name}`" for name in dead) or "any parameter: `parameters()` is empty"
        raise CheckFailed(
            f"No gradient reaches {which} of `{object}`. Is a part detached, frozen, or kept where "
            "`nn.Module` does not see it (a plain list)?"
        )
