"""What is none of a notebook's business is not there."""

import os
import secrets
from pathlib import Path

import pytest

from grader.execution.session import Session
from grader.sandbox.forked import ForkedProvisioner
from tests.sandbox.wall import ROOT, inside, open_wall


def test_nothing_of_this_project_can_be_seen(wall: Session) -> None:
    private = {
        path.relative_to(ROOT).as_posix()
        for folder in ("grader", "reference", "rubrics", "submissions")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in (".py", ".ipynb", ".yaml")
    }
    source = """
        import importlib.metadata, importlib.util, os, pathlib, subprocess, sys
        def seen(path):
            parts = path.split("/")
            return any("/".join(parts[n:]) in private for n in range(len(parts) - 1, max(0, len(parts) - 6), -1))
        result = {"files": [], "texts": [], "folders": [f for f in folders if os.path.exists(f)]}
        for folder, below, files in os.walk("/"):
            if folder == "/proc":
                below.clear()
                continue
            result["files"] += [path for name in files if seen(path := os.path.join(folder, name))]
            for name in files:
                if name.endswith((".pth", ".egg-link")) or ".dist-info" in folder or folder.endswith("/bin"):
                    path = pathlib.Path(folder, name)
                    try:
                        text = path.read_bytes() if path.stat().st_size < 1 << 20 else b""
                    except OSError:
                        continue
                    # the environment may lie in the project's folder, and its scripts name their interpreter
                    text = text.replace(sys.prefix.encode(), b"")
                    if root.encode() + b"/" in text or b"deep-learning-grader" in text or b"from grader." in text:
                        result["texts"].append(str(path))
        result["module"] = importlib.util.find_spec("grader") is not None
        names = {(d.metadata["Name"] or "").lower() for d in importlib.metadata.distributions() if d.metadata}
        result["distribution"] = "deep-learning-grader" in names
        fresh = subprocess.run([sys.executable, "-c", "import grader"], capture_output=True, text=True)
        result["imported"] = "ModuleNotFoundError" not in fresh.stderr
    """
    assert len(private) > 50
    folders = [str(ROOT / name) for name in ("grader", "reference", "rubrics", "submissions", "tests", ".git")]
    assert inside(wall, source, private=private, folders=folders, root=str(ROOT)) == {
        "files": [],
        "texts": [],
        "folders": [],
        "module": False,
        "distribution": False,
        "imported": False,
    }


@pytest.mark.skipif(not Path("/usr/share/doc").is_dir(), reason="there is no such folder here")
def test_what_is_to_be_hidden_is_hidden_even_where_the_system_is_shown(backend: str) -> None:
    """As where the whole project is installed below /usr."""
    with open_wall(backend, hidden=["/usr/share/doc"]) as session:
        source = "import os\nresult = [os.listdir('/usr/share/doc'), len(os.listdir('/usr/share')) > 1]"
        assert inside(session, source) == [[], True]


def test_the_graders_environment_stays_outside(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = secrets.token_hex(16)
    monkeypatch.setenv("GRADER_SECRET", secret)
    monkeypatch.setenv("SOME_TOKEN", secret)
    source = """
        import os, pathlib
        result = [name for name, value in os.environ.items() if secret in value or name.startswith("GRADER")]
        for path in pathlib.Path("/proc").glob("[0-9]*/*"):
            if path.name in ("environ", "cmdline", "mountinfo"):
                if secret.encode() in path.read_bytes():
                    result.append(str(path))
        first = pathlib.Path("/proc/1/environ").read_bytes().decode().split("\\0")
        names = {entry.partition("=")[0] for entry in first if entry}
        result += sorted(names - set(os.environ) - {"PWD"})
    """
    with open_wall(backend) as session:
        # written apart, because the cell itself is on no file that is searched
        assert inside(session, source, secret=secret) == []


def test_no_file_of_the_grader_is_open_inside(backend: str, tmp_path: Path) -> None:
    source = """
        import os
        result = []
        for number in os.listdir("/proc/self/fd"):
            try:
                target = os.readlink(f"/proc/self/fd/{number}")
            except OSError:
                continue
            if not target.startswith(("socket:", "pipe:", "anon_inode:", "/dev/null", "/dev/urandom", "/proc/")):
                result.append(target)
    """
    path = tmp_path / "secret"
    path.write_text("secret")
    with path.open() as file:
        os.set_inheritable(file.fileno(), True)
        with open_wall(backend) as session:
            assert inside(session, source) == []


def test_only_its_own_processes_are_seen(wall: Session) -> None:
    source = """
        import os
        result = [open(f"/proc/{pid}/cmdline").read() for pid in os.listdir("/proc") if pid.isdigit()]
    """
    assert not [line for line in inside(wall, source) if "pytest" in line]


def test_what_a_process_writes_past_jupyter_reaches_nobody(backend: str, capfd: pytest.CaptureFixture[str]) -> None:
    source = "import os\n[os.write(n, b'a line that looks like one of the grader') for n in (1, 2)]"
    with open_wall(backend) as session:
        session.run_cell(0, source, 30)
        provisioner = session.provisioner()
        assert provisioner.process is not None
        targets = {str(Path(f"/proc/{provisioner.process.pid}/fd/{number}").readlink()) for number in (1, 2)}
        if isinstance(provisioner, ForkedProvisioner):
            # a socket to us, which we do not hold any more
            assert provisioner.holder is not None
            assert provisioner.holder.fileno() == -1
            targets = {target for target in targets if not target.startswith("socket:")}
    assert targets == {"/dev/null"}
    assert capfd.readouterr() == ("", "")
