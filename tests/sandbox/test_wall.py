"""What a wall promises, tried from both sides. A new backend joins WALLS and has to keep the same promises."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from grader.cli.main import settings_for
from grader.errors import SandboxError
from grader.execution.session import Session
from grader.sandbox.limits import Limits
from grader.sandbox.none import UNPROTECTED
from grader.sandbox.start import BACKENDS, kernel_spec, open_kernel

ROOT = Path(__file__).resolve().parent.parent.parent
WALLS = [name for name in BACKENDS if name != "none"]
MEGABYTE = 1 << 20
LIMITS = Limits(memory_bytes=4 << 30, work_bytes=24 * MEGABYTE, shm_bytes=8 * MEGABYTE, processes=128, threads=1)
DEADLINE = 15.0
"""Seconds that the machine may take to end a sandbox."""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a sandbox a user of its own")


@contextmanager
def open_wall(
    backend: str, data: str = "", python: str = sys.executable, hidden: Sequence[str] = ()
) -> Iterator[Session]:
    """A bare kernel behind the wall, in which cells can be run."""
    with asyncio.Runner() as runner:
        opened = open_kernel(kernel_spec(backend, LIMITS, data, python, hidden))
        kernel = runner.run(opened.__aenter__())
        try:
            yield Session(kernel, runner)
        finally:
            runner.run(opened.__aexit__(None, None, None))


def inside(session: Session, source: str, **variables: object) -> Any:
    """Run code in there that sets `result`, and bring that out."""
    given = "\n".join(f"{name} = {value!r}" for name, value in variables.items())
    run = session.run_cell(0, f"{given}\n{textwrap.dedent(source)}\nimport json\nprint(json.dumps(result))", 60)
    assert run.status == "ok", run.error
    return json.loads("".join(output.text for output in run.outputs).splitlines()[-1])


def folder_of(session: Session) -> Path:
    """The folder out here that the sandbox's sockets lie in."""
    folder: Path = session.kernel.manager.provisioner.folder  # type: ignore[union-attr]
    return folder


def processes(marker: str) -> list[int]:
    """All processes of this machine that have the marker among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def wait_until(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE
    while not (done := happened()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return done


SLEEPER = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)', marker])\nresult = 1"
DAEMON = """
    import os, sys
    code = (
        "import signal, time; "
        "[signal.signal(n, signal.SIG_IGN) for n in set(range(1, 32)) - {signal.SIGKILL, signal.SIGSTOP}]; "
        "time.sleep(1000)"
    )
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, "-c", code, marker])
        os._exit(0)
    result = 1
"""


@pytest.fixture(scope="module", params=WALLS)
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that everybody out here may write to."""
    folder = tmp_path_factory.mktemp("data")
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "images").write_text("pixels")
    for path in (folder, folder / "MNIST", raw, raw / "images"):
        path.chmod(0o777)
    return folder


@pytest.fixture(scope="module")
def wall(backend: str, data: Path) -> Iterator[Session]:
    """One sandbox for all that only looks around in it."""
    with open_wall(backend, str(data)) as session:
        yield session


@pytest.fixture
def marker() -> Iterator[str]:
    """Tells a test's own processes from all others; none is left behind."""
    marker = f"grader-test-{secrets.token_hex(8)}"
    yield marker
    for pid in processes(marker):
        os.kill(pid, signal.SIGKILL)


# the network


CONNECT = """
    import socket
    try:
        with socket.socket(family) as client:
            client.settimeout(5)
            client.connect(tuple(address) if isinstance(address, list) else address)
        result = "connected"
    except OSError as error:
        result = type(error).__name__
"""


def knocks(listener: socket.socket) -> int:
    """How many have connected."""
    listener.setblocking(False)
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_hosts_loopback_cannot_be_reached(wall: Session, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with closing(socket.create_server((address, 0), family=family)) as listener:
        port = listener.getsockname()[1]
        with closing(socket.create_connection((address, port))):
            assert knocks(listener) == 1, "the listener works"

        assert inside(wall, CONNECT, family=int(family), address=[address, port]) != "connected"
        assert knocks(listener) == 0


def test_there_is_no_network_but_a_loopback_of_its_own(wall: Session) -> None:
    source = """
        import socket
        result = {"interfaces": [name for _, name in socket.if_nameindex()]}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            try:
                client.sendto(b"x", ("8.8.8.8", 53))
                result["sent"] = True
            except OSError:
                result["sent"] = False
    """
    assert inside(wall, source) == {"interfaces": ["lo"], "sent": False}


def test_abstract_sockets_of_the_host_cannot_be_reached(wall: Session) -> None:
    name = f"\0grader-test-{secrets.token_hex(8)}"
    with closing(socket.socket(socket.AF_UNIX)) as listener, closing(socket.socket(socket.AF_UNIX)) as client:
        listener.bind(name)
        listener.listen(8)
        client.connect(name)
        assert knocks(listener) == 1, "the listener works"

        assert inside(wall, CONNECT, family=int(socket.AF_UNIX), address=name) != "connected"
        assert knocks(listener) == 0


# the user


def user_of(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1])


def test_inside_nobody_is_root_or_can_become_it(wall: Session) -> None:
    source = """
        import os, subprocess
        status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
        namespace = subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True)
        result = {
            "users": sorted({*os.getresuid(), *os.getresgid()}), "groups": os.getgroups(),
            "capabilities": [int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb")],
            "no_new_privileges": int(status["NoNewPrivs"]), "unshared": namespace.returncode == 0,
        }
    """
    assert inside(wall, source) == {
        "users": [1000],
        "groups": [],
        "capabilities": [0] * 5,
        "no_new_privileges": 1,
        "unshared": False,
    }


@as_root
def test_outside_it_is_neither_root_nor_the_grader(wall: Session, marker: str) -> None:
    inside(wall, SLEEPER, marker=marker)

    (pid,) = processes(marker)
    assert user_of(pid) not in (0, os.geteuid(), 1000)


@as_root
def test_two_at_once_have_users_of_their_own_and_do_not_see_each_other(
    wall: Session, backend: str, marker: str
) -> None:
    with open_wall(backend) as other:
        for session in (wall, other):
            inside(session, SLEEPER, marker=marker)
        look = """
            import os
            result = {
                "folders": os.listdir("/run/grader"),
                "sleepers": sum(
                    marker in open(f"/proc/{pid}/cmdline").read() for pid in os.listdir("/proc") if pid.isdigit()
                ),
            }
        """
        seen = [inside(session, look, marker=marker) for session in (wall, other)]
        users = {user_of(pid) for pid in processes(marker)}

    assert len(users) == 2
    assert seen == [
        {"folders": [folder_of(wall).name], "sleepers": 1},
        {"folders": [folder_of(other).name], "sleepers": 1},
    ]


# files


def test_the_system_is_read_only(wall: Session) -> None:
    source = """
        import os, sys, sysconfig
        result = []
        for folder in ("/", "/usr", "/usr/bin", "/home", "/run", "/dev", sys.prefix, sys.base_prefix, sysconfig.get_paths()["purelib"]):
            try:
                open(os.path.join(folder, "grader-test"), "w").close()
                result.append(folder)
            except OSError:
                pass
    """
    assert inside(wall, source) == []


def test_the_notebook_starts_in_a_folder_that_it_can_write_to(wall: Session) -> None:
    source = """
        import os, pathlib
        for folder in (".", "..", os.environ["HOME"], "/tmp", "/dev/shm", os.environ["MPLCONFIGDIR"], os.environ["IPYTHONDIR"]):
            path = pathlib.Path(folder, "grader-test")
            path.write_text("x")
            path.unlink()
        result = os.getcwd()
    """
    assert inside(wall, source) == "/home/student/work"


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


def test_one_file_memory_and_processes_are_limited(wall: Session) -> None:
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
        try:
            bytearray(memory)
            allocated = "all"
        except MemoryError:
            allocated = "no more"
        limits = [resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in ("CORE", "FSIZE", "AS")]
        result = [forked, allocated, limits]
    """
    assert inside(wall, source, most=LIMITS.processes, memory=LIMITS.memory_bytes) == [
        "to the limit",
        "no more",
        [[0, 0], [LIMITS.work_bytes] * 2, [LIMITS.memory_bytes] * 2],
    ]


def test_the_data_can_be_read_and_not_changed(wall: Session, data: Path) -> None:
    source = """
        import os, pathlib, shutil
        raw = pathlib.Path("data/MNIST/raw")
        result = {"read": (raw / "images").read_text(), "changed": []}
        for name, change in {
            "written": lambda: (raw / "images").write_text("other"),
            "created": lambda: (raw / "more").write_text("more"),
            "removed": lambda: (raw / "images").unlink(),
            "renamed": lambda: raw.rename("mine"),
            "opened up": lambda: raw.chmod(0o777),
            "linked over": lambda: os.symlink("/tmp", "data/MNIST/more"),
        }.items():
            try:
                change()
                result["changed"].append(name)
            except OSError:
                pass
    """
    assert inside(wall, source) == {"read": "pixels", "changed": []}
    assert [path.name for path in sorted(data.rglob("*"))] == ["MNIST", "raw", "images"]
    assert (data / "MNIST" / "raw" / "images").read_text() == "pixels"


# what is none of its business


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
        first = pathlib.Path("/proc/1/environ").read_bytes().split(b"\\0")
        result += [entry.decode() for entry in first if entry and not entry.startswith((b"PATH=", b"PWD="))]
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


# the sockets


@pytest.mark.parametrize("backend", [*WALLS, "none"])
def test_the_sockets_are_out_of_reach_before_student_code_runs(backend: str) -> None:
    with open_wall(backend) as session:
        folder = folder_of(session)
        held = sorted(path.name for path in (folder / "held").iterdir())
        left = [path for path in folder.rglob("k-*") if path.parent.name != "held"]
        mode = stat.S_IMODE((folder / "held").stat().st_mode)

        assert held == [f"k-{number}" for number in range(1, 6)]
        assert left == []
        assert mode == 0o700
        assert not (folder / "open").exists()


def test_replacing_sockets_leads_the_grader_nowhere(backend: str) -> None:
    """A notebook puts links to another service of the host in the sockets' places, and makes the grader connect anew."""
    canary = Path("/run" if os.geteuid() == 0 else "/tmp") / f"grader-test-{secrets.token_hex(8)}.sock"
    source = """
        import glob, os
        shared = glob.glob("/run/grader/*/open") + glob.glob("/tmp/grader-*/open")
        for folder in shared:
            for number in range(1, 6):
                path = f"{folder}/k-{number}"
                try:
                    if os.path.lexists(path):
                        os.unlink(path)
                    os.symlink(canary, path)
                except OSError:
                    pass
        result = len(shared)
    """
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(canary))
        canary.chmod(0o777)
        listener.listen(128)
        try:
            with open_wall(backend) as session:
                assert inside(session, source, canary=str(canary)) == 1
                died = session.run_cell(1, "import os\nos._exit(0)", 30)
                assert died.status == "error"
                session.run_cell(2, "1", 5)
            assert knocks(listener) == 0
        finally:
            canary.unlink()


# the end


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


GRADER = """
import os, sys
from test_wall import DAEMON, folder_of, inside, open_wall
with open_wall(sys.argv[1]) as session:
    inside(session, DAEMON, marker=os.environ["MARKER"])
    print(folder_of(session), flush=True)
    sys.stdin.read()
"""


def test_nothing_runs_on_after_the_grader_was_killed(backend: str, marker: str) -> None:
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADER, backend],
        cwd=Path(__file__).parent,
        env=os.environ | {"MARKER": marker},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with grader:
        assert grader.stdout is not None
        folder = Path(grader.stdout.readline().decode().strip())
        assert wait_until(lambda: bool(processes(marker)))

        grader.kill()

    assert wait_until(lambda: not processes(marker))
    shutil.rmtree(folder)


def test_the_sessions_folder_is_removed(backend: str) -> None:
    with open_wall(backend) as session:
        folder = folder_of(session)
        assert folder.is_dir()

    assert not folder.exists()


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
    find = "import glob, os\n(shared,) = glob.glob('/run/grader/*/open') + glob.glob('/tmp/grader-*/open')\n"
    tried = f"try:\n{textwrap.indent(CLUTTER[clutter], '    ')}\nexcept PermissionError:\n    pass\nresult = 1"
    with open_wall(backend) as session:
        folder = folder_of(session)
        inside(session, find + tried, marker=marker)

    assert wait_until(lambda: not folder.exists())


def open_locks() -> set[str]:
    """The locks of sandbox users that this process holds."""
    targets = set()
    for path in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            targets.add(str(path.readlink()))
    return {target for target in targets if "/slots/" in target}


@as_root
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

    base = Path("/run/grader") if os.geteuid() == 0 else Path("/tmp")
    assert not (base / f"grader-{name}").exists()
    assert open_locks() <= before


# other backends


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
