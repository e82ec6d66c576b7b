"""What can be claimed of a case: the card, the page, and agreement with the lists of cases."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.caseload.models import Case, Confirmation
from portal.caseload.queries import case_facts_by_id, lists
from portal.caseload.queries.case_sql import Scope
from portal.caseload.rules.attention import Gap
from portal.caseload.rules.lists import CaseFilter
from portal.caseload.rules.stages import Milestone
from portal.caseload.service import cases, confirmations
from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.employers import service as employers
from portal.employers.rules.facts import Details
from portal.kernel.clock import today
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok
from portal.payments.queries import readiness
from portal.payments.queries.readiness import Of, Standing
from portal.payments.rules.readiness import Lack
from portal.payments.service import claims, outputs
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import (
    Provider,
    author_of,
    make_case,
    make_lep_officer,
    make_provider,
)
from tests.factories.employers import make_employer
from tests.factories.payments import (
    make_card,
    make_confirmed_delivery,
    make_confirmed_session,
    make_contract,
    make_hard_to_reach,
    make_output,
)
from tests.support.client import PortalClient

SHARED = {
    Gap.SECTOR: Lack.SECTOR,
    Gap.SIZE: Lack.SIZE,
    Gap.SESSION: Lack.SESSION,
    Gap.DIAGNOSTIC: Lack.DIAGNOSTIC,
    Gap.CONFIRMATION: Lack.CONFIRMATION,
}


@pytest.fixture
def provider(session: PortalSession) -> Provider:
    with unit_of_work():
        made = make_provider()
        make_contract(made.organisation)
        make_card()
    return made


def text_of(soup: BeautifulSoup) -> str:
    main = soup.find("main")
    assert main is not None
    return " ".join(main.get_text(" ").split())


def standings(case: Case) -> list[Standing]:
    key, diagnostic = readiness.case_programme(case.id)
    of = Of(case.employer_id, case.organisation_id, key, diagnostic)
    return readiness.standings(of, organisations=None)


def test_a_case_at_its_beginning_lacks_everything_and_says_where_to_mend_it(
    provider: Provider, client: PortalClient
) -> None:
    with unit_of_work():
        employer = make_employer(headcount=None, sic_codes=[], district="outside")
        case = make_case(provider, employer)
    sign_in(client, provider.adviser)
    soup = client.soup(f"/cases/{case.reference}/claimable")
    main = soup.find("main")
    assert main is not None
    found = {
        item.find("a").get_text(): item.find("a")["href"] if item.find("a") else None
        for item in main.select(".govuk-list--bullet li")
        if item.find("a")
    }
    record, own = f"/employers/{employer.reference}", f"/cases/{case.reference}"
    assert found == {
        "The in-depth session is not recorded": f"{own}/session",
        "The employer is not in a target sector": f"{record}/details",
        "The employer is outside the area": f"{record}/details",
        "The number of employees is not known": f"{record}/staff-numbers",
        "The diagnostic is not completed": f"{record}/diagnostic/call-sheet",
    }
    assert "The employer has not confirmed it" in text_of(soup)
    card = client.soup(f"/cases/{case.reference}").find("a", href=f"{own}/claimable")
    assert card is not None


def test_the_last_thing_missing_is_named_on_the_card_and_linked_on_the_page(
    provider: Provider, client: PortalClient
) -> None:
    with unit_of_work():
        made = make_confirmed_session(provider, make_hard_to_reach(), confirmed=False)
        case = current_session().get_one(Case, made.case_id)
    sign_in(client, provider.adviser)
    assert "one thing is missing, the employer has not confirmed it" in text_of(
        client.soup(f"/cases/{case.reference}")
    )
    soup = client.soup(f"/cases/{case.reference}/claimable")
    ask = f"/cases/{case.reference}/confirm/session/{made.reference}"
    assert soup.find("a", href=ask)
    text = text_of(soup)
    assert "It was not asked yet" in text
    assert "It would earn £750.00" in text
    assert "Hard to reach: not accredited by Investors in People" in text


def test_what_the_day_decided_is_not_offered_to_be_mended(
    provider: Provider, client: PortalClient
) -> None:
    day = today() - timedelta(days=3)
    with unit_of_work():
        made = make_confirmed_session(provider, make_employer(sic_codes=["62020"]), held_on=day)
        case = current_session().get_one(Case, made.case_id)
    sign_in(client, provider.adviser)
    soup = client.soup(f"/cases/{case.reference}/claimable")
    assert "and that day decides: a change now does not make it claimable" in text_of(soup)
    assert soup.find("a", string="The employer is not in a target sector") is None


def test_an_unknown_answer_about_the_bonus_says_what_is_missing_and_where(
    provider: Provider, client: PortalClient
) -> None:
    with unit_of_work():
        made = make_confirmed_session(provider, diagnostic=False)
        case = current_session().get_one(Case, made.case_id)
        reference = case_facts_by_id(case.id).employer_reference  # type: ignore[union-attr]
    sign_in(client, provider.adviser)
    soup = client.soup(f"/cases/{case.reference}/claimable")
    assert (
        "Not counted yet: no answer about Investors in People and no answer about training"
        in text_of(soup)
    )
    for page in ("investors-in-people", "training"):
        assert soup.find("a", href=f"/employers/{reference}/{page}")


def test_each_piece_of_work_is_followed_to_its_claim(
    provider: Provider, client: PortalClient
) -> None:
    october = date(2026, 10, 1)
    with unit_of_work():
        employer = make_employer()
        output = make_output(provider, employer, held_on=date(2026, 10, 6))
        case = current_session().get_one(Case, output.case_id)
        cases.close_case(
            reference=case.reference,
            reason="other",
            note="Later",
            revision=case.revision,
            by=provider.author,
        )
        waits = make_confirmed_delivery(provider, employer, confirmed=False)
        case_now = (
            current_session()
            .scalars(select(Case).where(Case.employer_id == employer.id, Case.closed_at.is_(None)))
            .one()
        )
    with unit_of_work():
        manager = author_of(provider.manager)
        built = claims.build(contract_id=output.contract_id, period=october, by=manager)
        assert isinstance(built, Ok), built
    sign_in(client, provider.adviser)
    soup = client.soup(f"/cases/{case_now.reference}/claimable")
    items = [one.get_text(" ", strip=True) for one in soup.select(".app-files__item")]
    assert len(items) == 2
    assert "On a draft" in items[0]
    assert "Claim for October 2026" in items[0]
    assert "One thing missing" in items[1]
    assert "The employer has not confirmed it" in items[1]
    assert soup.find("a", href=f"/outputs/{output.reference}")
    assert soup.find("a", href=f"/support/{waits.reference}")
    card = text_of(client.soup(f"/cases/{case_now.reference}"))
    assert "Engagement: on a draft, claim for October 2026, £600.00" in card
    assert "1 delivery does not yet" in card


def test_a_business_another_provider_engaged_counts_once_and_tells_no_more(
    provider: Provider, client: PortalClient
) -> None:
    with unit_of_work():
        other = make_provider()
        make_contract(other.organisation)
        employer = make_employer()
        theirs = make_output(other, employer)
        old = current_session().get_one(Case, theirs.case_id)
        closed = cases.close_case(
            reference=old.reference,
            reason="other",
            note="Moved",
            revision=old.revision,
            by=other.author,
        )
        assert isinstance(closed, Ok)
        mine = make_confirmed_session(provider, employer)
        case = current_session().get_one(Case, mine.case_id)
        assert not isinstance(outputs.arise_for_session(mine.id, PORTAL), Ok)
    sign_in(client, provider.adviser)
    soup = client.soup(f"/cases/{case.reference}/claimable")
    assert "This business was engaged before: it counts once" in text_of(soup)
    assert theirs.reference not in soup.decode()
    assert old.reference not in soup.decode()
    sign_in(client, other.adviser)
    assert client.get(f"/cases/{case.reference}/claimable").status_code == 404
    with unit_of_work():
        officer, evaluator = make_lep_officer(), make_user(roles=("evaluator",))
    sign_in(client, officer)
    page = client.soup(f"/cases/{case.reference}/claimable")
    assert page.find("a", href=f"/outputs/{theirs.reference}")
    sign_in(client, evaluator)
    assert client.get(f"/cases/{case.reference}/claimable").status_code == 403


def test_the_page_takes_so_many_statements_whatever_there_is(
    provider: Provider, client: PortalClient
) -> None:
    with unit_of_work():
        employer = make_employer()
        made = make_confirmed_session(provider, employer)
        case = current_session().get_one(Case, made.case_id)
        reference = case.reference
    sign_in(client, provider.adviser)
    client.soup(f"/cases/{reference}/claimable")
    few = len(client.statements)
    assert few <= 11, client.statements
    _deliveries(provider, employer, case, 12)
    soup = client.soup(f"/cases/{reference}/claimable")
    assert len(soup.select(".app-files__item")) == 13
    assert len(client.statements) == few


def _deliveries(provider: Provider, employer: Any, case: Case, count: int) -> None:
    from portal.caseload.models import Attendance, Delivery

    with unit_of_work() as session:
        for number in range(count):
            made = Delivery(
                organisation_id=provider.organisation.id,
                kind="workshop",
                design="off_the_peg",
                title=f"Example workshop {number}",
                audience=["line_managers"],
                delivered_on=today(),
                minutes=60,
                mode="place",
                trainer="Example Trainer",
                funding="fully_funded",
                by_name="Example Adviser",
            )
            session.add(made)
            session.flush()
            session.add(
                Attendance(
                    delivery_id=made.id,
                    employer_id=employer.id,
                    case_id=case.id,
                    attended=3,
                    sector="hospitality",
                    size_tier="small",
                )
            )
        session.flush()


def test_the_lists_of_cases_and_readiness_agree_on_what_they_share(provider: Provider) -> None:
    """Where the record does not change and there is one session, both ask the same of it."""
    rng = random.Random(4)  # noqa: S311 - made-up cases, the same each time
    made: dict[str, Case] = {}
    with unit_of_work():
        for _ in range(60):
            code, people = rng.choice(["56101", "62020"]), rng.choice([24, 300, None])
            employer = make_employer(sic_codes=[code], headcount=people)
            case = make_case(provider, employer)
            if rng.random() < 0.75:
                make_confirmed_session(
                    provider,
                    case=case,
                    confirmed=rng.random() < 0.6,
                    diagnostic=rng.random() < 0.6,
                    held_on=today() - timedelta(days=rng.randint(0, 200)),
                )
                _sometimes_disputed(case, rng)
            elif rng.random() < 0.5:
                cases.note_milestone(
                    case=case, kind=Milestone.DIAGNOSTIC, subject="response:X", by=provider.author
                )
            confirmations.follow_session(case)
            made[case.reference] = case
    lacks = {
        reference: {one.kind for one in standings(case)[0].missing} & set(SHARED.values())
        for reference, case in made.items()
    }
    scope = Scope(frozenset({provider.organisation.id}), provider.adviser.id)
    for view, wanted in (("almost_claimable", 1), ("claimable", 0)):
        expected = {reference for reference, found in lacks.items() if len(found) == wanted}
        assert len(expected) >= 2
        listed: set[str] = set()
        for page in (1, 2):
            rows = lists.rows(CaseFilter(view=view, page=page), scope)
            listed |= {row.reference for row in rows}
        assert listed == expected, view
    # And what the portal lets arise is what neither finds anything missing in.
    outputs.arise_due()
    arisen = {ref for ref, case in made.items() if standings(case)[0].arisen is not None}
    assert arisen == {reference for reference, found in lacks.items() if not found}


def _sometimes_disputed(case: Case, rng: random.Random) -> None:
    """An employer that says no: the question stands, the answer does not confirm."""
    question = current_session().scalar(select(Confirmation).where(Confirmation.case_id == case.id))
    if question is not None and rng.random() < 0.3:
        question.state, question.words = "disputed", "Another day"
        current_session().flush()


def test_they_differ_where_the_record_changed_after_the_day_and_the_day_is_right(
    provider: Provider,
) -> None:
    """The documented difference: lists ask today's record, payment that of the day."""
    with unit_of_work():
        created = employers.create_employer(
            details=Details("Example Shop Ltd", "leeds", "LS1 4AP", ["62020"]),
            staff=None,
            owner_id=None,
        )
        assert isinstance(created, Ok)
        created.value.headcount, created.value.headcount_on = 24, today()
        created.value.size_tier = "small"
        made = make_confirmed_session(provider, created.value)
        created.value.sector, created.value.sic_codes = "retail", ["47110"]
        current_session().flush()
        case = current_session().get_one(Case, made.case_id)
        confirmations.follow_session(case)
    scope = Scope(frozenset({provider.organisation.id}), provider.adviser.id)
    listed = {row.reference for row in lists.rows(CaseFilter(view="claimable"), scope)}
    assert case.reference in listed
    assert {one.kind for one in standings(case)[0].missing} == {Lack.SECTOR}
