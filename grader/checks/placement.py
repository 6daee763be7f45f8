"""Putting a student's parameters into the reference's places, whatever their order, orientation and names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from grader.execution.student import Parameter


@dataclass(frozen=True)
class Place:
    """Where one of the student's parameters goes: the reference's parameter `name`, transposed or not."""

    name: str
    transposed: bool
    shape: tuple[int, ...]
    layer: int
    """Counted from 0 by the part of the name before the last dot, in the reference's order."""


Placement = tuple[Place, ...]
"""One place for each of the student's parameters, in the student's order."""


def placements(own: Sequence[Parameter], reference: Sequence[Parameter]) -> Iterator[Placement]:
    """All ways to put each of `own` into a place of the reference that it fits; the reference's order comes first.

    Places may stay empty: a module without biases has its parameters placed all the same.
    """

    layers = list(dict.fromkeys(layer_of(parameter) for parameter in reference))

    def extend(index: int, taken: Placement) -> Iterator[Placement]:
        if index == len(own):
            yield taken
            return
        used = {place.name for place in taken}
        for parameter in reference:
            if parameter.name not in used:
                layer = layers.index(layer_of(parameter))
                for place in ways(own[index].value, parameter, layer):
                    yield from extend(index + 1, (*taken, place))

    yield from extend(0, ())


def layer_of(parameter: Parameter) -> str:
    return parameter.name.rpartition(".")[0]


def ways(value: np.ndarray, parameter: Parameter, layer: int) -> Iterator[Place]:
    """As it is, and transposed; dimensions of length 1 count for nothing."""
    wanted = parameter.value.shape
    core = tuple(n for n in value.shape if n != 1)
    target = tuple(n for n in wanted if n != 1)
    if core == target:
        yield Place(parameter.name, False, wanted, layer)
    if len(core) == 2 and core[::-1] == target:
        yield Place(parameter.name, True, wanted, layer)


def place(values: Sequence[np.ndarray], placement: Placement, reference: Sequence[Parameter]) -> dict[str, np.ndarray]:
    """The reference's parameters by name, filled with the student's values; zeros where a place stays empty."""
    filled = {parameter.name: np.zeros_like(parameter.value) for parameter in reference}
    for value, target in zip(values, placement, strict=True):
        squeezed = value.squeeze()
        filled[target.name] = (squeezed.T if target.transposed else squeezed).reshape(target.shape)
    return filled


def placed_back(
    named: Mapping[str, np.ndarray], placement: Placement, own: Sequence[Parameter]
) -> tuple[np.ndarray, ...]:
    """The inverse of `place`: values by the reference's names, in the student's order, orientation and shapes."""
    back = []
    for target, parameter in zip(placement, own, strict=True):
        squeezed = named[target.name].squeeze()
        back.append((squeezed.T if target.transposed else squeezed).reshape(parameter.value.shape))
    return tuple(back)
