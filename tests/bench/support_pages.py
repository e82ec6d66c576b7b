"""Pages for `bench_pages`: a list and two forms, each built our way and the usual way.

`mount` puts them on the real application, so that sign-in, access, headers and layout are the
portal's own. `RawPage` is the lower bound of any page: it checks the same cookie, sends the same
SQL through the bare driver and puts one string together.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import secrets
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, render_template
from flask.sessions import SecureCookieSessionInterface
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from sqlalchemy import bindparam, select
from werkzeug.http import parse_cookie

from config import Settings
from portal import create_app
from portal.accounts.models import User
from portal.accounts.sessions import TOKEN_KEY
from portal.db import current_session
from portal.diagnostics.models import Response
from portal.employers.models import Employer
from portal.web.access import has_role, register_routes, signed_in
from portal.web.forms import CheckboxesField, Form, RadioField, StringField
from tests.bench.support import Statements, Visit, plain_connection

ROWS = 50
_OPTIONS = [(f"option-{number}", f"Most of them, at least {number} in ten") for number in range(5)]


class MixedForm(Form):
    """49 inputs in 17 questions: 9 boxes to type in, 6 sets of 5 radios, 2 sets of 5 tick boxes."""


class PlainForm(Form):
    """49 boxes to type in."""


for _number in range(9):
    _box = StringField(f"How many people work in team {_number}?", hint="An estimate will do")
    setattr(MixedForm, f"box_{_number}", _box)
for _number in range(6):
    _field = RadioField(f"How many managers have heard of rule {_number}?", choices=_OPTIONS)
    setattr(MixedForm, f"radio_{_number}", _field)
for _number in range(2):
    _ticks = CheckboxesField(
        f"What do you do for group {_number}?", hint="Tick all that apply", choices=_OPTIONS
    )
    setattr(MixedForm, f"ticks_{_number}", _ticks)
for _number in range(49):
    _box = StringField(f"How many people work in team {_number}?", hint="An estimate will do")
    setattr(PlainForm, f"box_{_number}", _box)


def filled(form: type[Form], number: int) -> Form:
    """The form with something in every field, as when somebody comes back to it."""
    text, option = f"{number} & more", f"option-{number % 5}"
    chosen = {"b": text, "r": option, "t": [option]}
    return form(data={name: chosen[name[0]] for name in NAMES[form]})


FORMS: dict[str, type[Form]] = {"mixed": MixedForm, "plain": PlainForm}
NAMES = {
    form: [name for name in vars(form) if name.startswith(("box_", "radio_", "ticks_"))]
    for form in FORMS.values()
}
_E, _R, _U = Employer.__table__, Response.__table__, User.__table__
_LIST = (
    select(
        _E.c.reference,
        _E.c.name,
        _E.c.trading_name,
        _E.c.sector,
        _E.c.size_tier,
        _E.c.district,
        _R.c.overall_score,
        _U.c.name.label("by"),
    )
    .select_from(_E)
    .outerjoin(_R, (_R.c.employer_id == _E.c.id) & _R.c.is_current)
    .outerjoin(_U, _U.c.id == _R.c.completed_by)
    .where(_E.c.name > bindparam("after"))
    .order_by(_E.c.name, _E.c.id)
    .limit(ROWS)
)
_NO_SCORE = "\N{EN DASH}"
_AFTER = "Example Employer 000004"


def _list() -> str:
    """Our way: a statement built once, tuples of the columns shown, no macro inside the loop."""
    return render_template(
        "bench/list.html", rows=current_session().execute(_LIST, {"after": _AFTER}).all()
    )


def _list_usual() -> str:
    """The usual way: entities, one macro of the design system's Jinja package, url_for a row."""
    query = (
        select(Employer, Response, User)
        .outerjoin(Response, (Response.employer_id == Employer.id) & Response.is_current)
        .outerjoin(User, User.id == Response.completed_by)
        .where(Employer.name > _AFTER)
        .order_by(Employer.name, Employer.id)
        .limit(ROWS)
    )
    return render_template("bench/list_usual.html", rows=current_session().execute(query).all())


def _form(kind: str) -> str:
    return render_template("bench/form.html", form=filled(FORMS[kind], 7))


def _form_usual(kind: str) -> str:
    return render_template("bench/form_usual.html", form=filled(FORMS[kind], 7))


def _employer(reference: str) -> str:
    return reference


def mount(app: Flask) -> Flask:
    """Put the pages on the application."""
    blueprint = Blueprint("bench", __name__, url_prefix="/bench", template_folder="templates")
    blueprint.add_url_rule("/list", "list", _list)
    blueprint.add_url_rule("/list-usual", "list_usual", _list_usual)
    blueprint.add_url_rule("/form/<kind>", "form", _form)
    blueprint.add_url_rule("/form-usual/<kind>", "form_usual", _form_usual)
    blueprint.add_url_rule("/employer/<reference>", "employer", _employer)
    theirs = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    app.jinja_loader = ChoiceLoader([app.jinja_loader, theirs])  # type: ignore[list-item]
    app.register_blueprint(blueprint)
    staff = has_role("lep_officer")
    register_routes(
        app,
        {
            "bench.list": staff,
            "bench.list_usual": staff,
            "bench.form": signed_in,
            "bench.form_usual": signed_in,
            "bench.employer": staff,
        },
    )
    return app


# The lower bound ---------------------------------------------------------------------------------

RowWriter = Callable[[Any], str]


def list_row(row: Any) -> str:
    """One line of the list, all text escaped."""
    reference, name, trading, sector, size, district, score, by = row
    return (
        f'<tr class="govuk-table__row"><th class="govuk-table__header" scope="row"><a '
        f'class="govuk-link" href="/employers/{escape(reference)}">{escape(name)}</a></th>'
        f'<td class="govuk-table__cell">{escape(trading or "")}</td>'
        f'<td class="govuk-table__cell">{escape(sector)}</td>'
        f'<td class="govuk-table__cell">{escape(size or "")}</td>'
        f'<td class="govuk-table__cell">{escape(district)}</td>'
        f'<td class="govuk-table__cell govuk-table__cell--numeric">'
        f"{_NO_SCORE if score is None else score}</td>"
        f'<td class="govuk-table__cell">{escape(by or "")}</td></tr>\n'
    )


def plain_row(row: Any) -> str:
    """One line of any list: every column in a cell of its own."""
    cells = "".join(
        f'<td class="govuk-table__cell">{escape("" if value is None else str(value))}</td>'
        for value in row
    )
    return f'<tr class="govuk-table__row">{cells}</tr>\n'


class RawPage:
    """A page at its lower bound, as a WSGI application.

    Built from one real answer: its SQL, and its HTML cut at what changes with every request (the
    nonce) and, for a list, at the rows, which are written from what the database gives.
    """

    def __init__(
        self,
        *,
        url: str,
        secret: str,
        statements: Statements,
        html: str,
        nonce: str,
        write_row: RowWriter | None = None,
        anonymous: bool = False,
    ) -> None:
        signing = Flask("floor")
        signing.secret_key = secret
        serializer = SecureCookieSessionInterface().get_signing_serializer(signing)
        assert serializer is not None
        self.serializer = serializer
        self.anonymous = anonymous
        self.connection = plain_connection(url)
        self.statements = statements.made
        self.write_row = write_row
        start, end = len(html), len(html)
        if write_row is not None:
            start = html.index("<tr", html.index("<tbody"))
            end = html.rindex("</tbody>")
        # A page that is kept for every visitor has none: its scripts are allowed by their hash.
        self.head = html[:start].split(nonce) if nonce else [html[:start]]
        self.tail = html[end:].split(nonce) if nonce else [html[end:]]

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        """Check the cookie, ask the database, format one string."""
        if not self.anonymous:
            cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
            if "session" not in cookies:
                start("403 Forbidden", [])
                return []
            token = self.serializer.loads(cookies["session"])[TOKEN_KEY]
            hashlib.sha256(token.encode()).hexdigest()
        rows: list[Any] = []
        for statement, parameters in self.statements:
            rows = self.connection.execute(statement, parameters).fetchall()
        nonce = secrets.token_urlsafe(16)
        middle = "".join(map(self.write_row, rows)) if self.write_row else ""
        body = f"{nonce.join(self.head)}{middle}{nonce.join(self.tail)}".encode()
        start(
            "200 OK",
            [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))],
        )
        return [body]


def nonce_in(html: str) -> str:
    """The nonce of a page's scripts; empty where they have none."""
    return html.partition('nonce="')[2].partition('"')[0]


def raw_page(
    app: Flask,
    shown: Visit,
    statements: Statements,
    *,
    write_row: RowWriter | None = None,
    anonymous: bool = False,
) -> Visit:
    """The lower bound of a page, visited the same way."""
    html = shown().decode()
    plan = plan_of(app, statements, html)
    page = RawPage(**plan, write_row=write_row, anonymous=anonymous)
    return Visit(page, shown.environ)


def plan_of(app: Flask, statements: Statements, html: str) -> dict[str, Any]:
    """What `RawPage` is made from."""
    return {
        "url": app.config["SETTINGS"].database_url,
        "secret": app.config["SECRET_KEY"],
        "statements": statements,
        "html": html,
        "nonce": nonce_in(html),
    }


# For a real server -------------------------------------------------------------------------------


def served_portal() -> Flask:
    """The portal with these pages, its settings from the environment."""
    return mount(create_app(Settings()))


def served_floor() -> RawPage:
    """The list at its lower bound, from the plan that `BENCH_PLAN` names."""
    # Written a moment ago by the benchmark itself.
    plan = pickle.loads(Path(os.environ["BENCH_PLAN"]).read_bytes())
    return RawPage(**plan, write_row=list_row)
