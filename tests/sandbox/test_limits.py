"""Disk, memory and processes end somewhere."""

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.execution.session import Session
from grader.sandbox import cgroup
from grader.sandbox.limits import OOM_SCORE
from grader.sandbox.provisioner import WalledProvisioner
from tests.sandbox.wall import LIMITS, MEGABYTE, as_root, inside, open_wall, wait_until, with_groups

FILL = """
    import errno, os
    written, files = 0, []
    try:
        for number in range(32):
            path = os.path.join(folder, f"grader-fill-{number}")
            with open(path, "wb", buffering=0) as file:
                files.append(path)
                for _ in range(8):
                    written += file.write(bytes(1 << 20))
        result = "no end"
    except OSError as error:
        result = [written, error.errno == errno.ENOSPC]
    finally:
        for path in files:
            os.unlink(path)
"""


@pytest.mark.parametrize(
    ("folder", "size"),
    [("/tmp", LIMITS.work_bytes), ("/home/student/work", LIMITS.work_bytes), ("/dev/shm", LIMITS.shm_bytes)],
)
def test_a_folder_is_full_at_its_limit(wall: Session, folder: str, size: int) -> None:
    written, full = inside(wall, FILL, folder=folder)

    assert full
    assert size - 4 * MEGABYTE < written <= size


def test_a_sandbox_ends_before_the_grader_where_the_machine_has_no_memory_left(wall: Session) -> None:
    source = """
        def score():
            return int(open("/proc/self/oom_score_adj").read())
        before = score()
        try:
            open("/proc/self/oom_score_adj", "w").write("-500")
        except OSError:
            pass
        result = [before, score()]
    """
    assert inside(wall, source) == [int(OOM_SCORE)] * 2


def test_home_and_work_folder_are_full_together(wall: Session) -> None:
    source = """
        import os
        result = os.stat(os.environ["HOME"]).st_dev == os.stat(".").st_dev
    """
    assert inside(wall, source)


def test_nothing_can_be_written_where_no_limit_holds(wall: Session) -> None:
    """A folder without a limit, on the host's disk or in its memory, is the whole machine's to fill: with bytes, or with
    empty files until no process can make another one.

    Only root can take the folder of the sockets away from the sandbox's user.
    """
    source = """
        import os, pathlib
        result = []
        for folder, folders, _ in os.walk("/"):
            if folder == "/proc":
                folders.clear()
            elif os.access(folder, os.W_OK):
                path = pathlib.Path(folder, "grader-test")
                try:
                    path.write_text("x")
                    path.unlink()
                except OSError:
                    continue
                room = os.statvfs(folder)
                if room.f_blocks * room.f_frsize > most:
                    result.append(folder)
    """
    found = inside(wall, source, most=max(LIMITS.work_bytes, LIMITS.shm_bytes))
    assert [folder for folder in found if os.geteuid() == 0 or not folder.endswith("/open")] == []


def test_files_and_processes_are_limited(wall: Session) -> None:
    source = """
        import resource, subprocess
        children = []
        try:
            for _ in range(most + 50):
                children.append(subprocess.Popen(["sleep", "1000"]))
            forked = "without end"
        except BlockingIOError:
            forked = "to the limit"
        finally:
            for child in children:
                child.kill()
                child.wait()
        result = [forked, [resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in ("CORE", "FSIZE")]]
    """
    assert inside(wall, source, most=LIMITS.processes) == ["to the limit", [[0, 0], [LIMITS.work_bytes] * 2]]


NARROW = replace(LIMITS, memory_bytes=512 * MEGABYTE)
DIED = "The kernel died while this cell ran: it needed more than 0.5 GB of memory."
HOG = """
    import subprocess, sys
    code = f"data = b'x' * {size}; print('have it', flush=True); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    children = []
    for _ in range(count):
        children.append(subprocess.Popen([sys.executable, "-c", code], **pipes))
        children[-1].stdout.readline()
    for child in children:
        child.communicate(b"\\n")
    result = [child.returncode for child in children]
"""


@with_groups
def test_all_processes_together_have_so_much_memory(backend: str) -> None:
    with open_wall(backend, limits=NARROW) as session:
        assert inside(session, HOG, count=2, size=150 * MEGABYTE) == [0, 0]
        # larger than a kernel with all its imports: the largest process is the one that is ended
        assert set(inside(session, HOG, count=2, size=350 * MEGABYTE)) == {0, -signal.SIGKILL}


@with_groups
def test_what_a_notebook_writes_counts_as_memory(backend: str) -> None:
    roomy = replace(NARROW, work_bytes=2 * NARROW.memory_bytes)
    write = f"for n in range(10):\n    open(f'/tmp/{{n}}', 'wb').write(bytes({100 * MEGABYTE}))"
    with open_wall(backend, limits=roomy) as session:
        run = session.run_cell(0, write, 60)
    assert (run.status, run.error) == ("error", DIED)


@with_groups
def test_a_kernel_that_needs_too_much_memory_says_so(backend: str) -> None:
    with open_wall(backend, limits=NARROW) as session:
        run = session.run_cell(0, f"data = b'x' * {NARROW.memory_bytes}", 60)
    assert (run.status, run.error) == ("error", DIED)


def test_a_kernel_that_ends_itself_had_memory_enough(backend: str) -> None:
    with open_wall(backend) as session:
        run = session.run_cell(0, "import os\nos._exit(1)", 60)
    assert (run.status, run.error) == ("error", "The kernel died while this cell ran.")


def test_without_a_control_group_each_process_has_so_much_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Container engines make the groups themselves, or say that they cannot."""
    monkeypatch.setattr("grader.sandbox.cgroup.MOUNTS", tmp_path)
    with open_wall("bubblewrap") as session:
        provisioner = session.kernel.manager.provisioner
        assert isinstance(provisioner, WalledProvisioner)
        assert [lack for lack in provisioner.lacks if "control group" in lack]
        allocate = """
            try:
                bytearray(size)
                result = "all"
            except MemoryError:
                result = "no more"
        """
        assert inside(session, allocate, size=LIMITS.memory_bytes) == "no more"


def test_control_groups_of_version_2_get_the_same_limits(tmp_path: Path) -> None:
    """What is written into which file; on a machine with version 1 there is no kernel to read it."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    values = {path.name: value for path, value in cgroup.files("grader-0", LIMITS, tmp_path).items()}

    assert values == {
        "memory.max": str(LIMITS.memory_bytes),
        "memory.swap.max": "0",
        "pids.max": str(LIMITS.processes),
        "cpu.max": "100000 100000",
    }


def test_the_graders_own_limit_on_memory_is_not_the_sandboxs(backend: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (8 << 30, hard))
    try:
        with open_wall(backend) as session:
            assert inside(session, "import resource\nresult = resource.getrlimit(resource.RLIMIT_DATA)[0]") != 8 << 30
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


@pytest.fixture
def version_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A real hierarchy of version 2, without the controllers that version 1 holds."""
    if subprocess.run(["mount", "-t", "cgroup2", "none", str(tmp_path)], check=False).returncode != 0:
        pytest.skip("this machine has no control groups of version 2")
    monkeypatch.setattr("grader.sandbox.cgroup.MOUNTS", tmp_path)
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


@as_root
def test_all_processes_of_a_group_of_version_2_are_ended(version_2: Path, marker: str) -> None:
    group = version_2 / f"grader-{marker}"
    group.mkdir()
    with subprocess.Popen(
        ["/bin/sh", "-c", "read go; sleep 1000 & sleep 1000", marker], stdin=subprocess.PIPE
    ) as shell:
        (group / "cgroup.procs").write_text(str(shell.pid))
        assert shell.stdin is not None
        shell.stdin.write(b"go\n")
        shell.stdin.flush()
        assert wait_until(lambda: len(cgroup.members(group)) > 1)
        assert cgroup.existing(group.name) == (group,)

        cgroup.end([group])

        assert cgroup.members(group) == []
    cgroup.remove([group])
    assert cgroup.existing(group.name) == ()


@as_root
def test_a_group_of_version_2_without_its_controllers_is_no_limit(version_2: Path) -> None:
    if "memory" in (version_2 / "cgroup.controllers").read_text():
        pytest.skip("here, version 2 has the controllers")
    assert cgroup.make("grader-0", LIMITS) == ()
    assert cgroup.existing("grader-0") == ()


USED = {"memory.max_usage_in_bytes": "1000", "memory.limit_in_bytes": "1000"}


@pytest.mark.parametrize(
    ("files", "killed", "full"),
    [
        ({"memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0"} | USED, False, True),
        ({"memory.oom_control": "oom_kill 1"} | USED, True, True),
        ({"memory.oom_control": "oom_kill 1"} | USED | {"memory.max_usage_in_bytes": "500"}, True, False),
        ({"memory.events": "low 0\nmax 9\noom 1\noom_kill 1"}, True, True),
        ({"memory.events": "low 0\nmax 9\noom 0\noom_kill 1"}, True, False),
        ({}, False, False),
    ],
)
def test_a_machine_without_memory_is_told_from_a_sandbox_without_it(
    tmp_path: Path, files: dict[str, str], killed: bool, full: bool
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert (cgroup.out_of_memory([tmp_path]), cgroup.full([tmp_path])) == (killed, full)


@with_groups
def test_empty_files_count_as_memory(backend: str) -> None:
    """A tmpfs limits bytes, not files: without a control group, these fill the machine."""
    with open_wall(backend, limits=replace(LIMITS, memory_bytes=192 * MEGABYTE)) as session:
        run = session.run_cell(0, "for n in range(2_000_000):\n    open(f'/tmp/{n}', 'w').close()", 60)
    assert run.status == "error"
    assert "GB of memory" in (run.error or "") or "MemoryError" in (run.error or "")
