"""What the grader reads out of code that it does not run: what a cell binds, defines, needs and mentions."""

import ast
import contextlib
import time

import pytest

from grader.notebooks.facts import bound_names, definitions, library_names, needed, parse

SETUP = (
    "import torch\nimport numpy as np\nfrom torch import nn\nimport torch.nn.functional as F\nfrom torch import optim"
)


def defined(source: str, *wanted: str) -> str:
    """One cell's definitions, after a cell with the usual imports."""
    return definitions([SETUP, source], wanted)[1]


# --- parse ---


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nx = 1",
        "!pip install torch\nx = 1",
        "x = 1\ntorch.randn?",
        "files = !ls\nx = 1",
        "if True:\n    %time f()\n    x = 1",
        "    x = 1",
        ">>> x = 1",
        "%%time\nx = 1",
        "",
    ],
)
def test_what_a_notebook_runs_is_parsed(source: str) -> None:
    assert isinstance(parse(source), ast.Module)


@pytest.mark.parametrize(
    "source",
    [
        "def f(:",
        "x = (1",
        "x = 'open",
        "class A:\n    def f(self):\n        # TODO: implement\n\n    def g(self): pass",
        "x = 1\n  y = 2",
        "x = \0",
        "x = " + "(" * 5000 + ")" * 5000,
        "x = " + "-" * 20_000 + "1",
        "x = " + "1 + " * 5000 + "1",
    ],
    ids=lambda source: source[:20],
)
def test_what_cannot_be_parsed_says_nothing(source: str) -> None:
    assert parse(source) is None
    assert bound_names(source) == frozenset()
    assert definitions([source]) == [""]
    assert needed([source, "y = 2"], ["y"]) == "y = 2"
    assert library_names(["import torch", source], "x") == frozenset()


@pytest.mark.parametrize(
    "line",
    ["!ls\n", "%a\n", "?a\n", "a?\n", ";a b\n", "/a b\n", ",a b\n", "a = !ls\n", "a[0] = %b\n", "?a\x0c"],
    ids=repr,
)
def test_a_cell_of_many_magics_says_nothing(line: str) -> None:
    assert parse(line * 10) is not None
    assert parse(line * 100) is None


def test_a_line_of_many_marks_counts_as_many_magics() -> None:
    assert parse(f"{',' * 10} a\n") is not None
    assert parse(f"{',' * 500} a\n") is None


def test_a_block_of_many_assignments_is_looked_at_once() -> None:
    source = "if True:\n" + "".join(f"    a{number} = a{number + 1}\n" for number in range(500))
    started = time.process_time()

    assert needed([source], ["a0"]) == source.strip()
    assert library_names([f"{source}\nb{'[0]' * 300} = a0"], "b") == frozenset()
    assert time.process_time() - started < 2


NOT_COMPILED = {
    "duplicate argument": "def f(x, x):\n    return x",
    "late global": "def f():\n    x = 1\n    global x",
    "nonlocal of nothing": "def f():\n    nonlocal x\n    x = 1",
    "star import inside": "def f():\n    from torch import *",
    "annotated global": "def f():\n    global x\n    x: int = 1",
    "lambda": "f = lambda x, x: x",
    "rebound iteration variable": "f = [x := 1 for x in [1, 2]]",
}
"""Code that parses and that Python yet refuses to compile: the cell fails when it runs, and not the grading."""


@pytest.mark.parametrize("kind", NOT_COMPILED)
def test_code_that_parses_but_does_not_compile_ends_no_grading(kind: str) -> None:
    source = NOT_COMPILED[kind]

    assert bound_names(source) <= {"f"}
    assert len(definitions([source, "y = 2"])) == 2
    assert "y = 2" in needed([source, "y = 2"], ["y", "f"])
    assert "torch.sin" in library_names(["import torch", source, "def g(x):\n    return torch.sin(f(x))"], "g")


LONG = {
    "sum": "f = " + " + ".join(["1"] * 900),
    "attributes": "f = torch" + ".sin" * 900,
    "comparison in a function": "def f(x):\n    return " + " + ".join(["x"] * 900),
    "many branches": "def f(x):\n    if x == 0: return 0\n"
    + "".join(f"    elif x == {n}: return {n}\n" for n in range(1, 300)),
    "branches at the top": "if x == 0: f = 0\n" + "".join(f"elif x == {n}: f = {n}\n" for n in range(1, 1_100)),
}
"""Code that Python runs without trouble, and whose tree is deep."""


@pytest.mark.parametrize("kind", LONG)
def test_code_with_a_deep_tree_ends_no_grading(kind: str) -> None:
    source = LONG[kind]
    compile(source, "cell", "exec")

    assert len(definitions(["import torch", source, "y = 2"])) == 3
    assert "y = 2" in needed(["import torch", source, "y = 2"], ["y", "f"])
    assert "torch.sin" in library_names(["import torch", source, "def g(x):\n    return torch.sin(f(x))"], "g")


# --- bound_names ---


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(a): b = 1", {"f"}),
        ("async def f(): pass", {"f"}),
        ("class A:\n    x = 1\n    def g(self): y = 2", {"A"}),
        ("@torch.no_grad()\ndef f(): pass", {"f"}),
        ("x = y = 1", {"x", "y"}),
        ("(a, b), *c = [d] = values", {"a", "b", "c", "d"}),
        ("x: int = 1", {"x"}),
        ("x: int", set()),
        ("print(x)", set()),
        ("f = lambda x: x", {"f"}),
        ("import torch", {"torch"}),
        ("import torch.nn", {"torch"}),
        ("import torch.nn as nn, numpy as np", {"nn", "np"}),
        ("from torch import nn, optim as o", {"nn", "o"}),
        ("if a:\n    x = 1\nelif b:\n    y = 1\nelse:\n    def z(): pass", {"x", "y", "z"}),
        ("try:\n    x = 1\nexcept E:\n    pass\nelse:\n    y = 1\nfinally:\n    z = 1", {"x", "y", "z"}),
        ("with torch.no_grad():\n    x = 1\n    if a:\n        y = 1", {"x", "y"}),
        ("%matplotlib inline\nfiles = !ls", {"files"}),
        ("# nothing", set()),
    ],
)
def test_bound_names(source: str, names: set[str]) -> None:
    assert bound_names(source) == names


def test_a_name_that_is_bound_in_an_exception_handler_is_bound() -> None:
    assert "MLP" in bound_names("try:\n    from mine import MLP\nexcept ImportError:\n    class MLP: pass")
    assert "MLP" in bound_names("try:\n    import mine\nexcept ImportError:\n    class MLP: pass")


@pytest.mark.parametrize("magic", ["%%time", "%%capture output", "%%time\n%%capture"])
def test_what_stands_below_a_cell_magic_that_runs_it_is_code(magic: str) -> None:
    source = f"{magic}\ndef f():\n    return torch.sin(x)"

    assert bound_names(source) == {"f"}
    assert "def f" in defined(source)
    assert "torch.sin" in library_names(["import torch", source], "f")


@pytest.mark.parametrize("magic", ["%%html", "%%bash", "%%writefile x.py", "%%javascript"])
def test_what_stands_below_any_other_cell_magic_is_no_code(magic: str) -> None:
    assert bound_names(f"{magic}\ndef f(): pass") == frozenset()


def test_a_name_that_is_only_used_on_the_left_is_not_bound() -> None:
    assert "MLP" not in bound_names("scores[MLP] = 1")
    assert "MLP" not in bound_names("MLP.description = 'two hidden layers'")


# --- definitions ---


@pytest.mark.parametrize(
    "source",
    [
        "import itertools",
        "from torch.utils.data import DataLoader",
        "def train(net):\n    while True:\n        net.step()",
        "async def f():\n    await g()",
        "class MLP(nn.Module):\n\n    def forward(self, x):\n        return self.model(x)",
        "@torch.no_grad()\ndef f(x):\n    return x",
        "EPOCHS = 20",
        "a, b = (1, [2, 3])",
        "rate: float = 0.1",
        "DEVICE = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
        "loss_func = nn.MSELoss()",
        "sizes = list(range(10))",
        "OPTIMIZERS = {'Adam': optim.Adam, 'SGD': lambda p: optim.SGD(p, lr=0.1)}",
        "sigmoid = lambda x: 1 / (1 + torch.exp(-x))",
        "x = torch.randn(10).sum()",
        "if torch.cuda.is_available():\n    DEVICE = 'cuda'\nelse:\n    DEVICE = 'cpu'",
        "if torch.cuda.is_available():\n    pass\nelse:\n    WORKERS = 0",
        "try:\n    import tqdm\nexcept ImportError:\n    tqdm = None",
        "if True:\n\n    def f():\n        pass",
    ],
)
def test_what_defines_things_is_kept(source: str) -> None:
    assert defined(source) == source


@pytest.mark.parametrize(
    "source",
    [
        "train(net)",
        "print('hello')",
        "history = train(net)",
        "net = MLP()",
        "W, b = logistic_regression(train_loader, val_loader, epochs=20)",
        "optimizer = optim.SGD(net.parameters(), lr=0.1)",
        "losses = [train(n) for n in range(3)]",
        "histories = list(map(lambda n: train(n), range(3)))",
        "score: float = evaluate(net)",
        "answer = input('ready?')",
        "code = open('x.py').read()",
        "value = eval('1 + 1')",
        "for epoch in range(20):\n    train(net)",
        "while True:\n    pass",
        "with torch.no_grad():\n    train(net)",
        "net.eval()",
        "count += 1",
        "del net",
        "assert train(net)",
        "%matplotlib inline",
        "!pip install torch",
        "files = !ls",
        "'a docstring'",
        "if True:\n    train(net)",
        "if True:\n    EPOCHS = 1\nelse:\n    train(net)",
        "try:\n    train(net)\nfinally:\n    pass",
        "if True:\n    with torch.no_grad():\n        x = 1",
    ],
)
def test_what_does_things_is_dropped(source: str) -> None:
    names = "def train(net): ...\ndef evaluate(net): ...\nclass MLP: ..."
    assert definitions([SETUP, names, "net = train_loader = val_loader = 0\ncount = 0", source])[3] == ""


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import tqdm\nexcept ImportError:\n    train(net)",
        "if train(net) > 0.5:\n    GOOD = True",
        "if True:\n    pass\nelif train(net):\n    GOOD = True",
    ],
)
def test_a_training_call_in_a_handler_or_a_condition_is_dropped(source: str) -> None:
    assert "train" not in definitions([SETUP, "def train(net): ...", "net = 0", source])[3]


@pytest.mark.parametrize(
    "source",
    [
        "if history:\n    GOOD = True",
        "def plot(curves=history): ...",
        "@history\ndef plot(curves): ...",
        "class Plot(history): ...",
        "class Plot:\n    curves = history",
        "Linear = make(history)",
    ],
)
def test_what_reads_a_dropped_name_does_not_take_the_rest_of_its_cell_with_it(source: str) -> None:
    namespace: dict[str, object] = {}
    cell = f"def train(): ...\ndef make(x): ...\nhistory = train()\n{source}\nclass FFNet: ..."

    (kept,) = definitions([cell], ["Linear", "FFNet"])
    with contextlib.suppress(NameError):
        exec(kept, namespace)

    assert "FFNet" in namespace


def test_an_assignment_that_reads_what_was_dropped_is_dropped() -> None:
    kept = defined("def train(): ...\nhistory = train()\nlast = history[-1]\nbest = max(last, 0)\nEPOCHS = 20")

    assert kept == "def train():\n    ...\nEPOCHS = 20"


def test_an_assignment_that_reads_what_was_dropped_in_another_cell_is_dropped() -> None:
    assert definitions(["history = train()", "last = history[-1]", "x = 1", "y = x"]) == ["", "", "x = 1", "y = x"]


def test_an_assignment_that_reads_what_comes_later_is_dropped() -> None:
    assert definitions(["y = x", "x = 1", "y = x"]) == ["", "x = 1", "y = x"]


def test_names_that_are_bound_in_a_kept_block_are_known_afterwards() -> None:
    block = "if torch.cuda.is_available():\n    WORKERS = 4\nelse:\n    WORKERS = 0"

    assert defined(f"{block}\nTWICE = 2 * WORKERS") == f"{block}\nTWICE = 2 * WORKERS"


def test_local_variables_of_a_lambda_or_a_comprehension_need_not_be_known() -> None:
    source = "squares = [n * n for n in range(5)]\nidentity = lambda value: value"

    assert defined(source) == source


def test_a_lambda_that_calls_a_function_of_ones_own_is_a_definition() -> None:
    source = "def sigmoid(x):\n    return 1 / (1 + torch.exp(-x))\nslope = lambda x: sigmoid(x) * (1 - sigmoid(x))"

    assert defined(source) == source


def test_a_wanted_object_is_kept_however_it_is_made() -> None:
    source = "def make(size):\n    ...\nLinear = make(3)\nother = make(4)"

    assert defined(source, "Linear", "MLP") == "def make(size):\n    ...\nLinear = make(3)"
    assert defined(source) == "def make(size):\n    ..."


def test_each_cell_keeps_its_place() -> None:
    cells = ["import os", "train()", "def f(:", "%%html\n<b>", "X = 1; train(); Y = 2"]

    assert definitions(cells) == ["import os", "", "", "", "X = 1\nY = 2"]


def test_definitions_run_at_once_and_define_every_object() -> None:
    cells = [
        f"{SETUP}\nSEED = 42\ntorch.manual_seed(SEED)",
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.out = nn.Linear(2, 1)",
        "net = Net()\nfor epoch in range(10 ** 9):\n    net(torch.zeros(2))",
        "def calc(net):\n    return sum(p.sum() for p in net.parameters())",
    ]
    namespace: dict[str, object] = {}

    for source in definitions(cells, ["Net", "calc"]):
        exec(source, namespace)

    assert {"Net", "calc", "SEED"} <= namespace.keys()
    assert "net" not in namespace


# --- needed ---


def test_needed_follows_names_from_definition_to_definition() -> None:
    cells = [
        "import torch\nimport os",
        "SCALE = 2\nUNUSED = 3",
        "def half(x):\n    return torch.sin(x) / SCALE",
        "def solve(x):\n    return half(x)\ndef other(x):\n    return os.name",
        "print(solve(1))",
    ]

    assert needed(cells, ["solve"]) == (
        "import torch\nSCALE = 2\ndef half(x):\n    return torch.sin(x) / SCALE\ndef solve(x):\n    return half(x)"
    )


@pytest.mark.parametrize(
    ("code", "is_needed"),
    [
        ("def solve():\n    return value", True),
        ("def solve():\n    def inner():\n        return value\n    return inner", True),
        ("def solve():\n    global value\n    value += 1", True),
        ("def solve(x=value):\n    return x", True),
        ("@value\ndef solve():\n    pass", True),
        ("class solve:\n    size = value", True),
        ("class solve:\n    def f(self):\n        return value", True),
        ("class solve(value):\n    pass", True),
        ("solve = [value for _ in range(3)]", True),
        ("solve = lambda: value", True),
        ("solve = value", True),
        ("if value:\n    solve = 1", True),
        ("def solve(value):\n    return value", False),
        ("def solve():\n    value = 1\n    return value", False),
        ("def solve():\n    value = 1\n    def inner():\n        return value\n    return inner", False),
        ("def solve():\n    for value in range(3):\n        print(value)", False),
        ("def solve():\n    return [value for value in range(3)]", False),
        ("def solve(net):\n    return net.value", False),
        ("def solve():\n    return dict(value=1)", False),
        ("def solve():\n    return 'value'  # value", False),
        ("solve = lambda value: value", False),
        ("solve = [value for value in range(3)]", False),
    ],
)
def test_local_variables_do_not_count_as_needed(code: str, is_needed: bool) -> None:
    program = needed(["value = 5", code], ["solve"])

    assert ("value = 5" in program) == is_needed
    assert "solve" in program


def test_needed_ends_where_functions_call_each_other() -> None:
    program = needed(["def even(n):\n    return odd(n - 1)", "def odd(n):\n    return even(n - 1)", "x = 1"], ["even"])

    assert "def even" in program
    assert "def odd" in program
    assert "x = 1" not in program


def test_needed_takes_every_binding_of_a_name_in_order() -> None:
    assert needed(["x = 1", "x = x + 1", "y = x"], ["y"]) == "x = 1\nx = x + 1\ny = x"


def test_needed_takes_the_whole_block_that_binds_a_name() -> None:
    block = "try:\n    import fast as lib\nexcept ImportError:\n    lib = None"

    assert needed([block, "def f():\n    return lib"], ["f"]).startswith(block)


def test_nothing_is_needed_for_an_unknown_name() -> None:
    assert needed(["x = 1", "def f(:"], ["missing"]) == ""


# --- library_names ---


@pytest.mark.parametrize(
    ("imports", "use", "full"),
    [
        ("import torch", "torch.nn.Linear(2, 1)", "torch.nn.Linear"),
        ("import torch.nn", "torch.nn.Linear(2, 1)", "torch.nn.Linear"),
        ("import torch.nn as nn", "nn.Linear(2, 1)", "torch.nn.Linear"),
        ("from torch import nn", "nn.Linear(2, 1)", "torch.nn.Linear"),
        ("from torch import nn as layers", "layers.Linear(2, 1)", "torch.nn.Linear"),
        ("from torch.nn import Linear", "Linear(2, 1)", "torch.nn.Linear"),
        ("from torch.nn import Linear as Dense", "Dense(2, 1)", "torch.nn.Linear"),
        ("from torch import optim", "optim.SGD", "torch.optim.SGD"),
        ("import torch.nn.functional as F", "F.cross_entropy(x, y)", "torch.nn.functional.cross_entropy"),
        (
            "from sklearn.linear_model import LogisticRegression",
            "LogisticRegression().fit(x, y)",
            "sklearn.linear_model.LogisticRegression",
        ),
        ("if True:\n    import torch", "torch.sin", "torch.sin"),
        ("try:\n    import torch\nexcept ImportError:\n    pass", "torch.sin", "torch.sin"),
        ("%matplotlib inline\nimport torch", "torch.sin", "torch.sin"),
    ],
)
def test_library_names_are_in_full_whatever_the_import(imports: str, use: str, full: str) -> None:
    assert full in library_names([imports, f"def f(x, y):\n    return {use}"], "f")


@pytest.mark.parametrize(
    "code",
    [
        "def f(x):\n    return torch.sin(x)",
        "def f(x):\n    return helper(x)\ndef helper(x):\n    return torch.sin(x)",
        "class f:\n    def g(self):\n        def h():\n            return torch.sin\n        return h",
        "g = torch.sin\nf = g",
        "g = torch.sin\ndef f(x):\n    return g(x)",
        "f = lambda x: torch.sin(x)",
        "def f(x, g=torch.sin):\n    return g(x)",
        "@torch.sin\ndef f(x):\n    return x",
        "class f(Base): pass\nclass Base:\n    act = torch.sin",
        "import functools\nf = functools.partial(torch.sin)",
        "def f(x):\n    import torch as t\n    return t.sin(x)",
        "def f(x):\n    from torch import sin\n    return sin(x)",
        "def f(x):\n    return x\ndef f(x):\n    return torch.sin(x)",
        "if True:\n    def f(x):\n        return torch.sin(x)",
    ],
)
def test_library_names_are_found_wherever_the_code_leads(code: str) -> None:
    assert "torch.sin" in library_names(["import torch", code], "f")


@pytest.mark.parametrize(
    "code",
    [
        "def f(x):\n    return x\ndef other(x):\n    return torch.sin(x)",
        "def f(x):\n    return x\nprint(torch.sin(f(1)))",
        "def f(x):\n    return 'torch.sin'  # torch.sin",
        "def f(x):\n    return x.sin()",
        "def g(x):\n    return f(torch.sin(x))\ndef f(x):\n    return x",
        "def f(helper):\n    return helper\ndef helper(x):\n    return torch.sin(x)",
    ],
)
def test_library_names_of_other_code_do_not_count(code: str) -> None:
    assert "torch.sin" not in library_names(["import torch", code], "f")


def test_a_star_import_is_looked_through() -> None:
    names = library_names(["from sklearn.linear_model import *", "def f():\n    return LogisticRegression()"], "f")

    assert any(name.startswith("sklearn.linear_model") for name in names)


def test_a_class_of_ones_own_is_no_library_class_though_one_has_its_name() -> None:
    cells = [
        "from sklearn.linear_model import LogisticRegression",
        "class LogisticRegression:\n    pass",
        "def f():\n    return LogisticRegression()",
    ]

    assert library_names(cells, "f") == frozenset()


def test_what_a_star_import_may_have_brought_is_taken_as_known() -> None:
    sources = ["from torch.nn import *", "class MLP(Module):\n    pass"]
    assert "class MLP" in definitions(sources)[1]


def test_what_a_wanted_object_needs_is_kept_though_a_function_of_ones_own_makes_it() -> None:
    sources = [
        "def pick():\n    return 'cpu'",
        "DEVICE = pick()\nhistory = pick()",
        "def f(x):\n    return x.to(DEVICE)",
    ]
    assert definitions(sources, ["f"])[1] == "DEVICE = pick()"
    assert definitions(sources)[1] == ""


def test_a_cell_is_parsed_once() -> None:
    source = "x = 1\n%matplotlib inline"
    assert parse(source) is parse(source)
