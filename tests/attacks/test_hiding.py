"""What could hide how an answer comes about is seen in its code, and honest code has none of it (T56, T57)."""

import json

import pytest

from grader.notebooks.facts import code_of
from grader.notebooks.read import read
from grader.notebooks.suspects import hiding, patches, tampers
from grader.records.assignment import Assignment
from grader.records.notebook import Notebook
from tests.assemble import assemble
from tests.conftest import ROOT
from tests.grading.test_grade import notebook_of

HIDING = {
    "import _thread\ndef f(x):\n    _thread.start_new_thread(g, ())": "use of _thread",
    "from multiprocessing import Pool\ndef f(x):\n    return Pool(1).map(g, [x])": "use of multiprocessing",
    "import gc\ndef helper():\n    return gc.get_objects()\ndef f(x):\n    return helper()": "use of get_objects",
    "import sys\ndef f(x):\n    sys.setprofile(None)": "use of sys.setprofile",
    "import sys\ndef f(x):\n    return sys._getframe(1).f_locals": "use of _getframe",
    "def f(x):\n    exec('y = x.backward()')": "call of exec",
    "def f(x):\n    return get_ipython().kernel": "use of get_ipython",
    "import subprocess\ndef f(x):\n    return subprocess.run(['true'])": "use of subprocess",
    "exec('def f(x): return x')": "code that is in no cell",
}
TAMPERING = [
    "import torch\ntorch.allclose = lambda *a: True",
    "import torch.nn as nn\ndef evil(self): pass\nnn.Module.forward = evil",
    "from torch import Tensor\nTensor.backward = helper",
    "import numpy as np\nsetattr(np, 'abs', print)",
    "import torch\nvars(torch)['abs'] = mine",
    "import torch\ntorch.__dict__.update(abs=mine)",
    "import torch.nn as nn\nnn.Parameter = None",
    "import torch\ndel torch.nn.functional.relu",
    "import sys\nsys.modules['numpy'] = mine",
    "get_ipython().kernel.comm_manager.targets.clear()",
    "import gc\ngc.get_objects()",
]
HARMLESS = [
    "import torch\ntorch.backends.cudnn.deterministic = True",
    "import matplotlib.pyplot as plt\nplt.rcParams['figure.figsize'] = (8, 4)",
    "import numpy as np\nnp.random.seed(0)\nnp.set_printoptions(precision=3)",
    "%matplotlib inline\n!ls\n%timeit 1",
    "class Net:\n    pass\nnet = Net()\nnet.layer = 3\nnet.forward = lambda x: x",
    "import torch\nx = torch.zeros(3)\nx.requires_grad = True\nx.grad = None\nx.data = x.data * 2",
    "import torch\nopt = torch.optim\nmodel.eval()\nsetattr(model, 'name', 3)",
    "import gc\ngc.collect()",
]


@pytest.mark.parametrize(("source", "what"), HIDING.items(), ids=HIDING.values())
def test_what_hides_how_a_result_comes_about_is_named(source: str, what: str) -> None:
    assert what in hiding(["x = 1", source], "f")


def test_what_is_imported_or_said_beside_an_answer_hides_nothing() -> None:
    imports = "import torch, subprocess, inspect, threading, gc, sys"
    answer = 'def f(x):\n    """For the grader."""\n    print(sys.version)\n    return torch.abs(x)'
    assert hiding([imports, answer, "gc.collect()"], "f") == ()


@pytest.mark.parametrize("source", TAMPERING)
def test_cells_that_change_libraries_or_reach_for_the_kernel_are_seen(source: str) -> None:
    assert tampers(notebook_of([source]))


@pytest.mark.parametrize("source", HARMLESS)
def test_settings_and_magics_are_no_tampering(source: str) -> None:
    assert not tampers(notebook_of([source]))


def honest(assignment: Assignment) -> list[Notebook]:
    starter = json.loads((ROOT / "rubrics" / "deep-learning-1" / "starter.ipynb").read_text(encoding="utf-8"))
    styles = sorted((ROOT / "tests" / "solutions").glob("*.py"))
    return [assignment.solution, *(read(json.dumps(assemble(style, starter)).encode()) for style in styles)]


def test_honest_solutions_neither_tamper_nor_hide_anything(assignment: Assignment) -> None:
    for notebook in honest(assignment):
        assert not tampers(notebook)
        assert list(patches(notebook)) == []
        for name in ("logistic_regression", "Linear", "calc_gradients"):
            assert hiding(code_of(notebook), name) == ()
