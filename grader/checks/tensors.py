"""Comparing numbers."""

import numpy as np

from grader.errors import CheckFailed

RTOL, ATOL = 1e-3, 1e-5


def close(got: np.ndarray, wanted: np.ndarray) -> bool:
    """Equal up to single precision: `|got - wanted| <= ATOL * max(1, max|wanted|) + RTOL * |wanted|`; never for NaN."""
    if got.shape != wanted.shape:
        return False
    scale = max(1.0, float(np.abs(wanted).max(initial=0.0)))
    return bool(np.allclose(got, wanted, rtol=RTOL, atol=ATOL * scale))


def array(value: object, what: str) -> np.ndarray:
    """`value` if it is a tensor; `what` begins the sentence that says it should have been one."""
    if not isinstance(value, np.ndarray):
        raise CheckFailed(f"{what} should be a tensor, but is {named(value)}.")
    return value


def named(value: object) -> str:
    """What a value is, for a sentence."""
    if value is None:
        return "None (is there a `return`?)"
    if isinstance(value, np.ndarray):
        return f"a tensor of shape {shape(value)}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    return f"of type {type(value).__name__}"


def shape(value: np.ndarray) -> str:
    return str(list(value.shape))


def softmax_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross entropy of logits [N, C] for labels [N], in float64."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_probabilities[np.arange(len(labels)), labels].mean())


def sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x.astype(np.float64))))
