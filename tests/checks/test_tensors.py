import numpy as np
import pytest

from grader.checks.tensors import array, close, named, sigmoid, softmax_loss
from grader.errors import CheckFailed


def test_close_forgives_single_precision_and_nothing_more() -> None:
    wanted = np.array([1.0, -100.0, 1e-4])
    assert close(wanted.astype(np.float32) * np.float32(1 + 1e-6), wanted)
    assert not close(wanted * 1.01, wanted)
    assert not close(wanted, np.array([1.0, -100.0]))
    assert not close(np.array([np.nan]), np.array([np.nan]))


def test_softmax_loss_is_the_mean_cross_entropy() -> None:
    uniform = np.zeros((4, 10))
    assert softmax_loss(uniform, np.arange(4)) == pytest.approx(np.log(10))
    sure = np.where(np.eye(4, 10) > 0, 1e4, 0)
    assert softmax_loss(sure, np.arange(4)) == pytest.approx(0)
    assert softmax_loss(sure, np.arange(4) + 1) == pytest.approx(1e4)


def test_sigmoid() -> None:
    np.testing.assert_allclose(sigmoid(np.array([0.0, np.log(3)])), [0.5, 0.75])


def test_array_says_what_came_instead() -> None:
    with pytest.raises(CheckFailed, match=r"W should be a tensor, but is None \(is there a `return`\?\)"):
        array(None, "W")


def test_named_values() -> None:
    assert named(np.zeros((2, 3))) == "a tensor of shape [2, 3]"
    assert named([1, 2]) == "a list of 2"
    assert named(3.0) == "of type float"
