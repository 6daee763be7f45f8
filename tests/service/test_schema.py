"""The description of the HTTP interface is true: schemathesis makes requests of it, and checks what comes back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.records.rubric import Policy
from grader.service import revisions
from grader.service.store import Store
from grader.service.submissions import Upload, accept, take
from grader.service.users import User
from tests.service.test_api import notebook, serving
from tests.service.test_dispatch import Engine
from tests.service.test_submissions import grading

KNOWN = """
[parameters]
"path.identifier" = "{identifier}"
"path.assignment" = "deep-learning-1"
"path.item" = "a"
"query.wait" = 0

[[operations]]
include-name = "POST /api/v1/assignments/{{assignment}}/submissions"
# what makes a file a notebook, a schema cannot say
checks.positive_data_acceptance.enabled = false

[[operations]]
include-name = "PUT /api/v1/submissions/{{identifier}}/items/{{item}}"
# nor how many points an item has
checks.positive_data_acceptance.enabled = false
"""
EXAMPLES = int(os.environ.get("EXAMPLES", "60"))
"""For each operation and phase: a thousand requests in all. `EXAMPLES=400` makes it thousands."""


@pytest.fixture(params=["sqlite"])
def url() -> str:
    """What is described is the same on both databases."""
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("role", ["ada", "emmy"])
def test_no_request_gets_an_answer_that_is_not_described(
    store: Store, people: dict[str, User], tokens: dict[str, str], tmp_path: Path, role: str
) -> None:
    upload = Upload("deep-learning-1", "t1", "w.ipynb", notebook("x = 1"), 1.0)
    identifier = accept(store, upload, people["ada"], Policy())[0].id
    take(store)
    revisions.graded(store, identifier, grading(), 2.0)
    config = tmp_path / "schemathesis.toml"
    config.write_text(KNOWN.format(identifier=identifier))
    with serving(store, Engine().opened) as http:
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            f"--config-file={config}",
            "run",
            f"{http.base_url}/openapi.json",
            "--header",
            f"Authorization: Bearer {tokens[role]}",
            f"--max-examples={EXAMPLES}",
            "--seed=1",
            "--no-color",
            "--request-timeout=30",
            "--exclude-path-regex=/events$",
        ]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stdout[-6000:]
