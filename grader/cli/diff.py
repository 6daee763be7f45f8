"""`grader diff`: two folders that `grader batch` wrote, side by side."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import ValidationError
from rich.console import Group
from rich.table import Table
from rich.text import Text

from grader.batch.diff import Change, ItemChange, changes, in_points
from grader.batch.keep import REPORT
from grader.batch.summary import SUMMARY
from grader.errors import BadSource
from grader.records.report import Report
from grader.reports.gradebook import safe
from grader.reports.words import points
from grader.text import one_line

COLUMNS = ("key", "what", "old_score", "new_score", "item", "old_points", "new_points", "checks", "causes")


def diff(old: Path, new: Path) -> tuple[list[Change], list[str]]:
    """What differs between two outputs; and a sentence for each report that cannot be read, which is not compared.

    Raises BadSource for what is no such output.
    """
    (before, lost), (after, lost_too) = reports(old), reports(new)
    unread = lost | lost_too
    found = [change for change in changes(before, after) if change.key not in unread]
    return found, [*lost.values(), *lost_too.values()]


def reports(output: Path) -> tuple[dict[str, Report], dict[str, str]]:
    """The reports in an output by their keys; and why others cannot be read."""
    found, lost = dict[str, Report](), dict[str, str]()
    paths = sorted(output.glob(f"*/{REPORT}"))
    if not paths and not (output / SUMMARY).is_file():
        raise BadSource(f"{output} has no reports in it: it should be what `grader batch` wrote.")
    for path in paths:
        try:
            found[path.parent.name] = Report.model_validate_json(path.read_bytes())
        except OSError as error:
            lost[path.parent.name] = f"{path} cannot be read: {error.strerror}."
        except ValidationError:
            lost[path.parent.name] = f"{path} is no report of this grader's."
    return found, lost


def as_json(found: Sequence[Change]) -> str:
    return json.dumps([asdict(change) | {"points_changed": in_points(change)} for change in found], indent=2) + "\n"


def as_csv(found: Sequence[Change]) -> str:
    """A line for each item that differs; one where none does."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for change in found:
        for item in change.items or (ItemChange("", "", "", None, None, ()),):
            whose = (change.key, change.what, change.old, change.new)
            words = (" ".join(item.checks), "; ".join(change.causes))
            writer.writerow([safe(value) for value in (*whose, item.id, item.old, item.new, *words)])
    return text.getvalue()


def table(found: Sequence[Change]) -> Group:
    """For a console of any width. Students' text is never read as markup, nor as more than its own line."""
    rows = Table()
    rows.add_column("who", overflow="fold")
    rows.add_column("item", overflow="fold")
    rows.add_column("points", justify="right", no_wrap=True)
    rows.add_column("why", overflow="fold")
    for change in found:
        why = change.causes or (f"{change.what}: no report in the {'old' if change.what == 'new' else 'new'} folder",)
        rows.add_row(plain(change.key), Text("all"), Text(arrow(change.old, change.new)), lines(why))
        for item in change.items:
            rows.add_row(
                Text(""), plain(item.id), Text(arrow(item.old, item.new)), lines([*states(item), *item.checks])
            )
    differ = sum(map(in_points, found))
    said = Text(f"{differ} with other points, {len(found) - differ} with other checks or statuses and the same points.")
    return Group(rows, said) if found else Group(said)


def states(item: ItemChange) -> list[str]:
    old, new = item.old_status or "not there", item.new_status or "not there"
    return [f"{old} -> {new}"] if old != new else []


def arrow(old: float | None, new: float | None) -> str:
    return f"{points(old)} -> {points(new)}"


def lines(sentences: Sequence[str]) -> Text:
    return Text("\n").join(plain(sentence) for sentence in sentences)


def plain(text: str) -> Text:
    return Text(one_line(text))
