import json
import unicodedata

import pytest

from grader.text import one_line, printable, storable

EVERYTHING = "".join(map(chr, range(0x110000)))
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_printable_text_has_nothing_that_moves_the_cursor_or_turns_text_around() -> None:
    text = printable(EVERYTHING)
    assert {letter for letter in text if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}} == {"\t", "\n"}
    assert not [letter for letter in text if unicodedata.bidirectional(letter) in BIDI]


def test_one_line_is_one_line() -> None:
    assert len(one_line(EVERYTHING).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("שלום עולם, it's ½ · 日本 👩‍💻\n\tx", "שלום עולם, it's ½ · 日本 👩‍💻\n\tx"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2Jx\x1b]8;;http://a\x07y", "\ufffd[2Jx\ufffd]8;;http://a\ufffdy"),
        ("\x1b\x1b[m[2J", "\ufffd[2J"),
    ],
)
def test_words_stay(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


def test_storable_text_can_be_encoded() -> None:
    text = storable(EVERYTHING)
    assert json.loads(json.dumps(text).encode()) == text.encode().decode()
    assert "\0" not in text
