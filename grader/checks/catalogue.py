"""The generic checks by the name that a rubric uses."""

from grader.checks import modules, signatures
from grader.records.assignment import Check

CATALOGUE: dict[str, Check] = {
    "modules/gradients_arrive": modules.gradients_arrive,
    "modules/output_shape": modules.output_shape,
    "modules/parameter_count": modules.parameter_count,
    "modules/unregularised": modules.unregularised,
    "signatures/accepts": signatures.accepts,
}
