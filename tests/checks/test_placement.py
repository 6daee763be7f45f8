import numpy as np

from grader.checks.placement import place, placed_back, placements
from grader.execution.student import Parameter


def parameter(name: str, *shape: int) -> Parameter:
    value = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) + len(name)
    return Parameter(name=name, value=value, requires_grad=True, registered=True)


REFERENCE = (
    parameter("hidden.weight", 2, 3),
    parameter("hidden.bias", 2),
    parameter("output.weight", 1, 2),
    parameter("output.bias", 1),
)


def test_the_references_own_order_comes_first() -> None:
    first = next(placements(REFERENCE, REFERENCE))
    assert [(p.name, p.transposed, p.layer) for p in first] == [
        ("hidden.weight", False, 0),
        ("hidden.bias", False, 0),
        ("output.weight", False, 1),
        ("output.bias", False, 1),
    ]


def test_order_orientation_and_shape_may_differ() -> None:
    own = (parameter("b", 1, 2), parameter("a", 3, 2), parameter("d", 1), parameter("c", 2, 1))
    found = list(placements(own, REFERENCE))
    assert [[p.name for p in one] for one in found] == [
        ["hidden.bias", "hidden.weight", "output.bias", "output.weight"],
        ["output.weight", "hidden.weight", "output.bias", "hidden.bias"],
    ]
    values = [p.value for p in own]
    filled = place(values, found[0], REFERENCE)
    np.testing.assert_array_equal(filled["hidden.weight"], own[1].value.T)
    assert {name: value.shape for name, value in filled.items()} == {p.name: p.value.shape for p in REFERENCE}


def test_a_square_matrix_may_stand_either_way() -> None:
    square = (parameter("w", 2, 2),)
    assert [one[0].transposed for one in placements(square, square)] == [False, True]


def test_missing_biases_are_zero() -> None:
    own = (parameter("a", 2, 3), parameter("c", 1, 2))
    filled = place([p.value for p in own], next(placements(own, REFERENCE)), REFERENCE)
    np.testing.assert_array_equal(filled["output.bias"], [0])


def test_what_does_not_fit_has_no_placement() -> None:
    assert not list(placements((parameter("a", 4, 4),), REFERENCE))
    assert not list(placements((*REFERENCE, parameter("more", 1)), REFERENCE))


def test_placing_back_is_the_inverse() -> None:
    own = (parameter("b", 1, 2), parameter("a", 3, 2), parameter("d", 1), parameter("c", 2, 1))
    values = tuple(p.value for p in own)
    for one in placements(own, REFERENCE):
        for back, value in zip(placed_back(place(values, one, REFERENCE), one, own), values, strict=True):
            np.testing.assert_array_equal(back, value)
