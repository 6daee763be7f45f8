"""Complete solutions in ten styles get every automatic point, by the real command."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from grader.settings import Settings
from tests.assemble import assemble

SOLUTIONS = Path(__file__).resolve().parent.parent / "solutions"
STYLES = sorted(SOLUTIONS.glob("*.py"))


def graded(style: Path, folder: Path, settings: Settings) -> dict[str, object]:
    """The report of the whole notebook; its true sizes are a tenth, so that the small data do."""
    starter = json.loads((settings.root / "rubrics" / "deep-learning-1" / "starter.ipynb").read_bytes())
    text = json.dumps(assemble(style, starter)).replace("48000", "4800").replace("12000", "1200")
    notebook, report = folder / f"{style.stem}.ipynb", folder / f"{style.stem}.json"
    notebook.write_text(text, encoding="utf-8")
    grader = Path(sys.executable).with_name("grader")
    command = [str(part) for part in (grader, "grade", notebook, "-a", "deep-learning-1", "--output", report)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "GRADER_THREADS": "1"})
    found: dict[str, object] = json.loads(report.read_bytes())
    return found


@pytest.fixture(scope="module")
def reports(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[dict[str, object]]]]:
    """Two are graded at a time, each with one thread."""
    folder = tmp_path_factory.mktemp("solutions")
    with ThreadPoolExecutor(2) as pool:
        yield {style.stem: pool.submit(graded, style, folder, settings) for style in STYLES}


def test_there_are_ten_styles() -> None:
    assert len(STYLES) >= 10


@pytest.mark.slow
@pytest.mark.parametrize("style", [style.stem for style in STYLES])
def test_a_complete_solution_gets_every_automatic_point(
    style: str, reports: dict[str, Future[dict[str, object]]]
) -> None:
    report = reports[style].result()
    items = report["items"]
    assert isinstance(items, list)
    lost = {
        f"{item['id']}/{check['id']}": check["message"]
        for item in items
        for check in item["checks"]
        if check["status"] != "passed"
    }
    assert lost == {}
    assert (report["auto_score"], report["auto_max"]) == (80, 80)
