"""What a person should look at. A flag never changes a score."""

import re
from collections.abc import Iterator, Sequence

from grader.grading.misled import Findings, misled
from grader.notebooks.suspects import patches, suspects
from grader.records.execution import Execution
from grader.records.notebook import Output
from grader.records.report import FlagReport
from grader.records.rubric import Rubric
from grader.records.submission import Submission

NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?%?")
NOISE = 0.3
"""How far an accuracy may be from the stored one: the data may be other than the student's."""
MAX_EVIDENCE, FEW_LINES = 300, 4


def flags(
    submission: Submission, execution: Execution, findings: Findings, rubric: Rubric, why_full: str | None
) -> tuple[FlagReport, ...]:
    """All flags of one grading."""
    return (
        *data_flag(why_full),
        *missing_libraries(execution),
        *contradictions(submission, execution, rubric),
        *unusual_code(submission),
        *patched_libraries(submission, execution),
        *failed_on_purpose(findings, rubric),
        *own_tests(execution, findings, rubric),
        *broken_checks(findings),
    )


def data_flag(why_full: str | None) -> Iterator[FlagReport]:
    if why_full is not None:
        message = "The notebook ran with the full data, because it depends on their true size."
        yield FlagReport(id="full_data", severity="info", message=message, evidence=why_full)


def missing_libraries(execution: Execution) -> Iterator[FlagReport]:
    for run in execution.cells:
        if run.error and run.error.startswith("ModuleNotFoundError"):
            message = "A cell imports a library that the sandbox lacks; what depends on it is not judged fairly."
            yield warning("missing_library", message, f"cell {run.index}: {run.error}")


def contradictions(submission: Submission, execution: Execution, rubric: Rubric) -> Iterator[FlagReport]:
    """Cells whose stored output says other things than the grader's run, beyond what other data and luck explain."""
    for run in execution.cells:
        stored = printed(submission.notebook.cells[run.index].outputs)
        if not stored or run.status not in ("ok", "error") or execution.profile != "full":
            continue
        if run.status == "error":
            message = "The notebook came with outputs of a cell that fails when it is run."
            yield warning("stored_output_differs", message, f"cell {run.index}: {run.error}")
        elif difference := contradiction(stored, printed(run.outputs), [rule.printed for rule in rubric.misleading]):
            message = "A stored output says something else than the same cell prints when it is run."
            yield warning("stored_output_differs", message, f"cell {run.index}: {difference}"[:MAX_EVIDENCE])


def printed(outputs: Sequence[Output]) -> list[str]:
    text = "".join(output.text for output in outputs if output.kind == "stream" and output.stream == "stdout")
    return [line.strip() for line in text.splitlines() if line.strip()]


def contradiction(stored: list[str], again: list[str], verdicts: Sequence[str]) -> str | None:
    """What cannot be: a verdict that is not printed again, far more or fewer lines, or another accuracy."""
    for verdict in verdicts:
        if verdict in "\n".join(stored) and verdict not in "\n".join(again):
            return f"stored `{verdict}`, which is not printed"
    fewer, more = sorted((len(stored), len(again)))
    if 2 * fewer < more and more - fewer > FEW_LINES:
        return f"stored {len(stored)} lines, printed {len(again)}"
    for before, after in zip(stored, again, strict=False):
        pairs = zip(shares(before), shares(after), strict=False)
        if words(before) == words(after) and any(abs(was - now) > NOISE for was, now in pairs if max(was, now) <= 1):
            return f"stored `{before}`, printed `{after}`"
    return None


def words(line: str) -> list[str]:
    return NUMBER.sub(" ", line).split()


def shares(line: str) -> list[float]:
    """The numbers with decimals of a line that names an accuracy: losses may be anywhere."""
    if "acc" not in line.lower():
        return []
    return [float(found.rstrip("%").replace(",", "")) for found in NUMBER.findall(line) if "." in found]


def unusual_code(submission: Submission) -> Iterator[FlagReport]:
    for index, what in suspects(submission.notebook):
        message = "A cell does what the assignment gives no reason for."
        yield warning("unusual_code", message, f"cell {index}: {what}"[:MAX_EVIDENCE])


def patched_libraries(submission: Submission, execution: Execution) -> Iterator[FlagReport]:
    for index, what in patches(submission.notebook):
        message = "A cell changes a library."
        if execution.profile == "full":
            message += " Objects were judged in a fresh kernel, from their definitions, without that."
        yield warning("patched_library", message, f"cell {index}: {what}"[:MAX_EVIDENCE])


def failed_on_purpose(findings: Findings, rubric: Rubric) -> Iterator[FlagReport]:
    watched = {(item.id, check.id) for item in rubric.items for check in item.checks if check.flag}
    for finding in (finding for found in findings.values() for finding in found):
        if finding.status == "failed" and (finding.item, finding.check) in watched:
            message = f"{finding.item}: the check {finding.check} failed, which may be no accident."
            yield warning("forbidden_means", message, finding.message[:MAX_EVIDENCE])


def own_tests(execution: Execution, findings: Findings, rubric: Rubric) -> Iterator[FlagReport]:
    for rule in misled(execution, findings, rubric.misleading):
        message = f"{rule.item} fails, though the notebook's own test says that all is well."
        yield FlagReport(id="misled", severity="info", message=message, evidence=rule.printed)


def broken_checks(findings: Findings) -> Iterator[FlagReport]:
    for finding in (finding for found in findings.values() for finding in found):
        if finding.status == "error":
            message = f"The check {finding.item}/{finding.check} broke; the item's points are open."
            yield warning("needs_staff", message, finding.detail)


def warning(identifier: str, message: str, evidence: str) -> FlagReport:
    return FlagReport(id=identifier, severity="warning", message=message, evidence=evidence)
