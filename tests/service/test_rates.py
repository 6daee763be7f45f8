"""How much somebody may ask for at once and in a row."""

from contextlib import ExitStack

import pytest

from grader.errors import Refused
from grader.service.rates import UNDER_WAY, UPLOADS, WRONG_TOKENS, Rates


def test_one_person_has_so_many_uploads_under_way_and_others_have_theirs() -> None:
    rates = Rates()
    with ExitStack() as stack:
        for _ in range(UNDER_WAY):
            stack.enter_context(rates.upload(1))
        with pytest.raises(Refused, match="under way") as refused, rates.upload(1):
            pass
        assert refused.value.status == 429
        stack.enter_context(rates.upload(2))
    with rates.upload(1):
        pass


def test_uploads_in_a_row_end_somewhere() -> None:
    rates = Rates()
    for _ in range(UPLOADS.amount):
        with rates.upload(1):
            pass
    with pytest.raises(Refused, match="in a minute"), rates.upload(1):
        pass
    with rates.upload(2):
        pass


def test_wrong_tokens_are_counted_by_where_they_come_from() -> None:
    rates = Rates()
    assert [rates.wrong_token("a") for _ in range(WRONG_TOKENS.amount + 1)] == [*[False] * WRONG_TOKENS.amount, True]
    assert not rates.wrong_token("b")
