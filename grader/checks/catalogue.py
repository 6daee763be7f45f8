"""The generic checks by the name that a rubric uses."""

from grader.checks import answers, executed, identity, modules, paths, signatures
from grader.records.assignment import Check

CATALOGUE: dict[str, Check] = {
    "modules/gradients_arrive": modules.gradients_arrive,
    "modules/output_shape": modules.output_shape,
    "modules/parameter_count": modules.parameter_count,
    "modules/unregularised": modules.unregularised,
    "signatures/accepts": signatures.accepts,
    "text/answered_in_red": answers.answered_in_red,
    "text/no_absolute_paths": paths.no_absolute_paths,
    "text/no_error_outputs": executed.no_error_outputs,
    "text/outputs_kept": executed.outputs_kept,
    "text/ran_in_order": executed.ran_in_order,
    "text/two_ids": identity.two_ids,
    "text/two_names": identity.two_names,
}
