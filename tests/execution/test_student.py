"""What a check can do with a student's namespace, over a real kernel behind the wall."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from grader.datasets.prepare import find
from grader.errors import CallFailed, CallTimedOut, GraderFault, KernelDied, ProtocolViolation
from grader.execution.inject import local_agent
from grader.execution.session import GRACE_SECONDS, Session
from grader.execution.student import Description, Student
from grader.execution.wire import Handle, Loader, Name
from grader.grading.grade import session_for
from grader.settings import Settings

GENERATORS = "[random.random(), float(np.random.rand()), float(torch.rand(()))]"
IMPORTS = "import random, time\nimport numpy as np\nimport torch\nfrom torch import nn\n"
NET = IMPORTS + (
    "class Net(nn.Module):\n"
    "    def __init__(self, inputs=3, outputs=1):\n"
    "        super().__init__()\n"
    "        self.first = nn.Linear(inputs, 2)\n"
    "        self.second = nn.Linear(2, outputs, bias=False)\n"
    "    def forward(self, x):\n"
    "        return self.second(torch.sigmoid(self.first(x)))\n"
)


def run(session: Session, source: str) -> str:
    """Run a cell that has to end well; what it prints."""
    cell = session.run_cell(0, source, 60)
    assert cell.status == "ok", cell.error
    return "".join(output.text for output in cell.outputs)


@pytest.fixture
def student(session: Session) -> Student:
    student = Student(session.ask)
    student.forget()
    return student


# calls


def test_a_function_is_called_with_tensors_and_its_result_comes_back(session: Session, student: Student) -> None:
    run(session, IMPORTS + "def f(x, y):\n    assert type(x) is torch.Tensor\n    return x @ x.T, y * 2")

    product, doubled = student.f(np.array([[1.0, 2.0]], dtype=np.float32), 1.5)

    np.testing.assert_array_equal(product, np.array([[5]], dtype=np.float32), strict=True)
    assert doubled == 3.0


def test_keywords_are_fitted_to_the_functions_own_parameters(session: Session, student: Student) -> None:
    run(session, "def f(model, a, x, b):\n    return [model, a, x, b]")

    taking = student.taking({"model": "net"}, [("net", "loss", "x", "y"), ("net", "x")])

    assert taking.f(x=1, y=2, net=3, loss=4) == [3, 4, 1, 2]
    assert student.aliases == {}


def test_a_missing_argument_is_named(session: Session, student: Student) -> None:
    run(session, "def f(net, temperature):\n    return net")

    with pytest.raises(CallFailed, match="temperature"):
        student.f(net=1)


def test_megabytes_cross_both_ways(session: Session, student: Student) -> None:
    run(session, "def f(x):\n    return x + 1")
    x = np.arange(2_000_000, dtype=np.float32)

    np.testing.assert_array_equal(student.f(x), x + 1, strict=True)


def test_objects_stay_inside_and_are_used_by_their_handles(session: Session, student: Student) -> None:
    run(session, NET)

    net = student.Net(inputs=4)
    x = np.ones((5, 4), np.float32)

    assert isinstance(net, Handle)
    assert student.call(net, x).shape == (5, 1)
    assert student.call(net, False, method="train") == Handle(1)
    assert student.call(Name("Net"), 4, outputs=7) == Handle(2)
    assert student.call(Handle(2), x).shape == (5, 7)


def test_forgotten_handles_are_gone(session: Session, student: Student) -> None:
    run(session, NET)
    net = student.Net()
    student.forget()

    with pytest.raises(CallFailed, match="IndexError"):
        student.parameters(net)


def test_variables_are_read(session: Session, student: Student) -> None:
    run(
        session,
        IMPORTS + "w = torch.ones(2, requires_grad=True)\ntable = {'epochs': [1, 2.5], 'name': None}\nnet = nn.ReLU()",
    )

    np.testing.assert_array_equal(student.read(Name("w")), [1, 1])
    assert student.read(Name("table")) == {"epochs": [1, 2.5], "name": None}
    assert isinstance(student.read(Name("net")), Handle)
    with pytest.raises(CallFailed, match="`missing` is not defined"):
        student.read(Name("missing"))


def test_a_loader_is_gone_through_inside(session: Session, student: Student) -> None:
    run(session, "def f(loader):\n    return [len(x) for x, y in loader], float(sum(y.sum() for x, y in loader))")
    loader = student.read(Loader((np.zeros((10, 2), np.float32), np.ones(10)), batch_size=4))

    assert student.f(loader) == ([4, 4, 2], 10.0)
    assert student.call(loader, method="count") == 2


def test_a_method_that_is_named_like_the_faces_own(session: Session, student: Student) -> None:
    run(session, "def read(x):\n    return x + 1")
    assert student.call(Name("read"), 1) == 2


# modules


def test_parameters_in_their_order(session: Session, student: Student) -> None:
    run(session, NET)

    parameters = student.parameters(student.Net())

    assert [(p.name, p.value.shape) for p in parameters] == [
        ("first.weight", (2, 3)),
        ("first.bias", (2,)),
        ("second.weight", (1, 2)),
    ]
    assert all(p.registered and p.requires_grad for p in parameters)


def test_assigned_parameters_are_used(session: Session, student: Student) -> None:
    run(session, NET)
    net = student.Net()

    student.assign(
        net, {"first.weight": np.zeros((2, 3)), "first.bias": np.zeros(2), "second.weight": np.array([[2, 4]])}
    )

    np.testing.assert_array_equal(student.call(net, np.ones((1, 3), np.float32)), [[3]])


def test_assigned_gradients_are_seen_by_student_code(session: Session, student: Student) -> None:
    run(session, NET + "def f(net):\n    return net.first.bias.grad, net.first.weight.grad")
    net = student.Net()
    before = student.parameters(net)[1].value

    student.assign(net, {}, {"first.bias": np.array([5.0, 6.0])})

    assert [None if g is None else g.tolist() for g in student.f(net)] == [[5, 6], None]
    np.testing.assert_array_equal(student.parameters(net)[1].value, before)


def test_gradients_of_a_loss(session: Session, student: Student) -> None:
    run(session, NET)
    net = student.Net()
    student.assign(
        net, {"first.weight": np.zeros((2, 3)), "first.bias": np.zeros(2), "second.weight": np.array([[2, 4]])}
    )

    got = student.gradients(net, np.ones((1, 3), np.float32), np.zeros((1, 1), np.float32), "mse_loss")

    # output 3, so dloss/doutput = 6; each hidden unit is 0.5 with slope 0.25
    assert got["second.weight"] is not None
    assert got["first.bias"] is not None
    assert got["second.weight"].tolist() == [[3, 3]]
    assert got["first.bias"].tolist() == [3, 6]
    assert list(got) == ["first.weight", "first.bias", "second.weight"]


def test_modules_inside_a_module(session: Session, student: Student) -> None:
    run(session, NET + "class Linear(nn.Module):\n    pass\nnet = nn.Sequential(Net(), Linear())")

    modules = student.modules(student.read(Name("net")), ("Linear", "Net", "nothing"))

    assert [(m.name, m.of) for m in modules] == [
        ("", ()),
        ("0", ("Net",)),
        ("0.first", ()),
        ("0.second", ()),
        ("1", ("Linear",)),
    ]
    assert modules[2].type == "torch.nn.modules.linear.Linear"
    assert modules[1].bases[:2] == ("__main__.Net", "torch.nn.modules.module.Module")
    assert student.call(modules[2].handle, np.ones((1, 3), np.float32)).shape == (1, 2)


def test_descriptions(session: Session, student: Student) -> None:
    run(session, NET + "def f(net, *args, lr=1):\n    pass\nnumber = 5")

    assert student.describe("f") == Description("callable", "builtins.function", ("net", "*args", "lr"), 1)
    assert student.describe("Net") == Description("class", "__main__.Net", ("inputs", "outputs"), 0)
    assert student.describe("number") == Description("value", "builtins.int", None, 0)
    assert student.describe("missing") is None


def test_a_traced_call(session: Session, student: Student) -> None:
    run(
        session,
        NET
        + "def f(x):\n    net = Net()\n    loss = net(x).sum()\n    loss.backward()\n"
        + "    torch.optim.SGD(net.parameters(), 0.1).step()\n    return 7\n"
        + "def honest(x):\n    return (x * x).sum()\n",
    )

    result, trace = student.traced(Name("f"), np.ones((2, 3), np.float32))
    squares, quiet = student.traced(Name("honest"), x=np.ones(3, np.float32))

    assert (result, float(squares)) == (7, 3.0)
    assert trace.modules == {"__main__.Net": 1, "torch.nn.modules.linear.Linear": 2}
    assert trace.owners == {"torch.nn.modules.linear.Linear": 3}
    assert trace.optimizers == {"torch.optim.sgd.SGD": 1}
    assert trace.autograd > 0
    assert any("sigmoid_backward" in name for name in trace.operations)
    assert (quiet.modules, quiet.owners, quiet.optimizers, quiet.autograd) == ({}, {}, {}, 0)
    assert quiet.operations


# loaders

LOADER = IMPORTS + (
    "from torch.utils.data import DataLoader, TensorDataset\n"
    "data = TensorDataset(torch.rand(10, 1, 2, 2), torch.arange(10))\n"
    "loader = DataLoader(data, batch_size=4, shuffle=True)\n"
)


def test_batches_of_a_loader(session: Session, student: Student) -> None:
    run(session, LOADER)

    first, second = student.batches(Name("loader"), np.eye(4))
    (short,) = student.batches(student.read(Name("loader")), np.eye(4), passes=1, first=5)

    assert first.sizes.tolist() == second.sizes.tolist() == [4, 4, 2]
    assert sorted(first.labels) == sorted(second.labels) == list(range(10))
    assert first.labels.tolist() != second.labels.tolist()
    assert first.prints.shape == (10, 4)
    np.testing.assert_array_equal(first.prints[np.argsort(first.labels)], second.prints[np.argsort(second.labels)])
    assert short.sizes.tolist() == [4, 4]


def test_batches_leave_the_students_generators_alone(session: Session, student: Student) -> None:
    show = "print([y.tolist() for x, y in loader])"
    wanted = run(session, f"{LOADER}torch.manual_seed(3)\n{show}")
    run(session, "torch.manual_seed(3)")

    student.batches(Name("loader"), np.eye(4))

    assert run(session, show) == wanted


def test_a_loader_that_restarts_itself_is_one_and_an_iterator_is_none(session: Session, student: Student) -> None:
    restarting = (
        "class Restarting:\n"
        "    def __iter__(self):\n        self.left = 2\n        return self\n"
        "    def __next__(self):\n"
        "        self.left -= 1\n"
        "        if self.left < 0:\n            raise StopIteration\n"
        "        return torch.rand(3, 4), torch.zeros(3)\n"
        "once = ((x, y) for x, y in loader)\n"
    )
    run(session, f"{LOADER}{restarting}loader = Restarting()")

    assert [one.sizes.tolist() for one in student.batches(Name("loader"), np.eye(4))] == [[3, 3], [3, 3]]
    with pytest.raises(CallFailed, match="it is a generator, which can be gone through only once"):
        student.batches(Name("once"), np.eye(4))


def test_what_is_no_loader_is_a_failed_call(session: Session, student: Student) -> None:
    run(session, LOADER)

    with pytest.raises(CallFailed, match="labels of shape"):
        student.batches(Name("data"), np.eye(4))
    with pytest.raises(CallFailed, match="`val_loader` is not defined"):
        student.batches(Name("val_loader"), np.eye(4))


HONEST = {"sizes": np.array([2, 1]), "labels": np.zeros(3), "prints": np.zeros((3, 2))}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        [HONEST, HONEST],
        [{"sizes": np.array([3]), "labels": np.zeros(3)}],
        [HONEST | {"sizes": [2, 1]}],
        [HONEST | {"sizes": np.array([2.0, 1.0])}],
        [HONEST | {"sizes": np.array([[2, 1]])}],
        [HONEST | {"sizes": np.array([2, 2])}],
        [HONEST | {"sizes": np.array([4, -1])}],
        [HONEST | {"sizes": np.array([2**62, 2**62, 2**62, 2**62, 3])}],
        [HONEST | {"labels": np.zeros((3, 1))}],
        [HONEST | {"labels": np.zeros(4)}],
        [HONEST | {"labels": 3}],
        [HONEST | {"prints": np.zeros((3, 3))}],
        [HONEST | {"prints": np.zeros((2, 2))}],
        [HONEST | {"prints": np.zeros((3, 2), np.float32)}],
    ],
)
def test_batches_that_a_lying_kernel_makes_up_are_a_violation(answer: object) -> None:
    honest = local_agent({"answer": answer})
    lie = {"do": "read", "seed": 0, "fields": {"target": {"name": "answer"}}}
    student = Student(lambda *_: honest(lie, b""))

    with pytest.raises(ProtocolViolation):
        student.batches(Name("loader"), np.ones((4, 2)), passes=1)


def test_batches_that_fit_together_are_believed() -> None:
    honest = local_agent({"answer": [HONEST]})
    student = Student(lambda *_: honest({"do": "read", "seed": 0, "fields": {"target": {"name": "answer"}}}, b""))

    assert len(student.batches(Name("loader"), np.ones((4, 2)), passes=1)) == 1


# seeds and surroundings


def test_calls_draw_by_their_seed(session: Session, student: Student) -> None:
    run(session, IMPORTS + f"def draw():\n    return {GENERATORS}")

    first, second, other = student.draw(), student.draw(), student.seeded(1).draw()

    assert first == second
    assert all(a != b for a, b in zip(first, other, strict=True))


def test_calls_leave_the_students_generators_alone(session: Session, student: Student) -> None:
    seeded = "random.seed(3); np.random.seed(3); torch.manual_seed(3);"
    wanted = run(session, IMPORTS + f"def draw():\n    return {GENERATORS}\n{seeded}print(draw())")
    run(session, seeded)

    student.draw()

    assert run(session, "print(draw())") == wanted


def test_calls_leave_torchs_modes_alone(session: Session, student: Student) -> None:
    run(session, IMPORTS + "def f():\n    torch.set_default_dtype(torch.float64)\n    torch.set_grad_enabled(False)")
    modes = "print(torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads())"
    before = run(session, modes)

    student.f()

    assert run(session, modes) == before


def test_what_a_call_prints_shows_and_draws_is_dropped(session: Session, student: Student) -> None:
    run(
        session,
        "import sys\nimport matplotlib.pyplot as plt\nfrom IPython.display import display\n"
        "def f():\n"
        "    print('printed')\n    print('warned', file=sys.stderr)\n    display('shown')\n"
        "    plt.figure()\n    plt.plot([1, 2])\n    return 5",
    )

    assert student.f() == 5
    after = session.run_cell(0, "print(plt.get_fignums())", 30)
    assert [(output.kind, output.text) for output in after.outputs] == [("stream", "[]\n")]


def test_a_call_that_shows_a_lot_still_answers(session: Session, student: Student) -> None:
    run(session, "def f():\n    for i in range(2000):\n        display(i)\n    return 5")

    for _ in range(2):
        assert student.within(10).f() == 5


def test_a_call_after_endless_output_still_answers(session: Session, student: Student) -> None:
    for _ in range(4):
        source = "def f():\n    return 5\nwhile True:\n    print('loss', flush=True)"
        assert session.run_cell(0, source, 1).status == "timeout"
        assert student.within(10).f() == 5


# failures


def test_an_exception_comes_with_the_line_that_raised_it(session: Session, student: Student) -> None:
    run(session, "def helper(x):\n    return x / 0\n\ndef f(x):\n    y = helper(x)\n    return y")

    with pytest.raises(CallFailed) as failure:
        student.f(1)

    assert str(failure.value) == "ZeroDivisionError: division by zero (in the line `return x / 0`)"


def test_an_error_of_torch_names_the_students_line(session: Session, student: Student) -> None:
    run(session, IMPORTS + "def f(x):\n    y = x.T\n    return torch.matmul(x, x)")

    with pytest.raises(CallFailed, match=r"RuntimeError: mat1 and mat2 .*in the line `return torch.matmul\(x, x\)`"):
        student.f(np.ones((2, 3)))


@pytest.mark.parametrize("raised", ["SystemExit(3)", "KeyboardInterrupt()", "MemoryError('x')", "StopIteration()"])
def test_whatever_is_raised_the_kernel_goes_on(session: Session, student: Student, raised: str) -> None:
    run(session, f"def f():\n    raise {raised}\n\ndef g():\n    return 5")

    with pytest.raises(CallFailed, match=raised.partition("(")[0]):
        student.f()

    assert student.g() == 5
    assert run(session, "print('alive')") == "alive\n"


def test_endless_recursion_is_a_failed_call(session: Session, student: Student) -> None:
    run(session, "def f(x):\n    return f(x)")

    with pytest.raises(CallFailed, match="RecursionError"):
        student.f(1)


def test_what_is_not_defined_fails(session: Session, student: Student) -> None:
    with pytest.raises(CallFailed, match="`f` is not defined"):
        student.f(1)


def test_a_result_that_is_too_large_is_a_failed_call(session: Session, student: Student) -> None:
    run(session, IMPORTS + "def f():\n    return torch.zeros(1).expand(1 << 30)\ndef g():\n    return 1")

    with pytest.raises(CallFailed, match="larger than the grader accepts"):
        student.f()

    assert student.g() == 1


def test_a_call_that_takes_too_long_is_stopped_and_the_kernel_goes_on(session: Session, student: Student) -> None:
    run(
        session,
        "def slow():\n    try:\n        while True:\n            pass\n    except KeyboardInterrupt:\n"
        "        return 'late'\n\ndef quick():\n    return 'quick'",
    )
    started = time.monotonic()

    with pytest.raises(CallTimedOut, match=r"within 0\.5 s"):
        student.within(0.5).slow()

    assert time.monotonic() - started < 0.5 + GRACE_SECONDS
    # and not the late answer to the first question
    assert student.quick() == "quick"


def test_a_sleeping_call_is_stopped(session: Session, student: Student) -> None:
    run(session, IMPORTS + "def f():\n    time.sleep(1000)\n\ndef g():\n    return 5")

    with pytest.raises(CallTimedOut):
        student.within(0.5).f()

    assert student.g() == 5


FORGE = """
import sys

def f():
    frame = sys._getframe()
    while "caller" not in frame.f_locals:
        frame = frame.f_back
    for answer in answers:
        frame.f_locals["line"].send_multipart([frame.f_locals["caller"], frame.f_locals["number"], *answer])
    return 5

def g():
    return 5
"""


def test_a_function_that_answers_for_the_agent_answers_for_itself_alone(session: Session, student: Student) -> None:
    run(session, f"{FORGE}\nanswers = [[b'{{\"value\": 42}}', b'']] * 3")

    assert student.f() == 42
    assert student.g() == 5


@pytest.mark.parametrize("answer", [b"", b"[1]", b"[" * 100_000, b"\xff", b"{", b"null"])
def test_an_answer_of_no_sense_is_a_violation(session: Session, student: Student, answer: bytes) -> None:
    run(session, f"{FORGE}\nanswers = [[{answer!r}, b'']]")

    with pytest.raises(ProtocolViolation):
        student.f()

    assert student.g() == 5


@pytest.mark.parametrize("parts", [0, 1, 3])
def test_an_answer_in_too_few_or_many_parts_is_a_violation(session: Session, student: Student, parts: int) -> None:
    run(session, f"{FORGE}\nanswers = [[b'{{}}'] * {parts}]")

    with pytest.raises(ProtocolViolation):
        student.f()

    assert student.g() == 5


def test_an_agent_that_was_silenced_is_a_violation(session: Session, student: Student) -> None:
    run(
        session,
        "import sys\nagent = sys.modules['grader_probe.agent'].Agent\nanswer = agent.answer\n"
        "def silent(*args):\n    raise ValueError\nagent.answer = silent",
    )
    try:
        with pytest.raises(ProtocolViolation):
            student.describe("agent")
    finally:
        run(session, "agent.answer = answer")

    assert student.describe("agent") is not None


@pytest.fixture
def doomed(settings: Settings) -> Iterator[Session]:
    """A kernel of one's own, to be killed."""
    with session_for(settings, find(settings.datasets, "small")) as session:
        yield session


def test_a_call_that_cannot_be_interrupted_ends_with_its_kernel(doomed: Session) -> None:
    source = "def f():\n    while True:\n        try:\n            while True:\n                pass\n        except KeyboardInterrupt:\n            pass"
    run(doomed, source)
    student = Student(doomed.ask)
    started = time.monotonic()

    with pytest.raises(CallTimedOut):
        student.within(0.5).f()

    assert GRACE_SECONDS < time.monotonic() - started < 0.5 + GRACE_SECONDS + 2
    assert not doomed.alive
    with pytest.raises(KernelDied):
        student.describe("f")


def test_a_call_that_ends_the_process_is_noticed(doomed: Session) -> None:
    run(doomed, "import os\ndef f():\n    os._exit(0)")
    student = Student(doomed.ask)
    started = time.monotonic()

    with pytest.raises(KernelDied):
        student.f()

    assert time.monotonic() - started < 5
    assert not doomed.alive
    with pytest.raises(KernelDied):
        student.f()


def test_the_reference_has_the_same_face_and_its_failures_are_the_graders() -> None:
    answer = local_agent({"f": lambda x: x + 1})
    reference = Student(lambda request, blob, _: answer(request, blob), failure=GraderFault)

    assert reference.f(np.array([1.0])).tolist() == [2.0]
    with pytest.raises(GraderFault, match="TypeError"):
        reference.f("text")
