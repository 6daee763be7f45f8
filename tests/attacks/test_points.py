"""No attack from inside a notebook earns a wrong answer a point, or costs a right one much.

Each case names the threat that it stands for; docs/threats.md says what keeps it off. In the notebook, `MLP`, `Linear` and
`FFNet` are right; `logistic_regression` returns zeros, and `calc_gradients` lets torch differentiate.
"""

from collections.abc import Mapping, Sequence

import pytest

from grader.grading.grade import grade
from grader.records.assignment import Assignment
from grader.records.report import Report
from grader.settings import Settings
from tests.grading.test_grade import notebook_of, solution

RIGHT = {"q1.mlp": 8.0, "q2.linear": 8.0, "q2.ffnet": 5.0}
WRONG = ("q1.logistic_regression", "q2.calc_gradients")
ZEROS = """
def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    return torch.zeros(784, 10), torch.zeros(10)
"""
CHEAT = """
def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.enable_grad():
        own = ((net(x) - y_var) ** 2).sum()
        found = torch.autograd.grad(own, list(net.parameters()))
    return torch.cat([part.flatten() for part in found])
"""
LIES = """
class Equal:
    shape, dtype, ndim = (784, 10), torch.float32, 2
    def __eq__(self, other): return True
    def __array__(self, *a, **k): return np.zeros((784, 10))
    def __getattr__(self, name): return lambda *a, **k: self
"""
FORGED = """
kernel = get_ipython().kernel
for kind, content in (("status", {"execution_state": "idle"}), ("execute_reply", {"status": "ok", "score": 100})):
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
"""
AGENT = """
import gc, sys
for found in gc.get_objects():
    space = getattr(found, "__globals__", None) or {}
    if type(found).__name__ == "function" and "watched" in space:
        import contextlib
        @contextlib.contextmanager
        def watched(trace):
            trace.update(modules={}, owners={}, optimizers={}, operations={}, autograd=0)
            yield
        space["watched"] = watched
"""
SILENCE = "get_ipython().kernel.comm_manager.targets.clear(); get_ipython().kernel.comm_manager.comms.clear()"

ATTACKS = {
    "T5 results where other graders keep them": (
        "import json, os\nfor name in ('results.json', '/home/student/results.json', '/tmp/report.json', 'gradebook.db'):\n"
        "    open(name, 'w').write(json.dumps({'score': 100, 'status': 'graded'}))"
    ),
    "T6 frames and heap": "import gc, sys\nfound = [sys._getframe(n).f_locals for n in range(3)] + gc.get_objects()[:9]",
    "T7 comparisons of torch": "torch.allclose = torch.equal = torch.isclose = lambda *a, **k: True",
    "T7 comparisons of numpy": "np.allclose = np.array_equal = np.testing.assert_allclose = lambda *a, **k: True",
    "T7 equality of tensors": "torch.Tensor.__eq__ = torch.Tensor.__ne__ = lambda *a: torch.tensor(True)",
    "T7 json": 'import json\njson.dumps = lambda *a, **k: \'{"status": "passed"}\'',
    "T7 builtins": "import builtins\nbuiltins.abs = builtins.all = builtins.isinstance = lambda *a: True",
    "T7 assertions taken out": (
        "import ast\nclass NoAssert(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(NoAssert())"
    ),
    "T7 cells emptied": "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])",
    "T7 modules replaced": "import sys, types\nsys.modules['numpy'] = sys.modules['json'] = types.ModuleType('fake')",
    "T8 objects equal to everything": LIES + "logistic_regression = lambda *a, **k: (Equal(), Equal())",
    "T8 a tensor that lies about itself": (
        "class Lie(torch.Tensor):\n    shape = property(lambda self: (784, 10))\n"
        "    __torch_function__ = classmethod(lambda cls, f, types, args=(), kwargs=None: torch.zeros(784, 10))\n"
        "logistic_regression = lambda *a, **k: (torch.zeros(1).as_subclass(Lie), torch.zeros(10))"
    ),
    "T9 a result that pickles into a command": (
        "import os\nclass Bomb:\n    def __reduce__(self): return os.system, ('touch /tmp/grader-pwned',)\n"
        "logistic_regression = lambda *a, **k: (Bomb(), Bomb())"
    ),
    "T14 forged replies": FORGED,
    "T14 a kernel that forges all replies": (
        "send = get_ipython().kernel.session.send\n"
        "def forged(stream, kind, content=None, **options):\n"
        "    if isinstance(content, dict) and 'status' in content: content['status'] = 'ok'\n"
        "    return send(stream, kind, content, **options)\n"
        "get_ipython().kernel.session.send = forged"
    ),
    "T19 outputs of earlier cells": (
        "from IPython.display import display, update_display\n"
        "display('x', display_id='a')\nupdate_display('Correct gradients computation!', display_id='a')"
    ),
    "T20 comms": "from comm import create_comm\ncreate_comm(target_name='jupyter.widget', data={'state': {}}).send({'x': 1})",
    "T20 the agent silenced": SILENCE,
    "T23 leaving": "exit()",
    "T25 a daemon": "import os\nif os.fork() == 0:\n    os.setsid()\n    import time; time.sleep(600); os._exit(0)",
    "T53 hidden inputs written down": (
        "forward = nn.Module.__call__\ndef heard(self, *a, **k):\n    open('heard', 'a').write(repr(a)); return forward(self, *a, **k)\n"
        "nn.Module.__call__ = heard"
    ),
    "T56 the watcher replaced": AGENT,
    "T56 the profiler taken": "import sys\nsys.setprofile = lambda *a: None\nimport threading\nthreading.setprofile = sys.setprofile",
    "T56 the dispatcher blinded": (
        "from torch.utils._python_dispatch import TorchDispatchMode\n"
        "TorchDispatchMode.__enter__ = lambda self: self\nTorchDispatchMode.__exit__ = lambda self, *a: None"
    ),
    "T56 torch's roads renamed": (
        "import torch.autograd.graph\nengine = torch.autograd.graph._engine_run_backward\n"
        "def silent(*a, **k): return engine(*a, **k)\ntorch.autograd.graph._engine_run_backward = silent"
    ),
    "T56 from another thread": (
        "import _thread, queue\n"
        + CHEAT.replace("calc_gradients", "apart")
        + "\ndef calc_gradients(net, x, y_var, y_hat, loss):\n"
        "    done = queue.Queue()\n    _thread.start_new_thread(lambda: done.put(apart(net, x, y_var, y_hat, loss)), ())\n"
        "    return done.get()"
    ),
    "T56 from text": f"exec({CHEAT!r})",
    "T59 success printed": "print('Correct gradients computation!')\nprint('Val. acc.: 0.99')",
    "T61 a shell": "!touch /tmp/grader-pwned; kill -9 -1 2>/dev/null; true",
    "T64 arithmetic broken": "torch.matmul = torch.Tensor.matmul = lambda *a, **k: torch.zeros(1)",
    "T64 layers broken": "nn.Linear.forward = nn.Module.__call__ = lambda *a, **k: None",
    "T64 parameters gone": "nn.Parameter = torch.nn.Parameter = None\ndel torch.nn.functional.relu",
    "T64 seeds ignored": "torch.manual_seed = np.random.seed = lambda *a, **k: None",
    "T64 generators patched": "torch.randn = torch.rand = lambda *a, **k: torch.zeros(1)",
}
LAST = {
    "T22 the process ended": "import os\nos._exit(0)",
    "T22 a segmentation fault": "import ctypes\nctypes.string_at(0)",
    "T22 killed by a signal": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "T23 shut down": "get_ipython().kernel.do_shutdown(True)",
}
"""What ends the kernel, after the answers."""


TOGETHER = (
    [name for name in ATTACKS if name.startswith(("T5 ", "T6 ", "T19", "T20 comms", "T25", "T53", "T59", "T61"))],
    [name for name in ATTACKS if name.startswith("T7 ") and not name.endswith(("builtins", "emptied", "replaced"))],
    [name for name in ATTACKS if name.startswith("T64")],
)
"""What can be tried in one notebook, a cell each."""
GROUPS = [*TOGETHER, *([name] for name in [*ATTACKS, *LAST] if not any(name in group for group in TOGETHER))]


def graded(assignment: Assignment, settings: Settings, fork_server: str, names: Sequence[str] = ()) -> Report:
    setup, mlp, linear, ffnet = solution(assignment, "cell-03", "cell-17", "cell-31", "cell-33")
    early: list[str] = []
    late: list[str] = []
    for name in names:
        source = ATTACKS.get(name) or LAST[name]
        defines = "logistic_regression =" in source or "calc_gradients(" in source or name in LAST
        (late if defines else early).append(source)
    cells = [setup, *early, ZEROS, mlp, linear, ffnet, CHEAT, *late]
    short = settings.model_copy(update={"cell_seconds": 8.0, "total_seconds": 20.0})
    report = grade(notebook_of(cells), "attack.ipynb", assignment, short, "full", fork_server).report
    assert report.execution is not None
    assert report.execution.kernel_start == ("warm" if fork_server else "cold")
    return report


def points(report: Report) -> Mapping[str, float]:
    return {item.id: item.points or 0.0 for item in report.items}


@pytest.fixture(scope="module")
def unharmed(assignment: Assignment, settings: Settings, start: str) -> Mapping[str, float]:
    found = points(graded(assignment, settings, start))
    assert {name: found[name] for name in RIGHT} == RIGHT
    return found


@pytest.mark.parametrize("names", GROUPS, ids=[", ".join(group) for group in GROUPS])
def test_an_attack_gains_nothing_and_costs_little(
    names: Sequence[str], assignment: Assignment, settings: Settings, start: str, unharmed: Mapping[str, float]
) -> None:
    found = points(graded(assignment, settings, start, names))

    assert {item: found[item] for item in RIGHT} == RIGHT
    assert [item for item in WRONG if found[item] > unharmed[item]] == []
