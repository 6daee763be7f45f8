"""Who relied on the notebook's own test and loses points all the same deserves to know why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from grader.records.execution import Execution
from grader.records.findings import Finding
from grader.records.rubric import Misleading

Findings = Mapping[str, Sequence[Finding]]


def misled(execution: Execution, findings: Findings, rules: Sequence[Misleading]) -> list[Misleading]:
    """The rules whose reassuring words were printed although the item failed."""
    said = "".join(output.text for run in execution.cells for output in run.outputs if output.kind == "stream")
    return [rule for rule in rules if rule.printed in said and first_failed(findings.get(rule.item, ())) is not None]


def explained(execution: Execution, findings: Findings, rules: Sequence[Misleading]) -> dict[str, tuple[Finding, ...]]:
    """The findings, with the explanation after the message of the first failed check."""
    told = {name: tuple(found) for name, found in findings.items()}
    for rule in misled(execution, findings, rules):
        first = first_failed(told[rule.item])
        told[rule.item] = tuple(
            replace(finding, message=f"{finding.message} {rule.message}") if finding is first else finding
            for finding in told[rule.item]
        )
    return told


def first_failed(findings: Sequence[Finding]) -> Finding | None:
    return next((finding for finding in findings if finding.status == "failed"), None)
