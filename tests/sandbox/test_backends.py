"""Choosing a backend."""

import sys
from pathlib import Path

import pytest

from grader.cli.options import settings_for
from grader.errors import SandboxError
from grader.sandbox.none import UNPROTECTED
from grader.sandbox.start import kernel_spec
from tests.sandbox.wall import LIMITS, folder_of, inside, open_wall, wait_until


def test_a_backend_that_does_not_exist() -> None:
    with pytest.raises(SandboxError, match="no sandbox called prison; there are bubblewrap"):
        kernel_spec("prison", LIMITS, "", sys.executable)


def test_without_a_wall_the_kernel_works_in_a_folder_of_its_own(data: Path) -> None:
    with open_wall("none", str(data)) as session:
        folder = folder_of(session)
        source = """
            import os, pathlib
            result = [os.getcwd(), pathlib.Path("data/MNIST/raw/images").read_text(), os.environ["OMP_NUM_THREADS"]]
        """
        assert inside(session, source) == [str(folder / "work"), "pixels", str(LIMITS.threads)]
        pid = inside(session, "import os\nresult = os.getpid()")

    assert wait_until(lambda: not Path(f"/proc/{pid}").exists())
    assert not folder.exists()
    assert (data / "MNIST" / "raw" / "images").read_text() == "pixels"


def test_the_command_line_says_that_none_protects_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert settings_for("none").sandbox == "none"
    assert capsys.readouterr().err == f"{UNPROTECTED}\n"

    settings_for("bubblewrap")
    assert capsys.readouterr().err == ""
