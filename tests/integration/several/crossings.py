"""Somebody with an account in each of two programmes, and a browser that goes between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from portal.accounts import crossing
from portal.accounts.models import User, UserSession
from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.db.outbox import OutboxEntry
from portal.kernel.ids import new_token
from tests.factories.accounts import make_user, sign_in
from tests.integration.several.conftest import EAST, WEST, HostClient
from tests.support.markup import parse

PAGE = "/account/programmes"
ADDRESSES = {"east": EAST, "west": WEST}


@dataclass
class Traveller:
    """A person's accounts and one browser, as it is at each address."""

    at: Any
    browsers: dict[str, HostClient]
    accounts: dict[str, int] = field(default_factory=dict)

    def account(self, slug: str) -> User:
        """The account in a programme; inside ``at(slug)``."""
        return current_session().get_one(User, self.accounts[slug])

    def join(self, slug: str, **values: Any) -> None:
        """An account in a programme."""
        with self.at(slug):
            self.accounts[slug] = make_user(**values).id

    def sign_in(self, slug: str, **values: Any) -> None:
        """Sign in with the account's own password, as if typed just now."""
        with self.at(slug):
            sign_in(self.browsers[slug], self.account(slug), **values)

    def offer(self, here: str = "east", there: str = "west") -> TestResponse:
        """Begin a link: the page that leads over."""
        return self.browsers[here].submit(f"{PAGE}/link", {"programme": there})

    def link(self, here: str = "east", there: str = "west") -> TestResponse:
        """Link both accounts, signing in on both sides."""
        self.sign_in(here)
        offered = self.offer(here, there)
        assert offered.status_code == 200, offered.text
        self.carry(offered, here, there)
        self.sign_in(there)
        return self.browsers[there].submit(f"{PAGE}/accept")

    def are_linked(self) -> None:
        """Link both accounts as agreeing does, without its pages; sign in to the first."""
        reference = new_token()
        for slug, other in (("east", "west"), ("west", "east")):
            with self.at(slug), unit_of_work():
                user, partner = self.account(slug), crossing.partner_called(other)
                assert partner is not None
                crossing._make_half(user, reference, partner, strong=bool(user.roles))
        self.sign_in("east")

    def carry(self, page: TestResponse, here: str = "east", there: str = "west") -> TestResponse:
        """Follow the forms from one programme's page into the other, as a browser would."""
        return self.carry_ticket(ticket_of(page), here, there)

    def carry_ticket(self, ticket: str, here: str = "east", there: str = "west") -> TestResponse:
        """What the two forms on the way do."""
        arrived = arrive(self.browsers[there], ticket, ADDRESSES[here])
        assert arrived.status_code == 200, arrived.text
        return come_in(self.browsers[there], ticket_of(arrived), ADDRESSES[there])

    def link_id(self, slug: str) -> int:
        """The key of the person's one link there."""
        with self.at(slug):
            found = current_session().execute(
                text("SELECT id FROM linked_accounts WHERE user_id = :id"),
                {"id": self.accounts[slug]},
            )
            return int(found.scalar_one())

    def press_go(self, here: str = "east") -> TestResponse:
        """Press the button: the page that leads over, or a refusal."""
        path = f"{PAGE}/{self.link_id(here)}/go"
        return self.browsers[here].submit(PAGE, form=path, follow=False)

    def go(self, here: str = "east", there: str = "west") -> TestResponse:
        """Over to the other account."""
        pressed = self.press_go(here)
        assert pressed.status_code == 200, pressed.location
        return self.carry(pressed, here, there)

    def is_in(self, slug: str) -> bool:
        """Whether the browser is signed in there, to this account."""
        page = self.browsers[slug].get("/account")
        if page.status_code != 200:
            return False
        with self.at(slug):
            return self.account(slug).email in page.text

    def session(self, slug: str) -> UserSession:
        """The newest sign-in of the account there."""
        with self.at(slug):
            session = current_session()
            row = session.scalars(
                select(UserSession)
                .where(UserSession.user_id == self.accounts[slug])
                .order_by(UserSession.id.desc())
            ).first()
            assert row is not None
            session.expunge(row)
            return row

    def audited(self, slug: str) -> list[tuple[str, dict[str, Any]]]:
        """What the trail there says of the account and links, in order."""
        with self.at(slug):
            rows = current_session().scalars(
                select(AuditEntry)
                .where(AuditEntry.subject == f"user:{self.accounts[slug]}")
                .order_by(AuditEntry.id)
            )
            return [
                (one.action, one.detail)
                for one in rows
                if "link" in one.action or "_over" in one.action
            ]

    def mails(self, slug: str) -> list[str]:
        """Subjects of the mail to the account there, in order."""
        with self.at(slug):
            email = self.account(slug).email
            rows = current_session().scalars(
                select(OutboxEntry).where(OutboxEntry.kind == "mail.send").order_by(OutboxEntry.id)
            )
            return [one.payload["subject"] for one in rows if one.payload["to"] == email]


def ticket_of(page: TestResponse) -> str:
    """The ticket in the form of a page that leads over."""
    form = going_over(page)
    hidden = form.find("input", {"name": "ticket"})
    assert hidden is not None
    return str(hidden["value"])


def going_over(page: TestResponse) -> BeautifulSoup:
    """The form that leads over."""
    form = parse(page.get_data(as_text=True)).find("form", id="going-over")
    assert form is not None
    return form  # type: ignore[return-value]


def arrive(browser: HostClient, ticket: str, origin: str | None) -> TestResponse:
    """What the other programme's page posts; browsers send no cookie of ours with it."""
    headers = {} if origin is None else {"Origin": origin}
    return browser.post(f"{PAGE}/arrive", data={"ticket": ticket}, headers=headers)


def come_in(browser: HostClient, ticket: str, origin: str | None) -> TestResponse:
    """What our own page posts on."""
    headers = {} if origin is None else {"Origin": origin}
    return browser.post(f"{PAGE}/come-in", data={"ticket": ticket}, headers=headers)
