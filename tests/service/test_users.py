"""A roster comes in whole or not at all, and tokens are known once."""

import pytest

from grader.errors import BadRoster
from grader.records.rubric import Policy
from grader.service.store import Store, reading
from grader.service.submissions import Upload, accept
from grader.service.tables import UserRow
from grader.service.users import User, deserted, import_roster, replace_token, user_with
from tests.service.conftest import ROSTER

HEAD = "email,name,id,role,team\n"


def test_who_is_new_gets_a_token_and_who_is_not_keeps_theirs(store: Store, tokens: dict[str, str]) -> None:
    changed = ROSTER.replace("1003,student,", "1003,student,t2") + "new@example.org,New,1004,student,t2\n"
    assert [email for email, _ in import_roster(store, changed)] == ["new@example.org"]
    grace = user_with(store, tokens["grace"])
    assert grace is not None
    assert grace.team == "t2"


def test_partners_are_one_team_and_whoever_has_none_is_their_own(people: dict[str, User]) -> None:
    assert people["ada"].team == people["alan"].team == "t1"
    assert people["grace"].team == "grace@example.org"


def test_no_token_can_be_read_from_the_database(store: Store, tokens: dict[str, str]) -> None:
    with reading(store) as session:
        stored = {value for row in session.query(UserRow) for value in vars(row).values()}
    assert not stored & set(tokens.values())
    assert len(set(tokens.values())) == 5
    assert all(len(token) >= 43 for token in tokens.values())


@pytest.mark.parametrize("token", ["", "wrong", "é", "x" * 10_000])
def test_a_wrong_token_is_nobodys(store: Store, tokens: dict[str, str], token: str) -> None:
    assert user_with(store, token) is None


@pytest.mark.parametrize(
    ("roster", "said"),
    [
        ("email,name\n", "lacks the columns id, role, team"),
        ("", "lacks the columns"),
        (HEAD + "ada,Ada,1,student,\n", "Line 2"),
        (HEAD + "a@b,Ada,1,student,\nA@B,Ada,1,student,\n", "Lines 2 and 3"),
        (HEAD + "new@b,Ada,1,student,\na@b,Ada,1,teacher,\n", "Line 3 of the roster has the role 'teacher'"),
        (HEAD + "a@b\n", "has the role ''"),
    ],
)
def test_a_roster_with_a_mistake_changes_nobody(store: Store, roster: str, said: str) -> None:
    with pytest.raises(BadRoster, match=said):
        import_roster(store, roster)
    with reading(store) as session:
        assert session.query(UserRow).count() == 0


def test_a_spreadsheets_mark_of_order_is_no_part_of_the_roster(store: Store) -> None:
    assert import_roster(store, "\ufeff" + ROSTER)


def test_a_token_that_is_replaced_lets_nobody_in(store: Store, tokens: dict[str, str]) -> None:
    token = replace_token(store, " Ada@example.org")
    assert user_with(store, tokens["ada"]) is None
    assert user_with(store, token) is not None
    assert user_with(store, tokens["alan"]) is not None
    with pytest.raises(BadRoster, match="Nobody has"):
        replace_token(store, "eve@example.org")


def test_a_team_that_a_roster_leaves_without_students_is_named(store: Store, people: dict[str, User]) -> None:
    for name in ("ada", "grace"):
        accept(
            store, Upload("deep-learning-1", people[name].team, "w.ipynb", name.encode(), 1.0), people[name], Policy()
        )
    assert deserted(store) == []
    import_roster(store, ROSTER.replace("1003,student,", "1003,student,t1"))
    assert deserted(store) == ["grace@example.org"]
