"""What everybody sees of awards: the scheme, its criteria, whether a code is valid, and badges."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from flask import Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.clock import today
from portal.kernel.result import Err
from portal.network.access import may_read_certificate
from portal.network.queries import award_rounds as rounds
from portal.network.queries import awards as queries
from portal.network.queries.awards import AwardFacts
from portal.network.rules.award_criteria import LEVELS, load_criteria, versions
from portal.network.rules.awards import read_code, shown_code
from portal.network.rules.words import TIERS
from portal.network.service import award_badges, award_certificates
from portal.network.service.award_applications import sectors_of
from portal.network.views import blueprint
from portal.programme import queries as programme
from portal.web.access import current_actor
from portal.web.security import limiter

_SHOWN: Final = 12
_BADGE_TYPES: Final = {"svg": "image/svg+xml", "png": "image/png"}


@blueprint.get("/awards")
def awards() -> str:
    """The scheme: its tiers, its criteria, the round there is, and who holds an award."""
    day = today()
    current = rounds.now_or_next(day)
    version = current.criteria_version if current else versions()[-1]
    settings = programme.settings()
    return render_template(
        "network/awards/scheme.html",
        criteria=load_criteria(version),
        round=current,
        is_open=current is not None and current.is_open(day),
        sector_words=sectors_of(current.sectors)[1] if current else "",
        champions=queries.shown_champions(day, limit=_SHOWN),
        champion_count=queries.champion_count(day),
        tiers=TIERS,
        employers=list(current_actor().employers),
        sector_title=settings.sector_title,
        district_title=settings.district_title,
    )


@blueprint.get("/awards/criteria/<int:version>")
def award_criteria(version: int) -> str:
    """A version of the criteria, in full."""
    if version not in versions():
        abort(404)
    return render_template(
        "network/awards/criteria.html",
        criteria=load_criteria(version),
        latest=versions()[-1],
        levels=LEVELS,
    )


@blueprint.get("/awards/verify")
@limiter.limit("60/hour")
def verify() -> ResponseReturnValue:
    """Where somebody types the code of a certificate."""
    typed = request.args.get("code", "").strip()[:40]
    if read_code(typed):
        return redirect(url_for("network.verify_code", code=shown_code(read_code(typed))))
    return render_template("network/awards/verify.html", award=None, typed=typed, standing=None)


@blueprint.get("/awards/verify/<code>")
@limiter.limit("60/hour")
def verify_code(code: str) -> ResponseReturnValue:
    """How the award with this code stands. Whoever has no code learns of no award."""
    award = queries.by_code(read_code(code))
    page = render_template(
        "network/awards/verify.html",
        award=award,
        typed=code[:40],
        standing=award.standing(today()) if award else "unknown",
        shown_code=shown_code,
        tiers=TIERS,
    )
    return page, 200 if award else 404


@blueprint.get("/awards/<code>/badge.<any(svg,png):kind>")
@limiter.limit("600/hour")
def badge(code: str, kind: str) -> Response:
    """The badge; one that says so where the award is not valid any more."""
    award = queries.by_code(read_code(code)) or abort(404)
    until = f"{award.valid_until.day} {award.valid_until:%B %Y}"
    standing = award.standing(today())
    data: str | bytes = (
        award_badges.drawing(award.tier, standing=standing, until=until)
        if kind == "svg"
        else award_badges.picture(award.tier, standing=standing, until=until)
    )
    response = Response(data, mimetype=_BADGE_TYPES[kind])
    response.headers["Cache-Control"] = "public, max-age=3600"
    # It stands on the employer's own website too.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.args.get("download"):
        response.headers["Content-Disposition"] = (
            f'attachment; filename="employer-champion-{award.tier}.{kind}"'
        )
    return response


@blueprint.get("/awards/<code>/certificate.pdf")
def certificate(code: str) -> ResponseReturnValue:
    """The certificate, for the employer's own people and the LEP."""
    award = queries.by_code(read_code(code))
    if award is None or not may_read_certificate(current_actor(), award.employer_reference):
        abort(404)
    if award.revoked_at is not None:
        abort(410)
    found = award_certificates.read(award)
    if isinstance(found, Err):
        page = render_template("network/awards/waiting.html", problem=found.problem, award=award)
        return page, 500 if found.problem.code == "damaged" else 409
    response = send_file(
        BytesIO(found.value),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=f"certificate-{_file_name(award)}.pdf",
        etag=False,
    )
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _file_name(award: AwardFacts) -> str:
    return f"{award.tier}-{award.awarded_on.isoformat()}"
