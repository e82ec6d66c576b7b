"""The pages about rate cards, as a browser without a script sees them."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from html import unescape

import pytest
from sqlalchemy import select

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.kernel.clock import freeze
from portal.payments.models import RateCardVersion
from portal.payments.queries import rates as found
from tests.factories.accounts import sign_in
from tests.factories.caseload import make_lep_officer, make_provider
from tests.factories.payments import (
    PRICES,
    make_card,
    make_contract,
    make_hard_to_reach,
    make_output,
)


@pytest.fixture(autouse=True)
def november():
    with freeze(datetime(2026, 11, 22, 10, tzinfo=UTC)):
        yield


@pytest.fixture
def browser(app):
    """Somebody's browser, signed in."""

    def make(user: User):
        client = app.test_client()
        sign_in(client, user)
        return client

    return make


@pytest.fixture
def lep(app, browser):
    """Two managers and an officer of the LEP, each with a browser."""
    with unit_of_work():
        users = [make_lep_officer("lep_manager"), make_lep_officer("lep_manager")]
        users.append(make_lep_officer())
    return [browser(user) for user in users]


def text_of(response) -> str:
    page = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(unescape(page).split())


FIRST_DAY = {
    "effective_from-day": "1",
    "effective_from-month": "1",
    "effective_from-year": "2027",
}


def newest() -> RateCardVersion:
    return (
        current_session()
        .scalars(select(RateCardVersion).order_by(RateCardVersion.id.desc()))
        .first()
    )


def test_a_card_is_copied_changed_and_published_by_a_second_person(lep) -> None:
    first, second, officer = lep
    with unit_of_work():
        make_card(version=1)
    shown = officer.submit("/rates/new", {**FIRST_DAY, "workshop__small": "412.50"})
    page = text_of(shown)
    assert "Would hold from 1 January 2027" in page
    assert "The card before it would hold until 31 December 2026." in page
    assert "Example figures" in page
    assert "£412.50" in page
    path = f"/rates/{newest().reference}"
    assert officer.post(f"{path}/publish").status_code in {400, 403, 419}
    first.submit(f"{path}/edit", {"title": "From January"})
    assert first.soup(path).find("form", id="publish") is None
    published = text_of(second.submit(path, form="publish"))
    assert "Card 2 is published. It holds from 1 January 2027." in published
    listed = text_of(officer.get("/rates"))
    assert "Card 2: From January" in listed
    assert "31 December 2026" in listed
    # Nothing on it changes any more.
    assert "nothing on it changes any more" in text_of(
        officer.get(f"{path}/edit", follow_redirects=True)
    )


def test_the_drafter_who_presses_anyway_is_refused_and_that_is_shown(lep) -> None:
    first, _second, _officer = lep
    first.submit("/rates/new", {**FIRST_DAY, **whole()})
    path = f"/rates/{newest().reference}"
    token = first.soup("/rates/new").find("input", {"name": "csrf_token"})["value"]
    sent = first.post(
        f"{path}/publish", data={"revision": "1", "csrf_token": token}, follow_redirects=True
    )
    page = text_of(sent)
    assert "Somebody else must publish this card: you drafted or changed it." in page
    assert "Publishing refused: by somebody who had drafted or changed it" in page
    assert newest().state == "draft"


def whole() -> dict[str, str]:
    cells = {f"{kind}__{tier}": f"{pence / 100:.2f}" for (kind, tier), pence in PRICES.items()}
    return cells | {
        f"hard_to_reach__{tier}": "150" for tier in ("micro", "small", "medium", "large")
    }


@pytest.mark.parametrize(
    ("cell", "typed", "says"),
    [
        ("workshop__small", "", "Workshop, small: enter an amount, 0 if it is not paid"),
        ("workshop__small", "-1", "Workshop, small must be £0.00 or more"),
        ("workshop__small", "1.005", "Workshop, small must have no more than 2 decimal places"),
        ("workshop__small", "10000000.01", "Workshop, small must be £10,000,000.00 or less"),
        ("workshop__small", "six", "Workshop, small must be an amount in pounds"),
        ("hard_to_reach__large", "", "Hard-to-reach bonus, large: enter an amount"),
        ("engagement__micro", "399", "smaller employer may not pay less than a large one"),
    ],
)
def test_a_faulty_amount_names_its_cell_and_changes_nothing(lep, cell, typed, says) -> None:
    lep[0].submit("/rates/new", {**FIRST_DAY, **whole()})
    card = newest()
    before = found.amounts_of(card.id)
    for path in ("/rates/new", f"/rates/{card.reference}/edit"):
        answer = lep[0].submit(path, {**FIRST_DAY, **whole(), "coaching__micro": "1", cell: typed})
        assert says in text_of(answer)
        assert 'name="coaching__micro"' in answer.get_data(as_text=True)
    assert newest().id == card.id
    assert newest().revision == 1
    assert found.amounts_of(card.id) == before


def test_a_card_goes_out_as_csv_and_comes_back_in_another_order(lep) -> None:
    with unit_of_work():
        card = make_card(published=False)
    path = f"/rates/{card.reference}"
    client = lep[0]
    text = client.get(f"{path}/card.csv").get_data().decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    assert header == ["Output", "Micro", "Small", "Medium", "Large"]
    turned = [[line[0], *reversed(line[1:])] for line in [header, *reversed(rows)]]
    turned[-1][1] = "401.25"

    def send(lines: list[list[str]]):
        file = io.StringIO()
        csv.writer(file).writerows(lines)
        data = (io.BytesIO(file.getvalue().encode()), "card.csv")
        return text_of(client.submit(f"{path}/import", {"file": data}))

    assert "All 24 amounts are taken from the file." in send(turned)
    assert found.amounts_of(card.id).at("engagement", "large") == 40_125
    before = found.amounts_of(card.id)
    turned[2][3], turned[4][1] = "1.234", ""
    faults = send(turned)
    assert "Nothing was changed." in faults
    assert "Line 3: Coaching, small: “1.234” has more than 2 decimal places" in faults
    assert "Line 5: Workshop, large: enter an amount, 0 if it is not paid" in faults
    assert "There is no line for: Engagement" in send(turned[:-1])
    assert found.amounts_of(card.id) == before
    assert "Choose a file" in text_of(client.submit(f"{path}/import"))


def test_two_people_with_one_card_see_what_differs(lep) -> None:
    with unit_of_work():
        card = make_card(published=False)
    path = f"/rates/{card.reference}/edit"
    stale = lep[0].soup(path).find("input", {"name": "revision"})["value"]
    lep[1].submit(path, {"coaching__micro": "10"})
    clash = lep[0].submit(path, {"coaching__micro": "20", "revision": stale})
    assert "Coaching, micro £10.00 £20.00" in text_of(clash)
    assert 'value="20"' in clash.get_data(as_text=True)
    assert found.amounts_of(card.id).at("coaching", "micro") == 1_000


def test_a_draft_is_dropped(lep) -> None:
    with unit_of_work():
        card = make_card(published=False)
    assert "is dropped" in text_of(lep[2].submit(f"/rates/{card.reference}", form="drop"))
    assert "Dropped drafts" in text_of(lep[2].get("/rates"))


def test_a_provider_sees_published_cards_only(browser) -> None:
    with unit_of_work():
        provider = make_provider()
        card, draft = make_card(), make_card(date(2027, 1, 1), published=False)
    client = browser(provider.manager)
    listed = text_of(client.get("/rates"))
    assert f"Card {card.version}" in listed
    assert f"Card {draft.version}" not in listed
    page = text_of(client.get(f"/rates/{card.reference}"))
    assert "£600.00" in page
    assert "What happened to it" not in page
    assert client.get(f"/rates/{draft.reference}").status_code == 404
    assert client.get(f"/rates/{draft.reference}/card.csv").status_code == 404
    for way in ("edit", "import", "what-if", "what-if.csv"):
        assert client.get(f"/rates/{card.reference}/{way}").status_code == 403


@pytest.fixture
def quarter(app) -> RateCardVersion:
    """Three engagements in the last quarter, and a draft that pays more for small employers."""
    with unit_of_work():
        provider = make_provider()
        make_contract(provider.organisation)
        make_card(version=1)
        for day in (1, 2):
            make_output(provider, held_on=date(2026, 8, day))
        make_output(provider, make_hard_to_reach(on=date(2026, 7, 1)), held_on=date(2026, 8, 3))
        make_output(provider, held_on=date(2026, 10, 3))
        dearer = {key: pence + 2_500 for key, pence in PRICES.items()}
        return make_card(date(2027, 1, 1), prices=dearer, published=False, version=2)


def test_a_draft_is_compared_with_what_the_last_quarter_earned(lep, quarter) -> None:
    client = lep[0]
    page = text_of(client.get(f"/rates/{quarter.reference}/what-if"))
    assert "3 outputs of July to September 2026 earned £1,950.00 at the rates that held" in page
    assert "would have earned £2,025.00: £75.00 more" in page
    assert "All outputs 3 £1,950.00 £2,025.00 +£75.00" in page
    assert "not hard to reach: +£50.00 for 2 outputs" in page
    running = text_of(client.get(f"/rates/{quarter.reference}/what-if?quarter=2026-10-01"))
    assert "1 output of October to December 2026" in running
    assert "October to December 2026 (so far)" in running
    odd = text_of(client.get(f"/rates/{quarter.reference}/what-if?quarter=yesterday"))
    assert "3 outputs of July to September 2026" in odd


def test_the_comparison_goes_out_as_csv_and_adds_up(lep, quarter) -> None:
    answer = lep[0].get(f"/rates/{quarter.reference}/what-if.csv")
    header, *rows = csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")))
    assert header == ["Split by", "Which", "Outputs", "Earned", "On this card", "Difference"]
    by_title: dict[str, list[list[str]]] = {}
    for row in rows:
        by_title.setdefault(row[0], []).append(row)
    assert list(by_title) == ["Type of output", "Size of employer", "Sector", "Provider"]
    for lines in by_title.values():
        *parts, total = lines
        assert total[1:] == ["All outputs", "3", "1950", "2025", "75"]
        for column in (2, 3, 4, 5):
            assert sum(float(part[column]) for part in parts) == float(total[column])


def test_a_quarter_without_outputs_says_so(lep) -> None:
    with unit_of_work():
        card = make_card()
    page = text_of(lep[0].get(f"/rates/{card.reference}/what-if"))
    assert "No outputs in July to September 2026" in page


def test_pages_ask_the_database_no_more_for_more_outputs(lep, quarter) -> None:
    client, path = lep[0], f"/rates/{quarter.reference}/what-if"
    client.get(path)
    before = len(client.statements)
    with unit_of_work():
        provider = make_provider()
        make_contract(provider.organisation)
        for day in (5, 6, 7):
            make_output(provider, held_on=date(2026, 8, day))
    client.get(path)
    assert len(client.statements) == before <= 7
