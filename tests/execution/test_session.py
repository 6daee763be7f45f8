"""Cells run in a real kernel behind the wall, and whatever they do, the answer is how they ran."""

import asyncio
import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.datasets.prepare import find
from grader.execution.outputs import MAX_BYTES, MAX_OUTPUTS
from grader.execution.session import GRACE_SECONDS, Session
from grader.grading.grade import session_for
from grader.grading.limits import limits_of
from grader.records.execution import CellRun
from grader.sandbox.start import kernel_spec, open_kernel
from grader.settings import Settings

SLACK = 2.0
"""Seconds that a busy machine may take to do what takes none."""


@contextmanager
def bare_session(settings: Settings) -> Iterator[Session]:
    """A kernel without torch and agent, which starts five times as fast: for cells that end with it."""
    spec = kernel_spec(settings.sandbox, limits_of(settings), "", settings.python)
    with asyncio.Runner() as runner:
        opened = open_kernel(spec)
        kernel = runner.run(opened.__aenter__())
        try:
            yield Session(kernel, runner)
        finally:
            runner.run(opened.__aexit__(None, None, None))


@pytest.fixture
def bare(settings: Settings) -> Iterator[Session]:
    with bare_session(settings) as session:
        yield session


def printed(run: CellRun) -> str:
    return "".join(output.text for output in run.outputs if output.kind == "stream")


# cells


def test_a_cell_that_ends_well(session: Session) -> None:
    run = session.run_cell(7, "x = 5\nprint(x)\nx + 1", 30)

    assert (run.index, run.status, run.error) == (7, "ok", None)
    assert [(output.kind, output.text) for output in run.outputs] == [("stream", "5\n"), ("display", "6")]
    assert 0 < run.duration_s < 30


def test_cells_share_their_variables(session: Session) -> None:
    session.run_cell(0, "x = 5", 30)
    assert printed(session.run_cell(1, "print(x)", 30)) == "5\n"


@pytest.mark.parametrize("source", ["", "  \n\t\n"])
def test_an_empty_cell(session: Session, source: str) -> None:
    assert session.run_cell(3, source, 30) == CellRun(3, "ok")


def test_a_cell_that_raises(session: Session) -> None:
    run = session.run_cell(0, "print('before')\n1 / 0\nprint('after')", 30)

    assert (run.status, run.error) == ("error", "ZeroDivisionError: division by zero")
    assert printed(run) == "before\n"
    assert [output.text for output in run.outputs if output.kind == "error"] == ["ZeroDivisionError: division by zero"]
    assert session.run_cell(1, "1 + 1", 30).status == "ok"


def test_a_cell_that_is_no_python(session: Session) -> None:
    run = session.run_cell(0, "def f(:", 30)

    assert run.status == "error"
    assert run.error is not None
    assert run.error.startswith("SyntaxError")


def test_an_exception_that_is_only_shown_is_no_failure(session: Session) -> None:
    source = "try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()\nprint('after')"
    run = session.run_cell(0, source, 30)

    assert run.status == "ok"
    assert [output.kind for output in run.outputs] == ["error", "stream"]


@pytest.mark.parametrize("source", ["raise SystemExit(1)", "import sys\nsys.exit()"])
def test_an_exit_does_not_end_the_kernel(session: Session, source: str) -> None:
    assert session.run_cell(0, f"x = 5\n{source}", 30).status == "error"
    assert printed(session.run_cell(1, "print(x)", 30)) == "5\n"


def test_leaving_the_shell_does_not_end_the_kernel(settings: Settings) -> None:
    """IPython's own `exit` and `quit` are no reason to lose the rest of a notebook."""
    with session_for(settings, find(settings.datasets, "small")) as session:
        session.run_cell(0, "x = 5\nexit()", 30)
        # long enough for a kernel that is about to end, which it does between two cells
        for index in (1, 2, 3):
            session.run_cell(index, "import time\ntime.sleep(0.3)\nquit()", 30)
        run = session.run_cell(4, "print(x)", 30)

    assert (run.status, printed(run)) == ("ok", "5\n")


def test_a_figure_is_an_output(session: Session) -> None:
    run = session.run_cell(
        0, "import matplotlib.pyplot as plt\nplt.plot([1, 2], label='loss')\nplt.legend()\nplt.show()", 60
    )

    assert run.status == "ok"
    (picture,) = [output for output in run.outputs if output.data and "image/png" in output.data]
    assert picture.data is not None
    assert base64.b64decode(picture.data["image/png"]).startswith(b"\x89PNG")
    assert picture.text.startswith("<Figure size")


def test_a_first_figure_warns_of_nothing(session: Session) -> None:
    """What the sandbox lacks is no output of the student's."""
    source = (
        "import os, subprocess, sys\n"
        "code = 'from matplotlib import font_manager; print(len(font_manager.fontManager.ttflist) > 0)'\n"
        "fresh = os.environ | {'MPLCONFIGDIR': '/tmp/fresh'}\n"
        "ran = subprocess.run([sys.executable, '-c', code], env=fresh, capture_output=True, text=True)\n"
        "print(ran.stdout + ran.stderr)"
    )
    lines = printed(session.run_cell(0, source, 60)).split("\n")

    assert lines[0] == "True"
    assert [line for line in lines[1:] if line and "building the font cache" not in line] == []


def test_outputs_of_other_kinds(session: Session) -> None:
    run = session.run_cell(
        0, "from IPython.display import HTML, Markdown, display\ndisplay(Markdown('*a*'))\ndisplay(HTML('<b>'))", 30
    )

    assert [dict(output.data or {}) for output in run.outputs] == [
        {"text/plain": "<IPython.core.display.Markdown object>", "text/markdown": "*a*"},
        {"text/plain": "<IPython.core.display.HTML object>", "text/html": "<b>"},
    ]


def test_standard_error_is_told_from_standard_output(session: Session) -> None:
    run = session.run_cell(0, "import sys\nprint('out')\nsys.stdout.flush()\nprint('err', file=sys.stderr)", 30)
    assert [(output.stream, output.text) for output in run.outputs] == [("stdout", "out\n"), ("stderr", "err\n")]


def test_cleared_outputs_are_gone(session: Session) -> None:
    source = "from IPython.display import clear_output\nprint('old', flush=True)\nclear_output()\nprint('new')"
    assert printed(session.run_cell(0, source, 30)) == "new\n"


def test_an_earlier_output_cannot_be_changed(session: Session) -> None:
    first = session.run_cell(0, "handle = display('original', display_id=True)", 30)
    second = session.run_cell(1, "handle.update('changed')", 30)

    assert [output.text for output in first.outputs] == ["'original'"]
    assert second.outputs == ()


def test_input_is_refused_at_once(session: Session) -> None:
    run = session.run_cell(0, "answer = input('Who?')", 30)

    assert run.status == "error"
    assert run.error is not None
    assert run.error.startswith("StdinNotImplementedError")
    assert run.duration_s < 10


def test_no_magic_of_the_notebook_skips_what_follows(session: Session) -> None:
    run = session.run_cell(0, "%matplotlib inline\n%time x = 5\n!echo $HOME\nprint(x)", 30)

    assert run.status == "ok"
    assert "/home/student" in printed(run)
    assert printed(run).endswith("\n5\n")


# a lot of output


def test_thousands_of_prints_are_one_output(session: Session) -> None:
    run = session.run_cell(0, "for i in range(5000):\n    print(i, flush=i % 100 == 0)", 60)

    assert run.status == "ok"
    (output,) = run.outputs
    assert output.text == "".join(f"{i}\n" for i in range(5000))


def test_a_flood_of_text_is_capped_and_the_kernel_goes_on(session: Session) -> None:
    run = session.run_cell(0, "for _ in range(20):\n    print('x' * 1_000_000, flush=True)", 60)

    assert run.status == "ok"
    assert sum(len(output.text) for output in run.outputs) < MAX_BYTES + 200
    assert "dropped" in run.outputs[-1].text
    assert printed(session.run_cell(1, "print('next')", 30)) == "next\n"


def test_what_all_cells_print_together_is_capped(bare: Session) -> None:
    bare.room = 1_500
    texts = [printed(bare.run_cell(0, "print('x' * 999)", 30)) for _ in range(3)]

    assert [text.count("x") for text in texts] == [999, 0, 0]
    assert "dropped" in texts[1]


def test_a_flood_of_outputs_is_capped(session: Session) -> None:
    run = session.run_cell(0, "for i in range(2000):\n    display(i)", 60)

    assert run.status == "ok"
    assert len(run.outputs) == MAX_OUTPUTS + 1
    assert "dropped" in run.outputs[-1].text


def test_endless_output_is_stopped_in_time(session: Session) -> None:
    run = session.run_cell(0, "while True:\n    print('x' * 1000)", 2)

    assert run.status == "timeout"
    assert run.duration_s < 2 + GRACE_SECONDS + SLACK
    assert session.alive
    assert printed(session.run_cell(1, "print('next')", 30)) == "next\n"


# time


@pytest.mark.parametrize("body", ["pass", "time.sleep(0.01)"])
def test_a_loop_is_stopped_and_the_kernel_goes_on(session: Session, body: str) -> None:
    run = session.run_cell(0, f"import time\nx = 5\nprint('before')\nwhile True:\n    {body}", 1)

    assert run.status == "timeout"
    assert run.error is not None
    assert "stopped after 1 s" in run.error
    assert 1 <= run.duration_s < 1 + GRACE_SECONDS
    assert printed(run) == "before\n"
    assert printed(session.run_cell(1, "print(x)", 30)) == "5\n"


def test_a_loop_that_ignores_the_interrupt_ends_with_its_kernel(bare: Session) -> None:
    source = "while True:\n    try:\n        while True:\n            pass\n    except KeyboardInterrupt:\n        pass"
    run = bare.run_cell(0, source, 1)

    assert run.status == "timeout"
    assert run.duration_s < 1 + GRACE_SECONDS + SLACK
    assert not bare.alive
    assert bare.run_cell(1, "print('next')", 30) == CellRun(1, "skipped")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """One second to come back after an interrupt."""
    monkeypatch.setattr("grader.execution.session.GRACE_SECONDS", 1.0)


@pytest.mark.usefixtures("impatient")
def test_masked_signals_do_not_help(bare: Session) -> None:
    source = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
    run = bare.run_cell(0, source, 1)

    assert run.status == "timeout"
    assert run.duration_s < 1 + GRACE_SECONDS + SLACK
    assert not bare.alive


@pytest.mark.usefixtures("impatient")
def test_a_kernel_that_holds_its_lock_for_ever_is_killed(bare: Session) -> None:
    run = bare.run_cell(0, "import re\nre.match(r'(a+)+$', 'a' * 64 + 'b')", 1)

    assert run.status == "timeout"
    assert run.duration_s < 1 + GRACE_SECONDS + SLACK
    assert not bare.alive


@pytest.mark.parametrize(
    "source", ["import os\nos._exit(0)", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"]
)
def test_a_kernel_that_ends_itself_is_noticed(bare: Session, source: str) -> None:
    run = bare.run_cell(0, f"print('before', flush=True)\n{source}", 60)

    assert (run.status, run.error) == ("error", "The kernel died while this cell ran.")
    assert run.duration_s < 5
    assert not bare.alive
    assert bare.run_cell(1, "1", 30).status == "skipped"


# data


@pytest.mark.parametrize("root", ["./data", "../data", "/tmp/x", "mnist", "/nowhere/at/all"])
@pytest.mark.parametrize("train", [True, False])
def test_mnist_is_there_wherever_a_notebook_looks_for_it(
    session: Session, settings: Settings, root: str, train: bool
) -> None:
    dataset = find(settings.datasets, "small")
    source = (
        "from torchvision import datasets, transforms\n"
        f"data = datasets.MNIST(root={root!r}, train={train}, download=True, transform=transforms.ToTensor())\n"
        "x, y = data[0]\nprint(len(data), list(x.shape), 0 <= y <= 9, float(x.max()) <= 1)"
    )
    run = session.run_cell(0, source, 60)

    assert run.status == "ok", run.error
    assert printed(run) == f"{dataset.train_size if train else dataset.test_size} [1, 28, 28] True True\n"


def test_a_notebooks_own_files_come_before_the_prepared_ones(session: Session) -> None:
    source = (
        "import shutil\nfrom torchvision import datasets\n"
        "source = datasets.MNIST(root='elsewhere', download=True).raw_folder\n"
        "shutil.copytree(source, 'mine/MNIST/raw', dirs_exist_ok=True)\n"
        "print(datasets.MNIST(root='mine', download=True).raw_folder)\nshutil.rmtree('mine')"
    )
    assert printed(session.run_cell(0, source, 60)) == "mine/MNIST/raw\n"


def test_torchvision_and_workers_work(session: Session) -> None:
    source = (
        "import torch, torchvision\nfrom torchvision import datasets, transforms\n"
        "data = datasets.MNIST('data', transform=transforms.ToTensor())\n"
        "loader = torch.utils.data.DataLoader(data, batch_size=500, num_workers=2)\n"
        "print(sum(len(y) for x, y in loader) == len(data))"
    )
    run = session.run_cell(0, source, 120)

    assert run.status == "ok", run.error
    assert printed(run).endswith("True\n")


# a kernel that lies

HOSTILE = """
import json
kernel = get_ipython().kernel
session = kernel.session
parent = json.loads(session.pack(kernel.get_parent("shell")["header"]))
header = json.loads(session.pack(session.msg_header("stream")))
text = {"name": "stdout", "text": "x"}

def send(header=header, parent=parent, metadata={}, content=text, signature=None, frames=4):
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, parent, metadata, content)]
    parts = parts[:frames]
    signature = session.sign(parts) if signature is None else signature
    kernel.iopub_socket.send_multipart([b"topic", b"<IDS|MSG>", signature, *parts])
"""

LIES = {
    "no message at all": "kernel.iopub_socket.send_multipart([b'nothing'])",
    "no signature": "send(signature=b'')",
    "a forged signature": "send(signature=b'0' * 64)",
    "a message sent twice": "send(); send()",
    "frames missing": "send(frames=2)",
    "a header that is a list": "send(header=[])",
    "an empty header": "send(header={})",
    "a header that is text": "send(header='header')",
    "a header without a type": "del header['msg_type']; send()",
    "no JSON": "send(content=b'{')",
    "no UTF-8": "send(content=b'\\xff\\xfe')",
    "nesting without an end": "send(content=b'[' * 200_000 + b']' * 200_000)",
    "a number without an end": "send(content=b'{\"text\": ' + b'1' * 5000 + b'}')",
    "content that is a list": "send(content=[])",
    "content that is nothing": "send(content=None)",
    "a parent that is text": "send(parent='parent')",
    "a parent that is a list": "send(parent=[])",
    "a stream without text": "send(content={'name': 'stdout'})",
    "a stream of a number": "send(content={'name': 'stdout', 'text': 5})",
    "a stream of nothing": "send(content={'name': 'stdout', 'text': None})",
    "a display without data": "send(header=header | {'msg_type': 'display_data'}, content={})",
    "a display of a list": "send(header=header | {'msg_type': 'display_data'}, content={'data': []})",
    "a picture that is an object": (
        "send(header=header | {'msg_type': 'display_data'}, content={'data': {'image/png': {'a': 1}}})"
    ),
    "an error of numbers": "send(header=header | {'msg_type': 'error'}, content={'ename': 1, 'evalue': []})",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_malformed_message_ends_the_cell_and_the_kernel(bare: Session, lie: str) -> None:
    run = bare.run_cell(0, HOSTILE + LIES[lie], 30)

    assert run.status == "error"
    assert run.error is not None
    assert run.error.startswith("The kernel was stopped")
    assert run.duration_s < 10
    assert bare.run_cell(1, "print('next')", 30).status == "skipped"


def test_a_message_that_is_too_large_ends_the_cell_and_the_kernel(bare: Session) -> None:
    """zeromq hangs up on its sender for good: nothing that this kernel does later can be seen."""
    run = bare.run_cell(0, "print('x' * (70 << 20))", 30)

    assert run.status == "error"
    assert bare.run_cell(1, "print('next')", 30).status == "skipped"


SHELL_LIES = {
    "a forged signature": "[b'<IDS|MSG>', b'bad', b'{}', b'{}', b'{}', b'{}']",
    "no message at all": "[b'nothing']",
    "an empty header": "signed({}, {}, {}, {})",
    "a parent that is text": "signed(header, 'parent', {}, {})",
    "content that is nothing": "signed(header, parent, {}, None)",
    "a reply without a status": "signed(header | {'msg_type': 'execute_reply'}, parent, {}, {})",
    "an error of numbers": "signed(header | {'msg_type': 'execute_reply'}, parent, {}, {'status': 'error', 'ename': 5})",
}
REPLY = (
    HOSTILE
    + """
def signed(*parts):
    parts = [json.dumps(part).encode() for part in parts]
    return [b"<IDS|MSG>", session.sign(parts), *parts]

def reply(frames):
    kernel.shell_stream.socket.send_multipart([*kernel._parent_ident["shell"], *frames])
"""
)


@pytest.mark.parametrize("lie", SHELL_LIES)
def test_a_malformed_reply_ends_the_cell(bare: Session, lie: str) -> None:
    run = bare.run_cell(0, REPLY + f"reply({SHELL_LIES[lie]})", 30)

    assert run.status == "error"
    assert run.duration_s < 10


@pytest.mark.parametrize("lie", ["a forged signature", "an empty header", "a parent that is text"])
def test_a_malformed_reply_to_the_interrupt_ends_the_cell(bare: Session, lie: str) -> None:
    source = f"import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    reply({SHELL_LIES[lie]})"
    run = bare.run_cell(0, REPLY + source, 1)

    assert run.status in ("timeout", "error")
    assert run.duration_s < 1 + GRACE_SECONDS + SLACK


BACKLOG = """
frames = []
for number in range(count):
    parts = [json.dumps(part).encode() for part in (header | {"msg_id": str(number)}, parent, {}, text)]
    frames.append([b"topic", b"<IDS|MSG>", session.sign(parts), *parts])
try:
    while True:
        pass
except KeyboardInterrupt:
    kernel.iopub_thread.schedule(lambda: [kernel.iopub_thread.socket.send_multipart(parts) for parts in frames])
"""


def test_what_a_stopped_cell_still_prints_is_not_mixed_into_later_cells(session: Session) -> None:
    """Its last outputs come after it is known to be stopped; whoever still waits for them reads what is not meant for it.

    Any endless loop that prints does this now and then; this one does it always.
    """
    for count in (900, 901, 2, 1):
        assert session.run_cell(0, f"count = {count}\n{HOSTILE}{BACKLOG}", 1).status == "timeout"
        assert asyncio.all_tasks(session.runner.get_loop()) == set()
        for index in range(4):
            run = session.run_cell(index, f"for i in range(3):\n    print({index}, i, flush=True)", 10)
            assert (run.status, printed(run)) == ("ok", "".join(f"{index} {i}\n" for i in range(3)))


HARMLESS = {
    "an unknown type": "send(header=header | {'msg_type': 'unheard_of'})",
    "a type that is a list": "send(header=header | {'msg_type': []})",
    "a state that is a list": "send(header=header | {'msg_type': 'status'}, content={'execution_state': []})",
    "a widget": (
        "send(header=header | {'msg_type': 'comm_open'},"
        " content={'comm_id': 'x', 'target_name': 'jupyter.widget', 'data': {}})"
    ),
    "a change of an earlier output": (
        "send(header=header | {'msg_type': 'update_display_data'},"
        " content={'data': {'text/plain': 'x'}, 'transient': {'display_id': 'x'}})"
    ),
    "another cell's output": "send(parent=parent | {'msg_id': 'another'})",
}


@pytest.mark.parametrize("lie", HARMLESS)
def test_messages_of_no_consequence_are_dropped(session: Session, lie: str) -> None:
    run = session.run_cell(0, HOSTILE + HARMLESS[lie], 30)

    assert (run.status, run.outputs) == ("ok", ())
    assert printed(session.run_cell(1, "print('next')", 30)) == "next\n"


def test_half_a_surrogate_pair_becomes_writable(session: Session) -> None:
    run = session.run_cell(0, HOSTILE + "send(content={'name': 'stdout', 'text': '\\ud800 \\0'})", 30)

    assert run.status == "ok"
    printed(run).encode()
    assert "\0" not in printed(run)


def test_a_kernel_that_says_early_that_it_is_done_changes_no_later_cell(session: Session) -> None:
    lie = "send(header=header | {'msg_type': 'status'}, content={'execution_state': 'idle'})\nprint('late')"
    session.run_cell(0, HOSTILE + lie, 30)

    assert printed(session.run_cell(1, "print('next')", 30)) == "next\n"


@pytest.mark.usefixtures("impatient")
def test_a_kernel_that_goes_silent_is_stopped(bare: Session) -> None:
    run = bare.run_cell(0, HOSTILE + "session.send = lambda *args, **options: None", 1)

    assert run.status == "timeout"
    assert run.duration_s < 1 + GRACE_SECONDS + SLACK
    assert bare.run_cell(1, "print('next')", 30).status == "skipped"


FLOOD = """
import threading

def flood():
    for number in range(30):
        send(header=header | {"msg_id": str(number)}, parent={}, content={"name": "stdout", "text": "x" * (30 << 20)})
    kernel.iopub_thread.schedule(lambda: open("/tmp/sent", "w").close())

threading.Thread(target=flood).start()
"""


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(below for child in children for below in descendants(int(child)))]


def resident() -> int:
    """Bytes of memory that this process uses."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def test_a_kernel_cannot_fill_the_graders_memory_while_nobody_listens(bare: Session) -> None:
    """It publishes 900 MB between two cells."""
    kernel = descendants(bare.kernel.manager.provisioner.pid)[-1]  # type: ignore[union-attr]
    before = resident()

    bare.run_cell(0, HOSTILE + FLOOD, 30)
    deadline, sizes = time.monotonic() + 60, [before]
    # until all is sent, and nothing more arrives
    while time.monotonic() < deadline and not (
        Path(f"/proc/{kernel}/root/tmp/sent").exists() and len(set(sizes[-20:])) == 1
    ):
        time.sleep(0.05)
        sizes.append(resident())

    assert Path(f"/proc/{kernel}/root/tmp/sent").exists()
    assert max(sizes) - before < 512 << 20
