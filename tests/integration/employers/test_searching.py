"""The staff's search of employers: the same answer as comparing every name, by an index alone."""

from __future__ import annotations

import random

import pytest
from flask import Flask
from sqlalchemy import insert, select, text

from portal.cli.schema import differences, downgrade, upgrade
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.employers.queries import lists, search_employers
from portal.employers.rules.identifiers import normalise_company_number
from portal.employers.rules.names import index_words, telling_words
from portal.integrations import search
from tests.factories.employers import make_employer
from tests.support.plans import plan_lines
from tests.support.races import database_of
from tests.support.statements import sent_to

_WORDS = (
    *("Bäckerei", "CAFÉ", "Łódź", "M", "&", "q", "50%", "off_cuts", "O'Brien", "Straße", "ﬁsh"),
    *(
        "\u210cotel",
        "Öl",
        "İnan",
        "zz",
        "Care",
        "careful",
        "Scar",
        "ab",
        "abab",
        "北京烤鸭",
        "100",
        "x" * 30,
    ),
)
_ALONE = (
    "%",
    "_",
    "'",
    '"',
    "*",
    "a",
    "M",
    "é",
    " ",
    "",
    "the",
    "AND",
    "ab*",
    '"ab" OR',
    "\\",
    "zz0",
)


def plain_answer(question: str) -> list[int]:
    """Every name compared, in the order of the list."""
    words = telling_words(question[:200])[:6]
    rows = current_session().execute(
        select(Employer.id, Employer.search_text).order_by(Employer.name, Employer.id)
    )
    # SQLite's LIKE takes large and small letters for the same, as far as ASCII goes.
    return [key for key, said in rows if all(_low(word) in _low(said) for word in words)]


def _low(said: str) -> str:
    if current_session().get_bind().dialect.name != "sqlite":
        return said
    return "".join(letter.lower() if letter.isascii() else letter for letter in said)


def every_page(question: str) -> list[int]:
    found: list[int] = []
    after = None
    while True:
        page = search_employers(question, after=after, limit=7)
        found += [row.id for row in page.rows]
        after = page.next_after
        if after is None:
            return found


def named(*names: str) -> Employer:
    plain, made = index_words(*names)
    return make_employer(
        name=names[0],
        trading_name=next(iter(names[1:]), None),
        search_text=" ".join(dict.fromkeys([*plain, *made])),
    )


@pytest.mark.parametrize("most", [1000, 2], ids=["few", "many"])
def test_it_finds_what_comparing_every_name_finds(
    app: Flask, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(search, "MOST_HOLDING", most)
    dice = random.Random(44)  # noqa: S311 - the same words each time
    said: list[str] = []
    with unit_of_work():
        for _ in range(60):
            names = [" ".join(dice.choices(_WORDS, k=dice.randint(1, 4))) + " Ld" for _ in "ab"]
            said += [named(*names[: dice.randint(1, 2)]).search_text]
    asked = [*_ALONE, *_WORDS]
    for _ in range(80):
        cut = []
        for _part in range(dice.randint(1, 3)):
            whole = dice.choice([*_WORDS, dice.choice(said)])
            start = dice.randrange(len(whole))
            cut.append(whole[start : start + dice.randint(1, 8)])
        asked.append(" ".join(cut))
    answered = 0
    for question in asked:
        if normalise_company_number(question) and any(one.isdigit() for one in question):
            # Looked up as a number, which none of these has.
            assert every_page(question) == [], question
            continue
        wanted = plain_answer(question) if not question.strip() or telling_words(question) else []
        assert every_page(question) == wanted, question
        answered += bool(wanted)
    assert answered > 50


def test_a_name_is_found_from_the_transaction_on_that_writes_it(app: Flask) -> None:
    """Renamed, emptied as by an erasure, and taken out: by whatever writes to the table."""
    with unit_of_work() as session:
        employer = named("Marigold Laundry Ltd")
        assert [row.id for row in search_employers("rigol").rows] == [employer.id]
        employer.search_text = "foxglove"
        session.flush()
        assert candidates("rigol") == []
        assert candidates("oxglov") == [employer.id]
        employer.search_text = ""
        session.flush()
        assert candidates("oxglov") == []
        session.execute(text("UPDATE employers SET search_text = 'teasel' WHERE id = :id"),
                        {"id": employer.id})  # fmt: skip
        assert candidates("ease") == [employer.id]
        session.delete(employer)
        session.flush()
        assert candidates("ease") == []
        if session.get_bind().dialect.name == "sqlite":
            # Says so if the index were not that of the names.
            session.execute(
                text("INSERT INTO employer_letters(employer_letters) VALUES ('integrity-check')")
            )


def candidates(word: str) -> list[int]:
    session = current_session()
    narrowed = lists.LETTERS.narrowing(session, [word])
    assert narrowed is not None
    return list(session.scalars(narrowed))


def test_who_was_here_before_the_index_is_in_it(committed_app: Flask) -> None:
    database = database_of(committed_app)
    with committed_app.app_context(), unit_of_work():
        named("Marigold Laundry Ltd")
    downgrade(database, "043_shown_stamps")
    with database.engine.begin() as connection:
        # As the version before would, while the index is not there.
        connection.execute(text("UPDATE employers SET search_text = 'foxglove laundry'"))
    upgrade(database)
    with committed_app.app_context():
        assert candidates("rigol") == []
        assert candidates("oxglov") == list(current_session().scalars(select(Employer.id)))
    assert differences(database) == []


# Plans -------------------------------------------------------------------------------------------


def read_whole(app: Flask, question: str) -> list[str]:
    """Lines of plans that read every employer, for want of an index or in the order of names."""
    with sent_to(database_of(app).engine) as sent:
        search_employers(question)
    connection = current_session().connection()
    asked = [one for one in sent if one.sql.startswith("SELECT")]
    lines = [line for one in asked for line in plan_lines(connection, *one)]
    assert any("employers" in line for line in lines)
    # The last two hold every employer: whoever goes through them has read all.
    marks = ("SCAN employers", "Seq Scan on employer", "ix_employers_name", "_merged_into_id")
    return [line for line in lines if any(mark in line for mark in marks)]


@pytest.fixture
def many(app: Flask) -> None:
    """So many employers that reading them all would cost more than it seems to with a few."""
    with unit_of_work() as session:
        named("Marigold Laundry 0004 b")
        row = session.execute(select(Employer.__table__)).mappings().first()
        assert row is not None
        copies = [
            {
                **{name: value for name, value in row.items() if name != "id"},
                "reference": f"PLAN{number:06d}",
                "name": f"Example Bakery {number}",
                "search_text": f"example bakery {number}",
            }
            for number in range(1500)
        ]
        session.execute(insert(Employer), copies)
        if not database_of(app).is_sqlite:
            session.execute(text("ANALYZE employers"))
            session.execute(text("ANALYZE employer_letters"))


@pytest.mark.usefixtures("many")
def test_three_letters_are_found_by_the_index(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the controls: two letters, and an index that is not asked."""
    for question in ("rig", "marigold", "marigold laundry", "b 0004"):
        assert read_whole(app, question) == []
    assert len(read_whole(app, "zz")) == 1
    monkeypatch.setattr(search, "MOST_HOLDING", -1)
    assert len(read_whole(app, "marigold")) == 1


@pytest.mark.usefixtures("many")
def test_a_list_is_read_in_its_order(app: Flask) -> None:
    """Not sorted: fifty of a hundred thousand are the first fifty of an index."""
    for question in ("", "bakery"):
        with sent_to(database_of(app).engine) as sent:
            assert search_employers(question).next_after
        lines = plan_lines(current_session().connection(), *sent[-1])
        assert any("ix_employers_name_id" in line for line in lines), lines
        assert not any("ORDER BY" in line or "Sort" in line for line in lines), lines
