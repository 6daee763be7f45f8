# ruff: noqa: RUF001 (Hebrew letters and dashes look like others)
"""Who handed a notebook in: two names and two IDs at its top, in whatever layout."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from grader.checks.cells import listed, quoted_or_remarked
from grader.checks.markup import visible_text
from grader.checks.written import given_cells, packed, submitted_cells, written
from grader.errors import CheckFailed
from grader.records.submission import Submission

PAIR = 2
ID_LENGTHS = (8, 9)
"""Leading zeros get lost."""
SHORTEST_NUMBER = 5
MOST_CELLS, LONGEST_TEXT, LONGEST_NAME = 20, 8_000, 5

NAME_LABEL = re.compile(
    r"\b(?:(?:full|first|last|family|student|author)[ '’s]*)*names?\b(?:\s*#?\s*[12345]\b)?"
    r"|\b(?:students?|partners?|members?|submitters?|authors?)\b(?:\s*(?:no\.?|#)?\s*[12345]\b)?"
    r"|\b(?:submitted|submission|written|made|handed in)\s+by\b"
    r"|\b(?:ו?ה?(?:סטודנט(?:ים|יות|ית)?|מגיש(?:ים|ות|ה)?)|ו?שם(?:\s+(?:מלא|פרטי|משפחה))?|ו?שמות|הוגש)(?:\s*[12345]\b)?"
    r"|\bby\b|\bעל\s+ידי\b|\bע[\"״]י\b",
    re.IGNORECASE,
)
ID_LABEL = re.compile(
    r"\b(?:student\s+|teudat\s+zehut\s+|t\.?z\.?\s+)?(?:i\.?d\.?s?|teudat\s+zehut|t\.z\.)(?!\w)"
    r"(?:\s*(?:numbers?|nos?\.?|nums?\.?|#))?(?:\s*#?\s*[12345](?=\s*[:\-–)]))?"
    r"|\bו?(?:מספרי?\s+|מס['׳]?\s+)?(?:ת\.?\s?ז\b\.?|ת[\"״]ז|תעודות?\s+(?:ה)?זהות|זהות)(?:\s*[12345](?=\s*[:\-–)]))?",
    re.IGNORECASE,
)
ELSE = re.compile(
    r"[\w.+-]{1,64}@[\w.-]{1,255}"
    r"|\bhttps?://\S+"
    r"|\b(?:[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{4}|[0-9]{2})|[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2})\b"
    r"|\b[0-9]{1,2}:[0-9]{2}\b"
    r"|(?<![0-9])\+[0-9][0-9 ().-]{6,16}[0-9]"
    r"|\b05[0-9](?:-?[0-9]{7}|[ -][0-9]{3}[ -]?[0-9]{4})\b|\b0[23489]-[0-9]{3}-?[0-9]{4}\b"
    r"|\b(?:e-?mails?|phones?|mobile|cell|tel|אימייל|מייל|דוא\"?ל|טלפון|נייד)\b[:. -]{0,4}(?:[0-9][0-9 ()-]{5,14}[0-9])?",
    re.IGNORECASE,
)
"""Addresses, dates, times and telephone numbers."""
ID_MARK = "№"

NUMBERS = re.compile(rf"(?P<mark>{ID_MARK}[^\w\n]{{0,5}})?(?P<run>[0-9]+(?:[-. ][0-9]+)*)")
NUMBERING = re.compile(r"^\W{0,8}[1-5]\s?[.):](?![0-9])")
BETWEEN = re.compile(
    r"[|,;:()\[\]{}<>/\\=+*_#~“”•·…&№\"0-9]|(?:^|\s)[-–—]+|[-–—]+(?:\s|$)"
    r"|\b(?:and|is|are|his|her|my|our|we|the|with|of|pair|team|group|number|no)\b",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]+(?:['’׳״.-]+[^\W\d_]+)*['’׳.]?\Z")
NOT_A_NAME = re.compile(
    r"\b(?:assignment|code|college|colab|computer|course|data|deep|department|due|date|electrical|engineering|exercise"
    r"|faculty|gpu|homework|hw|information|institute|instructor|introduction|learning|lecturer|logistic|machine|model"
    r"|networks?|neural|notebook|optimization|part|professor|project|python|pytorch|questions?|regression|report|science"
    r"|semester|software|solutions?|submission|systems?|task|topics?|university|version|(?:winter|spring|summer)\s+(?:semester|term|20\d\d)|year"
    r"|קורס|תרגיל|מטלה|מטלת|עבודה|עבודת|למידה|עמוקה|אוניברסיטה|אוניברסיטת|מכללה|מכללת|תאריך|הגשה|סמסטר|מרצה|מתרגל|מתרגלת"
    r"|פקולטה|מחלקה|מבוא|מדעי|המחשב|הנדסת|קבוצה|מספר)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Person:
    """One of the authors; what was not found is empty."""

    name: str
    id: str
    """As many digits as were written."""


@dataclass(frozen=True)
class Row:
    """A line of text: the names and IDs in it."""

    names: tuple[str, ...]
    ids: tuple[str, ...]
    names_labelled: bool
    ids_labelled: bool


def two_names(submission: Submission, region: str) -> None:
    """The names of exactly two people are in `region`."""
    found = [person.name for person in people(submission, region) if person.name]
    if len(found) == PAIR:
        return
    left = placeholder(submission, region)
    if not found:
        raise CheckFailed(f"The names of both students should be at the top of the notebook, but there are none{left}.")
    if len(found) < PAIR:
        raise CheckFailed(
            f"Submissions are in pairs: two names should be at the top of the notebook, but there is only "
            f"one, `{found[0]}`{left}."
        )
    raise CheckFailed(
        f"Submissions are in pairs: two names should be at the top of the notebook, but there are {len(found)}: "
        f"{listed(quoted(found))}."
    )


def two_ids(submission: Submission, region: str) -> None:
    """Exactly two different, well-formed IDs are in `region`."""
    found = [person.id for person in people(submission, region) if person.id]
    left = placeholder(submission, region)
    if not found:
        raise CheckFailed(f"The IDs of both students should be at the top of the notebook, but there are none{left}.")
    if wrong := [number for number in found if not is_well_formed(number)]:
        described = listed([f"`{number}` has {len(number)}" for number in wrong])
        raise CheckFailed(f"An ID has 9 digits, but {described}. Correct it at the top of the notebook.")
    if len({number.zfill(9) for number in found}) < len(found):
        raise CheckFailed(
            f"Each student has an ID of their own, but `{found[0]}` is at the top of the notebook more than once."
            if len(found) == PAIR
            else f"Each student has an ID of their own, but of {listed(quoted(found))} at the top of the notebook two are the same."
        )
    if len(found) < PAIR:
        raise CheckFailed(
            f"Submissions are in pairs: two IDs should be at the top of the notebook, but there is only "
            f"one, `{found[0]}`{left}."
        )
    if len(found) > PAIR:
        raise CheckFailed(
            f"Submissions are in pairs: two IDs should be at the top of the notebook, but there are {len(found)}: "
            f"{listed(quoted(found))}."
        )


def people(submission: Submission, region: str) -> tuple[Person, ...]:
    """Who is named in what the authors wrote into `region`, in order; those with name and ID on one line come first."""
    rows = [found for line in lines_of(submission, region) if (found := row(line))]
    together, names, ids, bare = list[Person](), list[str](), list[str](), list[tuple[bool, str]]()
    for index, here in enumerate(rows):
        for name, number in zip_longest(here.names, here.ids, fillvalue=""):
            if name and number:
                together.append(Person(name, number))
            elif number:
                ids.append(number)
            elif here.names_labelled or here.ids:
                names.append(name)
            elif is_written_as_name(name):
                bare.append((not beside_ids(rows, index), name))
    known = {person.name for person in together}
    names = [name for name in dict.fromkeys(names) if name not in known]
    wanted = max(PAIR, len(together) + len(ids)) - len(together) - len(names)
    others = dict.fromkeys(name for _, name in sorted(bare, key=lambda entry: entry[0]) if name not in {*known, *names})
    chosen = list(others)[: max(0, wanted)]
    names += [name for name in dict.fromkeys(name for _, name in bare) if name in chosen]
    alone = [Person(name, number) for name, number in zip_longest(names, ids, fillvalue="")]
    everyone = list(dict.fromkeys([*together, *alone]))
    if sum(is_well_formed(person.id) for person in everyone) >= PAIR:
        # a number that is nobody's, such as a course's
        everyone = [person for person in everyone if person.name or is_well_formed(person.id)]
    return tuple(everyone)


def beside_ids(rows: Sequence[Row], index: int) -> bool:
    """Whether the line above or below has IDs and no names of its own."""
    return any(
        other.ids and not other.names for other in (*rows[max(index - 1, 0) : index], *rows[index + 1 : index + 2])
    )


def lines_of(submission: Submission, region: str) -> list[str]:
    """What a reader sees of what the authors wrote; of code, the comments and strings."""
    texts = []
    for part in written(submission, region)[:MOST_CELLS]:
        source = "\n".join(part.lines)
        if part.cell.kind == "code":
            source = "\n".join(text for _, text in quoted_or_remarked(source))
        texts.append(visible_text(source))
    text = unicodedata.normalize("NFKC", "\n".join(texts)[:LONGEST_TEXT])
    # marks of direction, and points of vowels that stand between the letters
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cf", "Mn"))
    return text.translate({ord("‐"): "-", ord("‑"): "-", ord("\t"): " | "}).splitlines()


def row(line: str) -> Row | None:
    """The names and IDs of one line; None where there are none."""
    text, id_labels = ID_LABEL.subn(f" {ID_MARK} ", ELSE.sub(" | ", line))
    text, name_labels = NAME_LABEL.subn(" | ", text)
    text = NUMBERING.sub("", text)
    ids = tuple(
        number for match in NUMBERS.finditer(text) for number in ids_in(match["run"], match["mark"] is not None)
    )
    phrases = list(dict.fromkeys(phrases_in(text)))
    full = [phrase for phrase in phrases if " " in phrase]
    if not ids and not name_labels:
        names = full
    elif len(phrases) == len(ids) or not (full or len(ids) == 1):
        names = phrases
    elif full:
        # a name and its transcription are one person's
        names = [name for name in full if len(ids) > 1 or not ids or is_latin(name) == is_latin(full[0])]
    else:
        names = [" ".join(phrases)] if phrases else []
    labelled = bool(id_labels or name_labels)
    if (not names and not ids) or (NOT_A_NAME.search(text) and not labelled and not (names and ids)):
        return None
    return Row(tuple(names), ids, bool(name_labels), bool(id_labels))


def ids_in(run: str, labelled: bool) -> Iterator[str]:
    """The IDs in a run of digits with single dashes, dots or blanks between them.

    A number of another length is taken for an ID that lacks digits or has too many, if it is long enough or `labelled`.
    """
    groups = re.split(r"[-. ]", run)
    at, found = 0, False
    while at < len(groups):
        ends = {len("".join(groups[at:end])): end for end in range(min(len(groups), at + max(ID_LENGTHS)), at, -1)}
        length = next((length for length in sorted(ID_LENGTHS, reverse=True) if length in ends), None)
        if length is not None:
            yield "".join(groups[at : ends[length]])
            found = True
        at = ends[length] if length is not None else at + 1
    digits = "".join(groups)
    if not found and len(digits) >= (3 if labelled else SHORTEST_NUMBER):
        yield digits


def phrases_in(text: str) -> Iterator[str]:
    """What could be names: a few words each, none of which is about the course."""
    for part in BETWEEN.split(text):
        words = part.split()
        if not 1 <= len(words) <= LONGEST_NAME or not all(map(WORD.match, words)):
            continue
        if not NOT_A_NAME.search(part) and len("".join(words)) > 1:
            yield from without_and([word if len(word) <= 2 else word.rstrip(".") for word in words])


def without_and(words: Sequence[str]) -> Iterator[str]:
    """One name, or two that are joined by the Hebrew `and`, which is written as a part of the next word."""
    for at in range(2, len(words) - 1):
        if words[at].startswith("ו") and len(words[at]) > 2:
            yield " ".join(words[:at])
            yield " ".join([words[at][1:], *words[at + 1 :]])
            return
    yield " ".join(words)


def is_latin(name: str) -> bool:
    return unicodedata.name(name[0], "").startswith("LATIN")


def is_written_as_name(phrase: str) -> bool:
    """Whether all words begin with a capital, in scripts that have some."""
    return all(word[0] == word[0].upper() for word in phrase.split())


def is_well_formed(number: str) -> bool:
    return len(number) in ID_LENGTHS


def placeholder(submission: Submission, region: str) -> str:
    """What to add to a sentence where the starter's own lines still ask for a name and an ID."""
    there = {packed(line) for cell in submitted_cells(submission, region) for line in cell.source.splitlines()}
    left = []
    for cell in given_cells(submission, region):
        for line in cell.source.splitlines():
            text, ids = ID_LABEL.subn("", visible_text(line))
            text, names = NAME_LABEL.subn("", text)
            if packed(line) in there and ids and names and not any(map(str.isalnum, text)):
                left.append(visible_text(line).strip(" -*"))
    return (
        f"; {listed(quoted(left))} still {'stands' if len(left) == 1 else 'stand'} there as in the starter"
        if left
        else ""
    )


def quoted(texts: Sequence[str]) -> list[str]:
    return [f"`{text}`" for text in texts]
