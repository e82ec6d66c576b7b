"""The survey as workers see it: no account, no script, one page, nothing kept but totals.

Nothing here writes to a log, the audit trail or the session. The one cookie says no more than that
this phone has sent in this survey, is sent to this survey's own pages only, and never leads to an
answer: the portal keeps none.
"""

from __future__ import annotations

from typing import Any, Final

from flask import (
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Ok
from portal.programme import queries as programme
from portal.reports.forms.pulse import AnswerForm, CodeForm
from portal.reports.queries import pulse as found
from portal.reports.queries.pulse import WaveFacts
from portal.reports.rules.pulse_survey import Language, language, languages, survey
from portal.reports.rules.pulse_waves import takes_answers
from portal.reports.service import pulse as service
from portal.reports.views import blueprint
from portal.web.access import current_actor
from portal.web.security import limiter

_COOKIE: Final = "pulse_sent"
_DAY: Final = 86_400


def _by_survey() -> str:
    """Answers are limited by survey, never by address: whose phone it is must not be held."""
    return f"pulse:{(request.view_args or {}).get('code', '')}"


@blueprint.get("/pulse")
def pulse_find() -> ResponseReturnValue:
    """For whoever types the code off a poster."""
    # Looking for a survey changes nothing, so the form carries no token.
    form = CodeForm(request.args if "code" in request.args else None, meta={"csrf": False})
    if "code" in request.args and form.validate():
        wave = found.wave_by_code(normalise_reference(form.code.data or "")[:10])
        if wave is not None:
            return redirect(url_for("reports.pulse_start", code=wave.code))
        form.code.errors = ["No survey has this code. Look at the poster again"]
    return render_template("reports/pulse/find.html", form=form)


@blueprint.get("/pulse/<code>")
def pulse_start(code: str) -> str:
    """Which language to answer in."""
    wave = _load(code)
    return render_template(
        "reports/pulse/start.html",
        wave=wave,
        languages=languages(wave.survey_version),
        english=language("en", wave.survey_version),
        minutes=survey(wave.survey_version).minutes,
        is_open=_is_open(wave),
    )


@blueprint.route("/pulse/<code>/<lang>", methods=["GET", "POST"])
@limiter.limit("60/minute", methods=["POST"], key_func=_by_survey)
def pulse_answer(code: str, lang: str) -> ResponseReturnValue:
    """The survey itself, on one page."""
    wave = _load(code)
    spoken = _language(wave, lang)
    form = AnswerForm()
    if current_actor().is_authenticated:
        return render_template("reports/pulse/signed_in.html", wave=wave)
    wrong = False
    if form.validate_on_submit():
        with unit_of_work():
            done = service.answer(code=wave.code, answers=request.form.to_dict())
        if isinstance(done, Ok):
            return _sent(wave, lang)
        wrong = done.problem is service.NOTHING
        wave = _load(code)
    return render_template("reports/pulse/answer.html", form=form, **_page(wave, spoken, wrong))


def _page(wave: WaveFacts, spoken: Language, wrong: bool) -> dict[str, Any]:  # noqa: FBT001
    asked = survey(wave.survey_version)
    state = "asking"
    if not _is_open(wave):
        state = "over"
    elif wave.answers >= wave.invited:
        state = "full"
    elif _COOKIE in request.cookies and "again" not in request.args and not wrong:
        state = "again"
    by_part = [
        (part, [one for one in asked.statements if one.part == part.key]) for part in asked.parts
    ]
    return {
        "wave": wave,
        "lang": spoken,
        "state": state,
        "by_part": by_part,
        "minutes": asked.minutes,
        "hours": programme.settings().part_time_hours,
        "wrong": wrong,
        "page_has_errors": wrong,
    }


def _sent(wave: WaveFacts, lang: str) -> Response:
    thanks = url_for("reports.pulse_thanks", code=wave.code, lang=lang)
    response = make_response(redirect(thanks))
    response.set_cookie(
        _COOKIE,
        "yes",
        # The same for everybody in this survey, whenever they answered.
        expires=None,
        max_age=((wave.closes_on - today()).days + 1) * _DAY,
        path=url_for("reports.pulse_start", code=wave.code),
        secure=current_app.config["SETTINGS"].secure_cookies,
        httponly=True,
        samesite="Lax",
    )
    return response


@blueprint.get("/pulse/<code>/<lang>/thanks")
def pulse_thanks(code: str, lang: str) -> str:
    """After the answers were added to the totals; anybody may look at it."""
    wave = _load(code)
    return render_template("reports/pulse/thanks.html", wave=wave, lang=_language(wave, lang))


def _load(code: str) -> WaveFacts:
    wave = found.wave_by_code(normalise_reference(code)[:10])
    if wave is None or wave.state == "stopped":
        abort(404)
    return wave


def _language(wave: WaveFacts, key: str) -> Language:
    if key not in survey(wave.survey_version).languages:
        abort(404)
    return language(key, wave.survey_version)


def _is_open(wave: WaveFacts) -> bool:
    return takes_answers(state=wave.state, closes_on=wave.closes_on, day=today())
