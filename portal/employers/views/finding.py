"""Finding an employer in the register, making its record, or asking to join it."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.db import unit_of_work
from portal.employers import queries, service
from portal.employers.access import is_lep_staff
from portal.employers.forms import EmptyForm, NewEmployerForm
from portal.employers.rules.identifiers import normalise_company_number
from portal.employers.views import blueprint
from portal.kernel.result import Err
from portal.programme import queries as programme
from portal.programme.rules import load_sic, suggested_district
from portal.web.access import current_actor, forget_actor
from portal.web.asked import asked_number
from portal.web.security import limiter

_SUGGESTIONS = 8
_RESULTS = 20
_FILTERS = ("sector", "size_tier", "district")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """The LEP's list of employers; for others their own, or where to begin."""
    actor = current_actor()
    if is_lep_staff(actor):
        chosen = {name: request.args.get(name) or None for name in _FILTERS}
        question = request.args.get("q", "")
        page = queries.search_employers(
            question,
            sector=chosen["sector"],
            size_tier=chosen["size_tier"],
            district=chosen["district"],
            after=asked_number("after"),
        )
        return render_template(
            "employers/list.html",
            page=page,
            question=question,
            chosen=chosen,
            settings=programme.settings(),
        )
    assert actor.user_id is not None  # noqa: S101 - the access table lets nobody else in
    if len(actor.employers) == 1:
        return redirect(url_for("employers.show", employer=next(iter(actor.employers))))
    if not actor.employers:
        return redirect(url_for("employers.find"))
    rows = queries.employer_rows_of(actor.user_id)
    return render_template("employers/mine.html", rows=rows, settings=programme.settings())


@blueprint.get("/find")
def find() -> ResponseReturnValue:
    """Search the register: a page of results, with or without a script."""
    question = request.args.get("q", "").strip()
    matches = queries.search_register(question, limit=_RESULTS) if question else []
    return render_template("employers/find.html", question=question, matches=matches)


@blueprint.get("/find.json")
@limiter.limit("240/minute")
def suggest() -> ResponseReturnValue:
    """Entries of the register for what is being typed."""
    matches = queries.search_register(request.args.get("q", ""), limit=_SUGGESTIONS)
    return jsonify(
        results=[
            {
                "value": str(match.id),
                "text": match.current_name,
                "hint": match.address,
                "href": url_for("employers.new", entry=match.id),
            }
            for match in matches
        ]
    )


@blueprint.get("/sic.json")
def suggest_sic() -> ResponseReturnValue:
    """SIC codes for what is being typed."""
    found = load_sic().search(request.args.get("q", ""), limit=_SUGGESTIONS)
    return jsonify(results=[{"value": e.code, "text": f"{e.code} {e.description}"} for e in found])


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Check the details of a register entry, or enter those of an employer not listed."""
    entry = _entry()
    if entry is not None:
        taken = queries.employer_with(entry_id=entry.id, number=entry.company_number)
        if taken is not None:
            return _already_here(taken.reference, entry=entry.id)
    form = NewEmployerForm(data=_prefilled(entry), districts=programme.settings().district_choices)
    if request.method == "POST":
        again = form.look_up_sic(pressed="find" in request.form)
        if not again and form.validate_on_submit():
            done = _create(form, entry)
            if done is not None:
                return done
    return render_template("employers/new.html", form=form, entry=entry)


def _create(form: NewEmployerForm, entry: queries.RegisterEntry | None) -> Response | None:
    actor = current_actor()
    entry_id = None if entry is None else entry.id
    with unit_of_work():
        result = service.create_employer(
            details=form.to_details(),
            staff=form.to_staff(),
            owner_id=actor.user_id,
            register_entry_id=entry_id,
        )
        reference = None if isinstance(result, Err) else result.value.reference
    if isinstance(result, Err):
        number = normalise_company_number(form.company_number.data or "")
        taken = queries.employer_with(entry_id=entry_id, number=number)
        if result.problem.code == service.ALREADY_HERE and taken is not None:
            return _already_here(taken.reference, entry=entry_id, number=number)
        form.refuse(result.problem)
        return None
    forget_actor()
    flash("Your employer is set up. You can start the diagnostic now.", "success")
    return redirect(url_for("employers.show", employer=reference))


def _already_here(reference: str, **values: Any) -> Response:
    if reference in current_actor().employers:
        return redirect(url_for("employers.show", employer=reference))
    return redirect(url_for("employers.ask", **values))


def _entry() -> queries.RegisterEntry | None:
    if "entry" not in request.args:
        return None
    entry_id = asked_number("entry", 0)
    entry = queries.register_entry(entry_id) if entry_id > 0 else None
    return entry or abort(404)


def _prefilled(entry: queries.RegisterEntry | None) -> dict[str, Any]:
    if entry is None:
        return {}
    sic = load_sic()
    return {
        "name": entry.current_name[:160],
        "company_number": entry.company_number or "",
        "postcode": entry.postcode or "",
        "district": suggested_district(entry.postcode, programme.settings().area),
        "sic_codes": [code for code in entry.sic_codes if code in sic][:4],
    }


@blueprint.route("/ask", methods=["GET", "POST"])
@limiter.limit("20/hour", methods=["POST"])
def ask() -> ResponseReturnValue:
    """Ask to join an employer that already uses the portal; nobody is named."""
    entry = _entry()
    number = normalise_company_number(request.args.get("number", ""))
    employer = queries.employer_with(
        entry_id=entry.id if entry else None,
        number=number or (entry.company_number if entry else None),
    )
    actor = current_actor()
    if employer is None:
        abort(404)
    if employer.reference in actor.employers:
        return redirect(url_for("employers.show", employer=employer.reference))
    form = EmptyForm()
    if form.validate_on_submit():
        assert actor.user_id is not None  # noqa: S101 - signed in by the access table
        employer_id, user_id = employer.id, actor.user_id
        with unit_of_work():
            service.request_to_join(employer_id=employer_id, user_id=user_id)
        return render_template("employers/asked.html")
    name = entry.current_name if entry else None
    return render_template("employers/ask.html", form=form, name=name)
