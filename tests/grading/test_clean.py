import json
import math
from typing import Any

import pytest
from pydantic import ValidationError

from grader.errors import GraderFault
from grader.grading.clean import clean
from grader.grading.failure import failed_report
from grader.records.report import CheckReport, FlagReport, ItemReport, Report

HOSTILE = "a\0b\ud800c\x1b[2Jd\u202ee\rf\x9bg\n"
FORBIDDEN = set("\0\ud800\x1b\u202e\r\x9b")


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    return [text for part in value for text in strings(part)] if isinstance(value, list | tuple) else []


def test_no_text_of_a_report_holds_what_no_text_should() -> None:
    empty = failed_report(HOSTILE, (), HOSTILE, HOSTILE, GraderFault(HOSTILE), HOSTILE)
    check = CheckReport(id="x", status="failed", weight=1, message=HOSTILE, visibility="visible")
    item = ItemReport(
        id="x", title=HOSTILE, points=1, max_points=1, status="failed", blame=None, checks=(check,), answer=None
    )
    flag = FlagReport(id="x", severity="info", message=HOSTILE, evidence=HOSTILE)
    report = clean(empty.model_copy(update={"items": (item,), "flags": (flag,)}))
    texts = strings(json.loads(report.model_dump_json()))
    assert len([text for text in texts if text.startswith("a\ufffdb\ufffdc")]) == 9
    assert not FORBIDDEN & set("".join(texts))
    assert "\n" not in empty.submission.filename
    assert not FORBIDDEN & set("".join(strings(empty.model_dump())))
    assert Report.model_validate_json(report.model_dump_json()) == report


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_report_holds_no_number_that_json_lacks(number: float) -> None:
    with pytest.raises(ValidationError):
        CheckReport(id="x", status="failed", weight=number, message="", visibility="visible")
