"""What is wrong with a gradient, said in words."""

import numpy as np

from grader.checks.tensors import close


def difference(got: np.ndarray, wanted: np.ndarray) -> str:
    """How `got` differs from `wanted` (same shape), as a clause: sign, factor, order, orientation, or plainly wrong."""
    if not np.all(np.isfinite(got)):
        return "it holds NaN or infinite values"
    if close(got, -wanted):
        return "it has the wrong sign"
    if not np.any(got):
        return "it is zero"
    factor = float((got * wanted).sum() / max(float((wanted * wanted).sum()), 1e-30))
    if close(got, factor * wanted):
        return f"it is {factor:.3g} times as large as it should be"
    if wanted.ndim == 2 and wanted.shape[0] == wanted.shape[1] and close(got, wanted.T):
        return "it is transposed (in an outer product, which factor gives the rows?)"
    if close(np.sort(got.ravel()), np.sort(wanted.ravel())):
        return "it holds the right numbers in the wrong order"
    return "its values are wrong"
