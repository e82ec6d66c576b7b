"""The call sheet: the whole questionnaire on paper, to fill in on the phone or at a visit."""

from __future__ import annotations

from flask import abort, render_template, request

from portal.diagnostics import queries
from portal.diagnostics.forms import SIZE_CHOICES, SheetForm
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.schema import SIZES, Profile, Questionnaire
from portal.diagnostics.rules.sheet import NOT_APPLICABLE_LETTER, make_sheet
from portal.diagnostics.views import blueprint
from portal.diagnostics.views.loading import Loaded, with_questionnaire
from portal.employers.queries import EmployerProfile, employer_profile


@blueprint.get("/employers/<employer>/diagnostic/call-sheet")
def call_sheet(employer: str) -> str:
    """The sheet for an employer; of what is under way, so that numbers fit the keying page."""
    profile = employer_profile(employer)
    if profile is None:
        abort(404)
    under_way = _under_way(profile)
    if under_way is not None:
        return _sheet(under_way.questionnaire, under_way.profile, profile, under_way)
    size = profile.size_tier or request.args.get("size", "")
    if size not in SIZES:
        return _ask(SheetForm.for_size(profile.sector, request.args.get("size")), profile)
    return _sheet(_newest(), Profile(profile.sector, size), profile, None)


@blueprint.get("/diagnostic/call-sheet")
def blank_call_sheet() -> str:
    """The sheet for a sector and a size, before the employer is known to the portal."""
    form = SheetForm(request.args)
    if not request.args or not form.validate():
        return _ask(form, None)
    return _sheet(_newest(), Profile(form.sector.data, form.size.data), None, None)


def _under_way(profile: EmployerProfile) -> Loaded | None:
    reference = queries.under_way(profile.id)
    facts = None if reference is None else queries.response_facts(reference)
    return None if facts is None else with_questionnaire(facts)


def _newest() -> Questionnaire:
    newest = load_catalogue().latest()
    return abort(404) if newest is None else newest


def _ask(form: SheetForm, employer: EmployerProfile | None) -> str:
    return render_template("diagnostics/call_sheet_for.html", form=form, employer=employer)


def _sheet(
    questionnaire: Questionnaire,
    profile: Profile,
    employer: EmployerProfile | None,
    under_way: Loaded | None,
) -> str:
    sectors = dict(SheetForm.SECTORS)
    sizes = {key: words for key, words, *_ in SIZE_CHOICES}
    return render_template(
        "diagnostics/call_sheet.html",
        sheet=make_sheet(questionnaire, profile),
        employer=employer,
        under_way=None if under_way is None else under_way.facts,
        sector=sectors[profile.sector],
        size=sizes[profile.size],
        not_applicable_letter=NOT_APPLICABLE_LETTER,
    )
