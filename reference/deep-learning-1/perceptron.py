"""What `MLP` has to compute."""

import numpy as np

from grader.checks.modules import build, run
from grader.checks.placement import place, placements
from grader.checks.tensors import close
from grader.errors import CheckFailed
from grader.execution.student import Student


def computes(student: Student, reference: Student, draw: np.random.Generator) -> None:
    """The same function as the reference with the same weights, whatever their names, order and orientation."""
    module = build(student, "MLP")
    student.call(module, method="eval")
    # large inputs, to tell ReLU from functions that only look like it near zero
    x = 50 * draw.random((16, 1, 28, 28), dtype=np.float32)
    got = run(student, module, "MLP", x)
    twin = build(reference, "MLP")
    own, places = student.parameters(module), reference.parameters(twin)
    for placement in placements(own, places):
        reference.assign(twin, place([parameter.value for parameter in own], placement, places))
        logits = run(reference, twin, "MLP", x)
        # log-probabilities train exactly as logits do: softmax does not change under a shift
        if close(got, logits) or close(got, log_softmax(logits)):
            return
    raise CheckFailed(
        "With the same weights, `MLP` computes something else than 784-400-400-10 with ReLU after the first and after the "
        "second hidden layer and nothing after the output layer. Check the number of layers, each activation, and that "
        "the output is left as raw scores (cross-entropy applies the softmax itself)."
    )


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
