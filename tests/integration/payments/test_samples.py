"""Audit samples: drawn by lot from what was paid, looked at by others, carried to the whole."""

from __future__ import annotations

import csv
import io
import re
import threading
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok
from portal.payments.models import (
    AuditSample,
    AuditSampleItem,
    CheckOverride,
    ClaimLine,
    Decision,
)
from portal.payments.queries import samples as queries
from portal.payments.queries.claims import outputs_by_id
from portal.payments.service import samples
from portal.payments.service.proving import verify
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import author_of, make_lep_officer, make_provider
from tests.factories.payments import PROGRAMME, make_card, make_contract
from tests.factories.reviewing import add_file, lines_of, make_lines, make_submitted, pay
from tests.support.client import PortalClient


class Paid:
    """A claim of six lines that was paid today, and somebody without a hand in it."""

    def __init__(self) -> None:
        with unit_of_work():
            self.provider = make_provider()
            contract = make_contract(self.provider.organisation)
            make_card()
            make_lines(self.provider, 3)
            # These three have a warning: no file was added.
            make_lines(self.provider, 3, files=False, first=3)
            self.officer: User = make_lep_officer()
            self.payer: User = make_lep_officer("lep_manager")
            self.auditor: User = make_lep_officer()
            self.claim = pay(make_submitted(self.provider, contract), self.officer, self.payer)
            self.lines: list[ClaimLine] = lines_of(self.claim)

    def draw(self, seed: str = "one", size: int = 4) -> AuditSample:
        """A sample of today's payments."""
        with unit_of_work():
            drawn = samples.draw(
                programme=PROGRAMME,
                from_on=today(),
                until_on=today(),
                size=size,
                seed=seed,
                by=author_of(self.auditor),
            )
        assert isinstance(drawn, Ok), drawn
        return drawn.value


@pytest.fixture
def paid(session: object) -> Paid:
    return Paid()


@pytest.fixture
def auditor(paid: Paid, client: PortalClient) -> PortalClient:
    sign_in(client, paid.auditor)
    return client


def text_of(answer: object) -> str:
    soup = BeautifulSoup(answer.get_data(as_text=True), "html5lib")  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", soup.get_text(" "))


def lines_drawn(sample: AuditSample) -> list[int]:
    return [item.line_id for item in queries.items(sample.id)]


def test_the_same_seed_draws_the_same_lines(paid: Paid) -> None:
    sample = paid.draw("one")
    facts = queries.sample(sample.reference)
    assert facts is not None
    assert samples.drawn_again(facts)
    # Asked for again it is the same sample; another seed is another.
    assert paid.draw("one").id == sample.id
    assert paid.draw(" one ").id == sample.id
    drawn = {tuple(lines_drawn(paid.draw(f"seed {number}"))) for number in range(8)}
    assert len(drawn) > 1
    assert (
        current_session().scalar(
            select(func.count()).select_from(Decision).where(Decision.action == "sample.drawn")
        )
        == 9
    )
    assert verify().fault is None


def test_what_changed_since_is_said(paid: Paid) -> None:
    sample = paid.draw()
    with unit_of_work() as session:
        line = paid.lines[0]
        session.add(
            CheckOverride(
                output_id=line.output_id,
                kind="duplicate",
                reason="Two shops",
                until_on=today(),
                asked_by=paid.officer.id,
                granted_by=paid.payer.id,
                granted_at=paid.claim.submitted_at,
            )
        )
    facts = queries.sample(sample.reference)
    assert facts is not None
    assert not samples.drawn_again(facts)
    # The line that was let through is high risk from now on, and is drawn first.
    assert paid.lines[0].id in lines_drawn(paid.draw("another", size=1))


def test_only_what_was_paid_in_the_period_is_drawn(paid: Paid) -> None:
    with unit_of_work():
        contract = make_contract(make_provider().organisation)
        other = make_provider()
        other_contract = make_contract(other.organisation)
        make_lines(other, 2, first=7)
        make_submitted(other, other_contract)
        assert contract.id
        assert sorted(
            risk.line for risk in queries.paid_lines(PROGRAMME, from_on=today(), until_on=today())
        ) == sorted(line.id for line in paid.lines)
        refused = samples.draw(
            programme=PROGRAMME,
            from_on=today() - timedelta(days=9),
            until_on=today() - timedelta(days=1),
            size=5,
            seed="one",
            by=author_of(paid.auditor),
        )
    assert isinstance(refused, Err)
    assert refused.problem.code == "nothing_paid"
    assert len(lines_drawn(paid.draw(size=500))) == 6
    risks = {r.line: r for r in queries.paid_lines(PROGRAMME, from_on=today(), until_on=today())}
    assert [risks[line.id].warnings for line in paid.lines] == [0, 0, 0, 1, 1, 1]


def test_a_sample_from_the_draw_to_its_error_rate(auditor: PortalClient, paid: Paid) -> None:
    bad = auditor.submit("/audit-samples/new", {"size": "0", "seed": ""})
    assert "How many lines must be 1 or more" in text_of(bad)
    day = today()
    period = {
        f"{name}-{part}": str(value)
        for name in ("from_on", "until_on")
        for part, value in (("day", day.day), ("month", day.month), ("year", day.year))
    }
    page = auditor.submit("/audit-samples/new", {**period, "size": "6", "seed": "0417"})
    assert "Nothing was looked at yet: 0 of 6 lines" in text_of(page)
    sample = current_session().scalars(select(AuditSample)).one()
    assert sample.seed == "0417"
    path = f"/audit-samples/{sample.reference}"
    few = len(auditor.statements)
    auditor.soup(path)
    assert len(auditor.statements) <= 6, [one[:120] for one in auditor.statements]
    assert few
    items = queries.items(sample.id)
    # The riskier ones stand first.
    assert [item.stratum for item in items] == ["medium"] * 3 + ["low"] * 3
    item = items[0]
    shown = text_of(auditor.get(f"{path}/{item.line_id}"))
    assert "Confirmed by Example Owner" in shown
    assert "Engagement, small employer" in shown
    over = auditor.submit(f"{path}/{item.line_id}", {"found": "600.01", "words": "Too much"})
    assert "Enter the amount that was wrong, £0.00 to £600.00" in text_of(over)
    silent = auditor.submit(f"{path}/{item.line_id}", {"found": "150"})
    assert "Say what was wrong" in text_of(silent)
    done = auditor.submit(
        f"{path}/{item.line_id}", {"found": "150", "words": "Band was micro, not small"}
    )
    assert f"Your finding about {item.employer_name} is recorded." in text_of(done)
    said = text_of(auditor.get(path))
    assert (
        "1 of 6 lines looked at: £150.00 of £600.00 looked at was wrong; carried to the £1,800.00: "
        "about £450.00 (25.0%). Low risk: none of its £1,800.00 was looked at yet"
    ) in said
    for other in items[1:]:
        auditor.submit(f"{path}/{other.line_id}", {"found": "0"})
    said = text_of(auditor.get(path))
    assert (
        "6 of 6 lines looked at: £150.00 of £3,600.00 looked at was wrong; carried to all "
        "£3,600.00: about £150.00 (4.2%)."
    ) in said
    assert "fewer than 30 lines looked at this is a rough figure" in said
    assert "Error 4.2%" in text_of(auditor.get("/audit-samples"))
    again = text_of(auditor.get(f"{path}?again=1"))
    assert "Drawn again just now: the same payments, and the same lines come out." in again
    # An officer reads; taking money back is a manager's.
    assert "Recover" not in said
    sign_in(auditor, paid.payer)
    assert auditor.soup(path).select('a[href*="recover"]')
    assert verify().fault is None


def test_the_export_holds_every_finding(auditor: PortalClient, paid: Paid) -> None:
    sample = paid.draw(size=6)
    item = queries.items(sample.id)[0]
    auditor.submit(
        f"/audit-samples/{sample.reference}/{item.line_id}", {"found": "12.34", "words": "=SUM(A1)"}
    )
    answer = auditor.get(f"/audit-samples/{sample.reference}/sample.csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert len(rows) == 6
    assert (rows[0]["Pounds paid"], rows[0]["Pounds wrong"]) == ("600.00", "12.34")
    assert rows[0]["What was found"] == "'=SUM(A1)"
    assert rows[1]["Pounds wrong"] == ""


def test_nobody_audits_what_they_had_a_hand_in(paid: Paid, client: PortalClient) -> None:
    sample = paid.draw(size=6)
    line = paid.lines[0]
    with unit_of_work():
        helper = make_lep_officer()
        output = line.output_id
        add_file(outputs_by_id([output])[output], helper)
    path = f"/audit-samples/{sample.reference}/{line.id}"
    for person, why in (
        (paid.officer, "You decided on this line"),
        (paid.payer, "You put it in a payment run"),
        (helper, "You added evidence for it"),
    ):
        sign_in(client, person)
        soup = client.soup(path)
        assert why in soup.get_text()
        assert soup.find("main").find("form") is None  # type: ignore[union-attr]
        with unit_of_work():
            refused = samples.find(
                reference=sample.reference,
                line_id=line.id,
                wrong=0,
                words="",
                seen="",
                by=author_of(person),
            )
        assert isinstance(refused, Err)
        assert refused.problem.code == samples.SEPARATION
    kept = current_session().scalars(
        select(Decision).where(Decision.action == "sample.refused").order_by(Decision.id)
    )
    assert [one.by for one in kept] == [paid.officer.id, paid.payer.id, helper.id]
    assert (
        current_session().scalar(
            select(func.count())
            .select_from(AuditSampleItem)
            .where(AuditSampleItem.found_at.is_not(None))
        )
        == 0
    )


def test_a_finding_is_not_overwritten_unseen(paid: Paid) -> None:
    sample = paid.draw(size=6)
    with unit_of_work():
        other = make_lep_officer()

    def find(by: User, wrong: int, seen: str) -> Ok[AuditSampleItem] | Err:
        with unit_of_work():
            return samples.find(
                reference=sample.reference,
                line_id=paid.lines[0].id,
                wrong=wrong,
                words="Looked at it",
                seen=seen,
                by=author_of(by),
            )

    assert isinstance(find(paid.auditor, 0, ""), Ok)
    late = find(other, 60_000, "")
    assert isinstance(late, Err)
    assert "Example Officer recorded a finding" in late.problem.message
    item = queries.item(sample.id, paid.lines[0].id)
    assert item is not None
    assert item.found_pence == 0
    assert isinstance(find(other, 60_000, item.seen), Ok)
    last = (
        current_session()
        .scalars(
            select(Decision).where(Decision.action == "sample.found").order_by(Decision.id.desc())
        )
        .first()
    )
    assert last is not None
    assert (last.detail["before_pence"], last.detail["found_pence"]) == (0, 60_000)


def test_a_draw_pressed_twice_at_once_is_one_sample(committed_app: Flask) -> None:
    with committed_app.app_context():
        paid = Paid()
        by = author_of(paid.auditor)
    results: list[object] = []
    start = threading.Barrier(3)

    def press() -> None:
        with committed_app.app_context():
            start.wait()
            with unit_of_work():
                results.append(
                    samples.draw(
                        programme=PROGRAMME,
                        from_on=today(),
                        until_on=today(),
                        size=4,
                        seed="one",
                        by=by,
                    )
                )

    threads = [threading.Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    assert all(isinstance(one, Ok) for one in results), results
    with committed_app.app_context():
        assert current_session().scalar(select(func.count()).select_from(AuditSample)) == 1
        assert current_session().scalar(select(func.count()).select_from(AuditSampleItem)) == 4
        assert verify().fault is None


@pytest.mark.parametrize("role", ["adviser", "provider_manager", "administrator", "evaluator"])
def test_others_are_kept_out(paid: Paid, client: PortalClient, role: str) -> None:
    sample = paid.draw()
    with unit_of_work():
        person = make_user(roles=(role,))
    sign_in(client, person)
    path = f"/audit-samples/{sample.reference}"
    for address in ("/audit-samples", "/audit-samples/new", path, f"{path}/sample.csv"):
        assert client.get(address).status_code == 403, address


def test_guesses_find_nothing(auditor: PortalClient, paid: Paid) -> None:
    sample = paid.draw(size=1)
    outside = next(line for line in paid.lines if line.id not in lines_drawn(sample))
    for path in (
        "/audit-samples/ZZZZZZZZZZ",
        f"/audit-samples/{sample.reference}/{outside.id}",
        f"/audit-samples/{sample.reference}/999999",
    ):
        assert auditor.get(path).status_code == 404, path
