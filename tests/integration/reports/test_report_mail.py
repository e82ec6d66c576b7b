"""Reports by mail: once a month, with the PDF, to whoever asked for it and may still read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from portal.accounts import service as accounts
from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.integrations.jobs import DAILY_EXTENSION
from portal.integrations.mail import MAIL_EXTENSION, Message, _as_email
from portal.kernel.clock import freeze
from portal.kernel.people import PORTAL
from portal.programme import service as programme
from portal.reports.models import MonthlyReport, ReportSubscription
from portal.reports.rules.scope import View
from portal.reports.service import copies, monthly, printing
from tests.factories.accounts import sign_in
from tests.factories.reports import KEY, Reader, everything, full_report, person, registered

NOVEMBER = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
JANUARY = datetime(2027, 1, 1, 5, 0, tzinfo=UTC)
PAGE = "/reports/mail"


class PostBox:
    """A mailer that keeps what it is given, and refuses while told to."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.broken = False

    def send(self, message: Message) -> None:
        if self.broken:
            raise OSError("The line is down")
        self.sent.append(message)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with freeze(NOVEMBER):
        yield


@pytest.fixture
def post(app: Flask, monkeypatch: pytest.MonkeyPatch) -> PostBox:
    box = PostBox()
    monkeypatch.setitem(app.extensions, MAIL_EXTENSION, box)
    return box


@pytest.fixture(autouse=True)
def reports() -> Iterator[None]:
    with registered(everything()):
        yield


def staffed(app: Flask, *roles: str, organisation: str = "") -> Reader:
    """Somebody signed in who has a second step, as all staff have."""
    one = person(app, *roles, organisation=organisation)
    with unit_of_work() as session:
        row = session.get_one(User, one.user.id)
        row.tf_primary_method, row.tf_totp_secret = "authenticator", "kept elsewhere"
    return one


def press(one: Reader, action: str, report: str = KEY) -> Any:
    sign_in(one.client, one.user)
    soup = one.client.soup(PAGE)
    form = next(
        form for form in soup.main.find_all("form") if form.find("input", {"value": report})
    )
    assert form.find("button", {"value": action}), action
    values = {tag["name"]: tag["value"] for tag in form.find_all("input")}
    done = one.client.post(PAGE, data={**values, "action": action}, follow_redirects=True)
    assert done.status_code == 200
    return done


def daily(app: Flask, run_jobs: Callable[[], int]) -> None:
    """What the worker does each morning."""
    app.extensions[DAILY_EXTENSION]["reports.monthly"]()
    run_jobs()


def held(one: Reader) -> ReportSubscription | None:
    return current_session().scalar(
        select(ReportSubscription).where(ReportSubscription.user_id == one.user.id)
    )


def actions(prefix: str = "report.mail") -> list[str]:
    rows = current_session().scalars(select(AuditEntry.action).order_by(AuditEntry.id))
    return [action for action in rows if action.startswith(prefix)]


def test_it_comes_once_when_the_month_is_over(app: Flask, post: PostBox, run_jobs) -> None:
    one = staffed(app, "lep_officer")
    press(one, "subscribe", "everything")
    daily(app, run_jobs)
    assert post.sent == []
    with freeze(DECEMBER):
        daily(app, run_jobs)
        daily(app, run_jobs)
    (mail,) = post.sent
    assert mail.to == one.user.email
    assert mail.subject == "Everything: November 2026"
    assert "Of the figures shown, Care is most." in mail.text.split("\n- ")[1].splitlines()
    (file,) = mail.files
    assert file.name == "everything-2026-11.pdf"
    printed = PdfReader(BytesIO(file.data))
    text = "\n".join(page.extract_text() for page in printed.pages)
    assert "Everything" in text
    assert "April to November 2026" in text
    with freeze(JANUARY):
        daily(app, run_jobs)
    assert [mail.subject for mail in post.sent] == [
        "Everything: November 2026",
        "Everything: December 2026",
    ]
    assert actions() == ["report.mail_subscribed", "report.mailed", "report.mailed"]


def test_a_mail_program_sees_the_pdf_and_how_to_stop_it(
    app: Flask, post: PostBox, run_jobs
) -> None:
    one = staffed(app, "lep_officer")
    press(one, "subscribe")
    with freeze(DECEMBER):
        daily(app, run_jobs)
    mail = _as_email(post.sent[0], "Portal <noreply@portal.example>")
    (attached,) = mail.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == f"{KEY}-2026-11.pdf"
    assert attached.get_content().startswith(b"%PDF-")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/reports/mail/stop/" in mail["List-Unsubscribe"]


def test_one_press_in_the_mail_stops_it_and_opening_the_link_does_not(
    app: Flask, post: PostBox, run_jobs
) -> None:
    one = staffed(app, "lep_officer")
    press(one, "subscribe")
    with freeze(DECEMBER):
        daily(app, run_jobs)
    link = post.sent[0].unsubscribe
    path = link[link.index("/reports/mail/stop/") :]
    stranger = app.test_client()
    page = stranger.soup(path)
    assert "Stop this mail?" in page.h1.get_text()
    assert held(one) is not None
    done = stranger.post(path, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert held(one) is None
    assert stranger.post(path).status_code == 200
    with freeze(JANUARY):
        daily(app, run_jobs)
    assert len(post.sent) == 1
    bad = path[:-2] + ("aa" if not path.endswith("aa") else "bb")
    assert stranger.get(bad).status_code == 404
    assert stranger.post(bad).status_code == 404


def test_a_paused_one_waits_and_what_was_missed_does_not_come(
    app: Flask, post: PostBox, run_jobs
) -> None:
    one = staffed(app, "lep_officer")
    press(one, "subscribe")
    press(one, "pause")
    with freeze(DECEMBER):
        daily(app, run_jobs)
        assert post.sent == []
    with freeze(DECEMBER + timedelta(days=9)):
        sign_in(one.client, one.user)
        assert "Paused" in one.client.soup(PAGE).main.get_text(" ", strip=True)
        press(one, "resume")
        daily(app, run_jobs)
        assert post.sent == []
    with freeze(JANUARY):
        daily(app, run_jobs)
        press(one, "stop")
    assert [mail.subject for mail in post.sent] == ["Employers who registered: December 2026"]
    assert held(one) is None


def test_pausing_in_the_last_moment_counts(app: Flask, post: PostBox, run_jobs) -> None:
    one = staffed(app, "lep_officer")
    press(one, "subscribe")
    with freeze(DECEMBER):
        app.extensions[DAILY_EXTENSION]["reports.monthly"]()
        press(one, "pause")
        run_jobs()
    assert post.sent == []


@pytest.mark.parametrize("way", ["role", "closed", "second step"])
def test_who_may_not_read_it_any_longer_gets_nothing(
    app: Flask, post: PostBox, run_jobs, way: str
) -> None:
    one = staffed(app, "lep_officer")
    press(one, "subscribe")
    take_away(one, way)
    with freeze(DECEMBER):
        daily(app, run_jobs)
    assert post.sent == []
    assert held(one) is None
    assert actions()[-1] == "report.mail_stopped"


def take_away(one: Reader, way: str) -> None:
    with unit_of_work() as session:
        row = session.get_one(User, one.user.id)
        if way == "role":
            accounts.set_roles(user_id=row.id, roles=["adviser"])
        elif way == "closed":
            row.active = False
        else:
            row.tf_primary_method = row.tf_totp_secret = None


@pytest.mark.parametrize("way", ["role", "closed"])
def test_who_loses_it_while_it_is_drawn_gets_nothing(
    app: Flask, post: PostBox, run_jobs, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    one = staffed(app, "lep_officer")
    press(one, "subscribe")
    real = printing.pdf_of

    def slowly(report: Any, **given: Any) -> bytes:
        take_away(one, way)
        return real(report, **given)

    monkeypatch.setattr(printing, "pdf_of", slowly)
    with freeze(DECEMBER):
        daily(app, run_jobs)
    assert post.sent == []


def test_it_is_drawn_once_for_all_who_see_the_same(
    app: Flask, post: PostBox, run_jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    real = printing.pdf_of

    def counted(report: Any, **given: Any) -> bytes:
        drawn.append(report.key)
        return real(report, **given)

    monkeypatch.setattr(printing, "pdf_of", counted)
    for role in ("lep_officer", "lep_manager"):
        press(staffed(app, role), "subscribe")
    with freeze(DECEMBER):
        daily(app, run_jobs)
    assert len(post.sent) == 2
    assert len(drawn) == 1
    assert post.sent[0].files == post.sent[1].files
    with freeze(DECEMBER + monthly.KEPT + timedelta(days=1)):
        assert monthly.clear_old() == 1
        assert current_session().scalars(select(MonthlyReport)).all() == []


def test_somebody_of_two_providers_gets_the_work_of_each_and_of_no_other(
    app: Flask, post: PostBox, run_jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = staffed(app, "provider_manager", organisation="One Provider")
    staffed(app, "provider_manager", organisation="Another Provider")
    with unit_of_work():
        second = programme.create_organisation(kind="provider", name="Second Provider").value
        programme.add_post(user_id=one.user.id, organisation_id=second.id)
        second_key = second.id
    asked = []
    real = monthly.built

    def noted(builder: Any, scope: Any) -> Any:
        asked.append((scope.view, scope.provider, scope.first, scope.last))
        return real(builder, scope)

    monkeypatch.setattr(monthly, "built", noted)
    press(one, "subscribe")
    with freeze(DECEMBER):
        daily(app, run_jobs)
    (mail,) = post.sent
    assert [file.name for file in mail.files] == [f"{KEY}-2026-11-1.pdf", f"{KEY}-2026-11-2.pdf"]
    time = (date(2026, 4, 1), date(2026, 11, 30))
    assert asked == [(View.PROVIDER, key, *time) for key in sorted([one.organisation, second_key])]


def test_an_evaluator_gets_what_was_released_and_nothing_else(
    app: Flask, post: PostBox, run_jobs
) -> None:
    one = staffed(app, "evaluator")
    page = one.client.soup(PAGE)
    assert [tag["value"] for tag in page.find_all("input", {"name": "report"})] == ["statistics"]
    press(one, "subscribe", "statistics")
    token = page.find("input", {"name": "csrf_token"})["value"]
    answer = one.client.post(PAGE, data={"csrf_token": token, "report": KEY, "action": "subscribe"})
    assert answer.status_code == 404
    with freeze(DECEMBER):
        daily(app, run_jobs)
    assert post.sent == []
    assert actions()[-1] == "report.mail_empty"
    with freeze(DECEMBER + timedelta(days=14)):
        with unit_of_work():
            copies.freeze(
                full_report(), view=View.STATISTICS, organisation_id=None, note="", by=PORTAL
            )
        run_jobs()
    with freeze(JANUARY):
        daily(app, run_jobs)
    (mail,) = post.sent
    assert mail.subject == "Everything: December 2026"
    assert mail.files[0].data.startswith(b"%PDF-")
    with freeze(JANUARY + timedelta(days=31)):
        daily(app, run_jobs)
    assert len(post.sent) == 1


def test_a_line_that_was_down_is_tried_again_under_the_same_identifier(
    app: Flask, post: PostBox, run_jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = staffed(app, "lep_officer")
    press(one, "subscribe")
    post.broken = True
    with freeze(DECEMBER):
        daily(app, run_jobs)
        assert post.sent == []
        post.broken = False
        reference = held(one).reference
        work = {"subscription": reference, "month": "2026-11-01"}
        from portal.reports.offers import reader_of

        # The worker dies after it handed the message over and before it noted that.
        monkeypatch.setattr(monthly.audit, "record", _dies)
        with pytest.raises(SystemError):
            monthly.send(work, reader_of)
        current_session().rollback()
        monkeypatch.undo()
        monkeypatch.setitem(app.extensions, MAIL_EXTENSION, post)
        monthly.send(work, reader_of)
        monthly.send(work, reader_of)
    first, second = post.sent
    assert first.message_id == second.message_id
    assert first.files == second.files


def _dies(**_given: Any) -> None:
    raise SystemError


def test_only_readers_of_reports_open_the_page(app: Flask) -> None:
    assert person(app).client.get(PAGE).status_code == 403
    assert person(app, "administrator").client.get(PAGE).status_code == 403
    one = staffed(app, "lep_officer")
    assert one.client.post(PAGE, data={"report": KEY, "action": "subscribe"}).status_code == 419
    token = one.client.soup(PAGE).find("input", {"name": "csrf_token"})["value"]
    for wrong in ({"report": "nothing", "action": "subscribe"}, {"report": KEY, "action": "burn"}):
        answer = one.client.post(PAGE, data={"csrf_token": token, **wrong})
        assert answer.status_code in {400, 404}
    press(one, "subscribe")
    assert len(one.client.statements) <= 6
