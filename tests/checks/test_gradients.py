import numpy as np
import pytest

from grader.checks.gradients import difference

TRUE = np.array([[1.0, -2.0], [3.0, 0.5]])


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (-TRUE, "wrong sign"),
        (TRUE / 2, "0.5 times"),
        (1.1 * TRUE, "1.1 times"),
        (0 * TRUE, "zero"),
        (TRUE.T, "transposed"),
        (TRUE[::-1], "wrong order"),
        (TRUE + 1, "values are wrong"),
        (TRUE * np.nan, "NaN"),
    ],
)
def test_a_difference_is_named(got: np.ndarray, words: str) -> None:
    assert words in difference(got, TRUE)
