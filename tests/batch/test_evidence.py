"""The sentences about a pair name cells as people count them, and say how much."""

from grader.batch.evidence import code, figures, file, match, numbers, text

FIRST = {"a": 0, "b": 0, "c": 4, "own": 4}
SECOND = {"a": 2, "b": 2, "c": 9, "d": 9, "e": 9, "all": 1}
RARITY = {"a": 1.0, "b": 1.0, "c": 0.5, "d": 1.0, "e": 1.0, "own": 1.0, "all": 0.0}


def test_a_pair_is_seen_from_whom_has_less() -> None:
    for sides in ((("x", FIRST), ("y", SECOND)), (("y", SECOND), ("x", FIRST))):
        found = match(*sides, RARITY)
        assert (found.part, found.whole) == ("x", "y")
        assert (found.amount, found.share) == (2.5, 2.5 / 3.5)


def test_where_most_is_shared_comes_first() -> None:
    found = match(("x", FIRST), ("y", SECOND), RARITY)
    assert [(place.here, place.there, place.share) for place in found.places] == [(0, 2, 1.0), (4, 9, 0.5 / 1.5)]
    assert found.traces == ("a", "b", "c")


def test_what_all_have_is_not_shown() -> None:
    found = match(("x", {**FIRST, "all": 7}), ("y", SECOND), RARITY)
    assert "all" not in found.traces
    assert not [place for place in found.places if place.here == 7]


def test_a_passage_is_quoted_as_far_as_a_person_reads() -> None:
    long = match(("x", {"w" * 9000: 0}), ("y", {"w" * 9000: 0}), {"w" * 9000: 1.0})
    assert len(text(long)) < 300


def test_every_kind_has_its_sentence() -> None:
    found = match(("x", FIRST), ("y", SECOND), RARITY)
    where = "cell 1 of x and cell 3 of y (100%); cell 5 of x and cell 10 of y (33%)."
    assert file(found) == "x and y handed in the same file, byte for byte."
    assert code(found) == f"71% of x's own code is also in y, other names and layout aside: {where}"
    assert text(found) == f'Both write "a" and 2 more such passages: {where}'
    assert figures(found) == f"3 of their figures are equal byte for byte: {where}"
    assert numbers(found).startswith(f"Both print a in a row and 2 more such rows: {where}")


def test_a_long_list_of_cells_ends() -> None:
    many = {str(number): number for number in range(10)}
    found = match(("x", many), ("y", many), dict.fromkeys(many, 1.0))
    assert code(found).endswith("; 4 more.")
