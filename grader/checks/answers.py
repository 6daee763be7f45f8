"""Whether the text questions of a region are answered, and whether the answers are written in red."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from grader.checks.cells import called, quoted_or_remarked, shortened
from grader.checks.markup import Piece, is_red, visible
from grader.checks.written import given_cells, submitted_cells, written
from grader.errors import CheckFailed
from grader.records.notebook import Cell
from grader.records.submission import Submission

RED_ENOUGH, CHARACTERS_PER_QUESTION = 0.8, 5
SHORTEST_QUESTION = 12
LONGEST_QUOTE, MOST_CELLS = 60, 20

WORD = re.compile(r"[^\W_]+")
LABELS = {"answer", "answers", "question", "questions", "q", "a", "ans", "תשובה", "תשובות", "שאלה", "שאלות", "סעיף"}
"""Words in front of an answer that are neither an answer nor have to be red."""
HOW = '`<span style="color:red">your answer here</span>`'


@dataclass(frozen=True)
class Given:
    """What the starter's cells of a region show: not the authors' words, wherever they stand."""

    lines: frozenset[str]
    """Letters and digits only."""
    asides: frozenset[str]


@dataclass(frozen=True)
class Answer:
    """How much was written: numbers of letters, and of letters and digits together."""

    characters: int = 0
    red: int = 0
    plain: int = 0
    red_aside: int = 0
    plain_aside: int = 0
    """Formulas and code: they need not be red where there are words as well."""
    example: str = ""
    """Words that are not red."""


def answered_in_red(submission: Submission, region: str, questions: int = 1) -> None:
    """What was added to the region's `questions` text questions is an answer, and nearly all of it is red."""
    cells = submitted_cells(submission, region)
    given = given_text(given_cells(submission, region))
    answer = total(read(cell, given) for cell in texts(cells))
    enough = CHARACTERS_PER_QUESTION * questions
    these = "this question" if questions == 1 else f"these {questions} questions"
    if answer.characters < enough:
        if found := remarked(submission, region, enough):
            raise CheckFailed(
                f"There is no answer to {these} in a text cell. If it is what {called(submission.notebook, found)} holds "
                f"as comments or strings, move it into a Markdown cell, in red: {HOW}."
            )
        if answer.characters:
            raise CheckFailed(
                f"{these.capitalize()} should be answered, but only {answer.characters} letters or digits were written. "
                f"Answer in a Markdown cell below the question, in red: {HOW}."
            )
        instead = "only the assignment's own text is there" if cells else "the question's cells are gone"
        raise CheckFailed(
            f"There is no answer to {these}: {instead}. Answer in a Markdown cell below the question, in red: {HOW}."
        )
    share = red_share(answer)
    if share >= RED_ENOUGH:
        return
    if share == 0:
        raise CheckFailed(f"The answer to {these} is there, but it is not red. Put each paragraph of it into {HOW}.")
    raise CheckFailed(
        f"Only about {max(1, round(100 * share))} % of the answer to {these} is red; for example, "
        f"`{shortened(answer.example, LONGEST_QUOTE)}` is not. Put each paragraph of it into {HOW}."
    )


def red_share(answer: Answer) -> float:
    if answer.red + answer.plain:
        return answer.red / (answer.red + answer.plain)
    asides = answer.red_aside + answer.plain_aside
    # digits alone: nobody could say of them that they should have been red
    return answer.red_aside / asides if asides else 1.0


def texts(cells: Iterable[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell.kind != "code"][:MOST_CELLS]


def given_text(cells: Sequence[Cell]) -> Given:
    pieces = [piece for cell in texts(cells) for piece in [*visible(cell.source), Piece("\n")]]
    text = "".join(piece.text if piece.kind == "text" else " " for piece in pieces)
    lines = {letters(line) for line in text.splitlines()}
    return Given(
        lines=frozenset(line for line in lines if len(line) >= SHORTEST_QUESTION),
        asides=frozenset(piece.text for piece in pieces if piece.kind != "text"),
    )


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def read(cell: Cell, given: Given) -> Answer:
    """What the authors wrote into one cell."""
    pieces = visible(cell.source) if cell.kind == "markdown" else [Piece(cell.source)]
    text = "".join(piece.text if piece.kind == "text" else " " for piece in pieces)
    red = [is_red(piece.color) for piece in pieces for _ in (piece.text if piece.kind == "text" else " ")]
    own = own_text(text, given)
    parts = [part(own[m.start() : m.end()], red[m.start() : m.end()]) for m in WORD.finditer(own)]
    asides = [aside(piece) for piece in pieces if piece.kind != "text" and piece.text not in given.asides]
    return replace(total([*parts, *asides]), example=first_plain(own, red))


def first_plain(own: str, red: Sequence[bool]) -> str:
    """The first of the authors' words that are not red, to the end of their line."""
    for match in WORD.finditer(own):
        if part(match[0], red[match.start() : match.end()]).plain:
            end = next((at for at in range(match.start(), len(own)) if red[at] or own[at] == "\n"), len(own))
            return " ".join(own[match.start() : end].split())
    return ""


def own_text(text: str, given: Given) -> str:
    """`text` with blanks in place of the starter's lines, however they are wrapped and emphasised."""
    places = [at for at, letter in enumerate(text) if letter.isalnum()]
    packed, kept = letters(text), list(text)
    for line in given.lines:
        start = packed.find(line)
        while start >= 0:
            for at in places[start : start + len(line)]:
                kept[at] = " "
            start = packed.find(line, start + len(line))
    return "".join(kept)


def part(word: str, red: Sequence[bool]) -> Answer:
    if word.lower() in LABELS:
        return Answer()
    colors = [color for letter, color in zip(word, red, strict=True) if letter.isalpha()]
    return Answer(characters=len(word), red=sum(colors), plain=len(colors) - sum(colors))


def aside(piece: Piece) -> Answer:
    characters, count = len(letters(piece.text)), sum(map(str.isalpha, piece.text))
    if not is_red(piece.color):
        return Answer(characters=characters, plain_aside=count)
    if piece.colored_formula:
        return Answer(characters=characters, red=count)
    return Answer(characters=characters, red_aside=count)


def total(answers: Iterable[Answer]) -> Answer:
    listed = list(answers)
    return Answer(
        characters=sum(answer.characters for answer in listed),
        red=sum(answer.red for answer in listed),
        plain=sum(answer.plain for answer in listed),
        red_aside=sum(answer.red_aside for answer in listed),
        plain_aside=sum(answer.plain_aside for answer in listed),
        example=next((answer.example for answer in listed if answer.example), ""),
    )


def remarked(submission: Submission, region: str, enough: int) -> Cell | None:
    """The first code cell of the region with as many letters in comments and strings as an answer has."""

    def words(lines: Sequence[str]) -> Iterator[str]:
        return (text for _, text in quoted_or_remarked("\n".join(lines)) if " " in text.strip())

    for added in written(submission, region):
        if added.cell.kind == "code" and sum(len(letters(text)) for text in words(added.lines)) >= enough:
            return added.cell
    return None
