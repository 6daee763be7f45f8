"""Paths of one machine are found wherever code may name them, and nothing else is taken for one."""

import pytest

from grader.checks.paths import no_absolute_paths
from grader.errors import CheckFailed
from grader.notebooks.align import align, starter_regions
from grader.records.assignment import Assignment
from grader.records.notebook import Cell, Notebook
from grader.records.submission import Submission


def submission(*sources: str) -> Submission:
    cells = tuple(Cell(index, "code", source) for index, source in enumerate(sources))
    return Submission(Notebook("", cells), ("q",) * len(cells), Notebook("", ()), ())


@pytest.mark.parametrize(
    "source",
    [
        r'open("C:\\Users\\x\\a.csv")',
        r'open(r"C:\Users\x\a.csv")',
        r'open("C:\Users\x\a.csv")',
        'open("C:/Users/x")',
        'torch.save(m, "D:/m.pt")',
        r'os.path.join("C:\\", "x")',
        r'glob(r"C:\data\*.png")',
        r'pd.read_csv(r"\\server\share\a.csv")',
        'root = "/home/alex/data"',
        'sys.path.append("/Users/alex/code")',
        "Path('/home/a') / 'x'",
        'f("/root/.cache")',
        'f("/mnt/data")',
        'f("/media/usb/x")',
        'f("/Volumes/USB/x")',
        'f("~/data")',
        'f("file:///home/x")',
        'f(f"/home/{user}/x")',
        'f(f"C:/data/{x}")',
        'f(f"~/{x}")',
        'f(root="  /home/a/b")',
        r"%cd C:\Users\x",
        r'%run "C:\Users\My Name\x.py"',
        "!cp /home/a/b .",
        "!python x.py --root=/home/a",
        "%%bash\ncd /home/a\n",
        'os.system("cp /home/a/b .")',
        'def f(:\n  x = "/home/a/b"',
        "%cd /home/a\ndef f(:\n",
    ],
)
def test_an_absolute_path_is_found(source: str) -> None:
    with pytest.raises(CheckFailed, match=r"there is `.+` in code cell 2 \(starting `"):
        no_absolute_paths(submission("x = 1", source))


@pytest.mark.parametrize(
    "source",
    [
        'f("http://host/home/x", "https://h/Users/x")',
        "a/b/c",
        'f("N/A", "a/b", "A/B", "/")',
        'f("C: 5", "loss: 0.1", "03/12/2025", "file: x", "W:\\n", "x:\\t")',
        'f(f"Epoch {i}/{n}", f"{a}/home/x", f"{d}: /n")',
        'f("/content/drive/MyDrive", "/content/x", "/kaggle/input", "/tmp/x", "/dev/null")',
        'f("./data", "../home/x", "home/x", "data/mnt/x")',
        r'f(r"$\alpha$", r"\frac{1}{2}", r"\\ \alpha", "\\alpha")',
        r're.match(r"d:\s*(\d+)", x)',
        r're.sub(r"\\d+", "", x)',
        'base + "/home/x"',
        'Path.home() / "x"',
        'os.path.expanduser("~")',
        'f("saved below /home/alex")',
        '"""Put the data into\n/home/alex/x first."""\nx = 1',
        'def f():\n  "C:/Users/x is where it was"\n  return 1',
        "# /home/x/y\nx = 1  # C:/Users/x",
        "!pip install -q torch",
        "!wget https://x.y/home/a",
        "%%bash\n# /home/a\nls",
        "%matplotlib inline",
        "platform.system()",
        'def f(:\n # "/home/a/b"\n',
        'def f(:\n  """\n/home/a"""',
        'x = \'not closed\ny = "a/b"',
    ],
)
def test_nothing_else_is_taken_for_one(source: str) -> None:
    no_absolute_paths(submission(source))


def test_text_cells_do_not_count() -> None:
    cells = (Cell(0, "markdown", "`C:/Users/x`"), Cell(1, "raw", "'/home/a/b'"))
    no_absolute_paths(Submission(Notebook("", cells), ("q", "q"), Notebook("", ()), ()))


def test_all_places_are_named() -> None:
    with pytest.raises(
        CheckFailed, match=r"there are `/home/a/x` in code cell 1 .*, `/home/a/y` in code cell 1 .* and `~/z` in"
    ):
        no_absolute_paths(submission("f('/home/a/x', '/home/a/y', '/home/a/x')", "f('~/z')"))


@pytest.mark.parametrize("unit", ["'\"", '"""', "'''", "f'", "!\n", '"C:\\a', "\\\\a", "/home/"])
def test_broken_code_takes_no_time(unit: str) -> None:
    no_absolute_paths(submission("def f(:\n" + unit * (20_000 // len(unit))))


def test_the_solution_and_the_starter_pass(assignment: Assignment) -> None:
    regions = assignment.rubric.regions
    homes = tuple(starter_regions(assignment.starter, regions))
    for notebook in (assignment.solution, assignment.starter):
        no_absolute_paths(Submission(notebook, align(notebook, assignment.starter, regions), assignment.starter, homes))
