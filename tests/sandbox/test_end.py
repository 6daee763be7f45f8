"""Nothing is left, however a session ends."""

import os
import secrets
import signal
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandbox import cgroup
from grader.sandbox.provisioner import base_folder
from grader.sandbox.slots import FIRST_UID, claim_slot
from tests.sandbox.wall import (
    DAEMON,
    SLEEPER,
    folder_of,
    grader_of_its_own,
    inside,
    open_locks,
    open_wall,
    processes,
    wait_until,
)


@pytest.mark.parametrize("program", [SLEEPER, DAEMON], ids=["child", "daemon that ignores signals"])
def test_nothing_runs_on_after_the_session(backend: str, marker: str, program: str) -> None:
    with open_wall(backend) as session:
        inside(session, program, marker=marker)
        assert wait_until(lambda: bool(processes(marker)))

    assert wait_until(lambda: not processes(marker))


def test_nothing_runs_on_after_a_kernel_that_ended_itself(backend: str, marker: str) -> None:
    with open_wall(backend) as session:
        inside(session, DAEMON, marker=marker)
        assert wait_until(lambda: bool(processes(marker)))
        session.run_cell(1, "import os\nos._exit(0)", 30)

        assert wait_until(lambda: not processes(marker))


def test_a_sandbox_that_is_ended_from_outside_is_the_machines_doing(backend: str) -> None:
    with open_wall(backend) as session:
        process = session.provisioner().process
        assert process is not None
        kill = threading.Timer(1.0, os.kill, (process.pid, signal.SIGKILL))
        kill.start()
        with pytest.raises(SandboxError, match="ended from outside"):
            session.run_cell(0, "import time\ntime.sleep(60)", 120)
        kill.join()


@pytest.mark.parametrize("whom", ["os.getpid()", "os.getppid()", "1", "-1"])
def test_a_kernel_that_ends_itself_or_all_it_sees_is_not(backend: str, whom: str) -> None:
    with open_wall(backend) as session:
        run = session.run_cell(0, f"import os, signal, time\nos.kill({whom}, signal.SIGKILL)\ntime.sleep(1)", 60)
        assert not session.provisioner().lost
        again = session.run_cell(1, "import os\nos.kill(os.getpid(), signal.SIGKILL)", 60)
    # the first process of a sandbox hears no signals from inside
    assert "died" in f"{run.error} {again.error}"


def test_nothing_runs_on_after_the_grader_was_killed(backend: str, marker: str) -> None:
    with grader_of_its_own(backend, marker) as grader:
        assert grader.stdout is not None
        folder = Path(grader.stdout.readline().decode().strip())
        assert wait_until(lambda: bool(processes(marker)))

        grader.kill()

    assert wait_until(lambda: not processes(marker))
    groups = cgroup.existing(folder.name)
    assert folder.exists()
    with open_wall(backend):
        assert not folder.exists(), "whoever comes next clears away what a killed grader left"
        assert not any(group.exists() for group in groups)


def test_the_sessions_folder_and_control_group_are_removed(backend: str) -> None:
    with open_wall(backend) as session:
        folder = folder_of(session)
        assert folder.is_dir()
        groups = cgroup.existing(folder.name)

    assert not folder.exists()
    assert not any(group.exists() for group in groups)


CLUTTER = {
    "files": "for number in range(2000):\n    open(f'{shared}/{number}', 'w').close()",
    "a folder that nobody may read": "os.mkdir(f'{shared}/closed')\nopen(f'{shared}/closed/x', 'w')\nos.chmod(f'{shared}/closed', 0)",
    "folders without end": (
        "here = os.getcwd()\nos.chdir(shared)\nfor _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')\nos.chdir(here)"
    ),
    "a link to elsewhere": "os.symlink('/usr', f'{shared}/usr')",
    # the same few names over and over: where it is not ended, it must not fill this machine
    "a process that goes on": (
        "import subprocess, sys\n"
        'code = \'import sys\\nn = 0\\nwhile True:\\n    n += 1\\n    open(f"{sys.argv[1]}/{n % 100}", "w").close()\'\n'
        "subprocess.Popen([sys.executable, '-c', code, shared, marker])"
    ),
}


@pytest.mark.parametrize("clutter", CLUTTER)
def test_the_sessions_folder_is_removed_whatever_a_notebook_leaves_in_it(
    backend: str, clutter: str, marker: str
) -> None:
    find = "import glob, os\n(shared,) = glob.glob('/run/grader/*/open') + glob.glob('/tmp/grader-*/grader-*/open')\n"
    tried = f"try:\n{textwrap.indent(CLUTTER[clutter], '    ')}\nexcept PermissionError:\n    pass\nresult = 1"
    with open_wall(backend) as session:
        folder = folder_of(session)
        inside(session, find + tried, marker=marker)

    assert wait_until(lambda: not folder.exists())


def test_the_sessions_user_is_free_again(backend: str) -> None:
    before = open_locks()
    with open_wall(backend):
        assert len(open_locks() - before) == 1

    assert open_locks() <= before


@pytest.mark.parametrize("lack", ["bubblewrap", "python"])
def test_a_wall_that_cannot_be_built_is_the_machines_fault_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, lack: str, tmp_path: Path
) -> None:
    name = secrets.token_hex(8)
    monkeypatch.setattr("grader.sandbox.provisioner.secrets.token_hex", lambda _: name)
    before = open_locks()
    if lack == "bubblewrap":
        monkeypatch.setenv("PATH", str(tmp_path))
    python = "/usr/bin/false" if lack == "python" else sys.executable

    with pytest.raises(SandboxError), open_wall("bubblewrap", python=python):
        pass

    assert not (base_folder() / f"grader-{name}").exists()
    assert cgroup.existing(f"grader-{name}") == ()
    assert open_locks() <= before


def test_what_cannot_be_cleared_away_keeps_its_slot_and_is_in_nobodys_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A process that hangs in a driver does not end, whoever kills it."""
    name = f"grader-{secrets.token_hex(8)}"
    (tmp_path / "slots").mkdir()
    (tmp_path / "slots" / "0").write_text(name)

    def end(_: tuple[Path, ...]) -> None:
        raise SandboxError("processes are left")

    monkeypatch.setattr(cgroup, "end", end)
    user, lock = claim_slot(tmp_path, f"grader-{secrets.token_hex(8)}")
    lock.close()
    assert user == FIRST_UID + 1
    assert (tmp_path / "slots" / "0").read_text() == name
