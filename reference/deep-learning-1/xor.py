"""What exploring XOR in 2 to 5 dimensions has to leave behind. Only the grader's own run counts."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from math import isnan

from grader.checks.curves import Curve, answering, check_named, curves, distinct, figures, words
from grader.checks.printed import failure, rows, text_of
from grader.notebooks.facts import closure, global_names, parse
from grader.records.figure import Figure
from grader.records.submission import Work

DIMENSIONS = (2, 3, 4, 5)
MODELS = 2 * len(DIMENSIONS)
"""At least two hidden sizes for each dimension."""
POINTS, CONVERGED = 3, 0.1
"""The starter's own `train` reports three losses for each net; a net that always answers 0.5 has a loss of 0.25."""

HIDDEN = r"hid\w{0,20}|neurons?|nodes?|units?|width|size|נוירונ\w*"
ABOUT_XOR = re.compile(rf"xor|{HIDDEN}|(?<![a-z])d(im\w*)?\s*=\s*\d")
HIDDEN_SIZE = re.compile(
    rf"(?:{HIDDEN}|(?<![a-z])h)(?:[ _-]*(?:dim\w{{0,20}}|size|layer|units?))?\W{{0,4}}\d+|(?<!\d)\d+[ _-]*(?:{HIDDEN})"
)
SEVERAL = re.compile(r"\d(?![\d.])\s*(?:(?:,|-|\u2013|to|and|&|\.\.+|\u2026)\s*(?:and\s*)?\d(?![\d.])\s*)+")
"""Several numbers at once (`d = 2, 3`) name no dimension alone."""
DIMENSION = re.compile(
    r"(?:(?<![a-z])(?:d|dims?|dimensions?|bits?|xor(?:data)?|inputs?|in[ _](?:features|dim|size))|ממד|מימד)"
    r"[\s=:_(\[$-]{0,4}(?P<after>[2-5])(?!\d|\.\d)"
    r"|(?<![\d.])(?P<before>[2-5])[\s-]?(?:d|dim\w*|bits?|inputs?)(?![a-z]|\s*[=:])"
)
OTHER_COUNTS = re.compile(r"hid|size|neuron|unit|width|epoch|step|layer|^[hk]$|^h|^_$", re.IGNORECASE)
LONGEST_ROW = 2_000
"""Variables whose numbers are not dimensions."""


def xor_answer(work: Work, elsewhere: Work) -> Work:
    def wanted(figure: Figure) -> bool:
        return models(losses([figure])) >= MODELS and bool(ABOUT_XOR.search(words(figure).lower()))

    return answering(work, elsewhere, wanted)


def losses(figures: Iterable[Figure]) -> list[Curve]:
    """The curves that can be losses over the epochs, and those that show the final loss by hidden size."""
    drawn = (curve for figure in figures for curve in curves(figure, lambda points: points >= 2))
    return distinct(curve for curve in drawn if len(curve.y) >= POINTS or by_size(curve))


def by_size(curve: Curve) -> bool:
    return bool(re.search(HIDDEN, curve.xlabel.lower()))


def models(curves: Iterable[Curve]) -> int:
    """How many nets the curves tell of: each is one net's, or has a point for each net."""
    return sum(len(curve.y) if by_size(curve) else 1 for curve in curves)


def dimension_in(text: str) -> set[int]:
    plain = SEVERAL.sub(" ", HIDDEN_SIZE.sub(" ", text.lower()))
    return {int(match["after"] or match["before"]) for match in DIMENSION.finditer(plain)}


def dimension_of(curve: Curve) -> int | None:
    """The dimension of the curve's data, if the words around it name exactly one."""
    for text in (curve.label, curve.title, curve.heading):
        found = dimension_in(text)
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def in_code(work: Work, elsewhere: Work) -> set[int]:
    """The dimensions that the code goes through: `range(2, 6)`, `[2, 3, 4, 5]`, `XORData(3)`; constants may be elsewhere."""
    own = [tree for cell in work.cells if (tree := parse(cell.source))]
    everything = [tree for cell in elsewhere.cells if (tree := parse(cell.source))]
    used = {name for tree in own for statement in tree.body for name in global_names(statement)}
    assigned = [part for part in closure(everything, used) if isinstance(part, ast.Assign)]
    found = set[int]()
    for root in [*own, *assigned]:
        for node in ast.walk(root):
            found |= numbers_in(node)
    return found & set(DIMENSIONS)


def numbers_in(node: ast.AST) -> set[int]:
    """The numbers that a loop goes through, an assignment lists, or the data is made for."""
    if isinstance(node, ast.For | ast.comprehension):
        pairs = [(node.target, node.iter)]
    elif isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    elif isinstance(node, ast.Call):
        return set(constants(node.args)) if is_xor_data(node.func) else set()
    else:
        return set()
    names = (
        (name.id, values)
        for target, values in pairs
        for name in ast.walk(target)
        if isinstance(name, ast.Name) and not OTHER_COUNTS.search(name.id)
    )
    return {number for _, values in names for number in listed(values)}


def is_xor_data(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and "xor" in function.id.lower()


def constants(nodes: Sequence[ast.expr | None]) -> Iterator[int]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            yield node.value
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            sides = list(constants([node.left, node.right]))
            if len(sides) == 2:
                yield sides[0] + sides[1] * (1 if isinstance(node.op, ast.Add) else -1)


def listed(values: ast.expr) -> Iterator[int]:
    """The numbers of a list, of a dictionary's keys, of a `range`, and of these inside of `enumerate`, `zip` or `tqdm`."""
    if isinstance(values, ast.List | ast.Tuple | ast.Set):
        yield from constants(values.elts)
    elif isinstance(values, ast.Dict):
        yield from constants(values.keys)
    elif isinstance(values, ast.Call):
        if values.args and ast.unparse(values.func).endswith("range"):
            bounds = [next(constants([argument]), None) for argument in values.args[:2]]
            # `range(epochs)` and `range(300)` count rounds; of `range(2, most)`, the end is taken for the right one
            if len(bounds) == 2 and bounds[0] is not None and (bounds[1] is not None or bounds[0] == DIMENSIONS[0]):
                start, stop = bounds[0], bounds[1]
                yield from (number for number in DIMENSIONS if start <= number and (stop is None or number < stop))
        else:
            for argument in values.args:
                yield from listed(argument)


def is_answered(work: Work) -> bool:
    """The region's starter holds code already, which shows nothing: an answer does, or makes nets or data of its own."""
    makes = any(re.search("FFNet|XORData", cell.source) for cell in work.cells)
    return makes or any(run.outputs for run in work.runs)


def dimensions(work: Work, elsewhere: Work) -> None:
    """Nets are trained for each of the dimensions 2 to 5."""
    answer = xor_answer(work, elsewhere)
    drawn, printed = figures(answer), text_of(answer)
    told = [*rows(printed), *(row for figure in drawn for row in words(figure).splitlines())]
    found = set[int]().union(*(dimension_in(row[:LONGEST_ROW]) for row in told))
    if drawn or printed.strip():
        found |= in_code(answer, elsewhere)
    if missing := [str(number) for number in DIMENSIONS if number not in found]:
        raise failure(
            answer,
            f"Nets should be trained for d = 2, 3, 4 and 5, but neither figures nor printed lines nor the code show d = "
            f"{', '.join(missing)}. Name the dimension in each plot's title or label.",
            is_answered(answer),
        )


def hidden_sizes(work: Work, elsewhere: Work) -> None:
    """Each dimension has the losses of nets with at least two hidden sizes in a figure."""
    answer = xor_answer(work, elsewhere)
    drawn = losses(figures(answer))
    if models(drawn) < MODELS:
        raise failure(
            answer,
            f"There should be loss curves of at least two hidden sizes for each of the dimensions 2 to 5, {MODELS} or more in "
            f"all, but the figures show {models(drawn) or 'none'}.",
            is_answered(answer),
        )
    by_dimension = {number: [c for c in drawn if dimension_of(c) == number] for number in DIMENSIONS}
    told = sum(map(len, by_dimension.values()))
    few = [str(number) for number, own in by_dimension.items() if models(own) < 2]
    # where not every curve names its dimension, the count has to do
    if told == len(drawn) and few:
        raise failure(
            answer,
            "There should be loss curves of at least two hidden sizes for each of the dimensions 2 to 5, but there are not "
            f"for d = {', '.join(few)}.",
        )


def labelled(work: Work, elsewhere: Work) -> None:
    """One can tell which loss curve belongs to which net."""
    answer = xor_answer(work, elsewhere)
    drawn = losses(figures(answer))
    # a curve of final losses by hidden size stands for several nets
    check_named(answer, drawn, min(MODELS, len(drawn)) if models(drawn) >= MODELS else MODELS, is_answered(answer))


def converges(work: Work, elsewhere: Work) -> None:
    """A net for d = 2 gets close to a loss of 0; any net, where the curves do not say which have d = 2."""
    answer = xor_answer(work, elsewhere)
    drawn = losses(figures(answer))
    simplest = [curve for curve in drawn if dimension_of(curve) == 2] or drawn
    reached = min((lowest_in_the_end(curve) for curve in simplest), default=None)
    if reached is None:
        raise failure(answer, "No figure shows the losses of the nets.", is_answered(answer))
    if not reached < CONVERGED:
        raise failure(
            answer,
            f"With d = 2, a net with some hidden neurons should reach a loss close to 0, but the lowest one in the end is "
            f"{reached:.3f}. Do the optimizer and the training use the same net, and is the hidden layer large enough? "
            "Always answering 0.5 gives 0.25.",
        )


def lowest_in_the_end(curve: Curve) -> float:
    last = curve.y if by_size(curve) else curve.y[-max(1, len(curve.y) // 10) :]
    return min((value for value in last if not isnan(value)), default=float("inf"))
