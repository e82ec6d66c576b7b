"""Your programmes: accounts of one person in several programmes, linked, and going over.

Only where one installation serves several. What carries a ticket is a form that the browser posts
from one programme's page to the other's, never an address; the receiving side looks at where it
comes from, since another site's form brings no cookie and no form token.
"""

from __future__ import annotations

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as cookie
from werkzeug.wrappers import Response

from portal.accounts import crossing, queries, rules, sessions, throttle
from portal.accounts.forms import ButtonForm, ProgrammeForm
from portal.db import unit_of_work
from portal.db.linked import here, others
from portal.db.programmes import Programme
from portal.kernel.clock import utc_now
from portal.kernel.result import Err, Problem
from portal.web.security import content_security_policy, csp_nonce, csrf, limiter

blueprint = Blueprint("my_programmes", __name__, url_prefix="/account/programmes")
OFFER_KEY = "account_link_offer"
_PROVED_AT = "fs_paa"


def _me() -> queries.SignedIn:
    known = sessions.current_sign_in()
    if known is None:
        abort(403)
    return known


def _proved_since(moment: float) -> bool:
    """Whether the person has shown who they are in this browser, here, since then."""
    proved = cookie.get(_PROVED_AT)
    return isinstance(proved, int | float) and proved >= moment


def _prove_first(endpoint: str) -> Response:
    flash("Before you link accounts, show that it is you", "info")
    return redirect(url_for("security.verify", next=url_for(endpoint)))


def _refused(problem: Problem, endpoint: str = "my_programmes.show") -> Response:
    flash(problem.message, "error")
    return redirect(url_for(endpoint))


def _over(programme: Programme, ticket: str, *, linking: bool) -> Response:
    """A page whose one form goes to another programme, by itself where there are scripts.

    Its policy allows that one address more. Which programme the form comes from has to be told:
    the site, never the page.
    """
    page = render_template(
        "accounts/programmes_over.html",
        programme=programme,
        ticket=ticket,
        linking=linking,
        action=f"{programme.origin}{url_for('my_programmes.arrive')}",
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = content_security_policy(
        csp_nonce(), forms_to=programme.origin
    )
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


@blueprint.get("")
def show() -> str:
    """Which of the person's accounts are linked, with what can be done."""
    me = _me()
    return render_template(
        "accounts/programmes.html",
        me=me,
        here=here(),
        links=crossing.standing_of(me.user_id),
        can_link=bool(others()),
        now=utc_now(),
        waits=rules.LINKING_LENGTH,
    )


@blueprint.route("/link", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def offer() -> str | Response:
    """Choose a programme and go there to sign in."""
    me = _me()
    if me.over is not None:
        return _refused(crossing.FIRST_HAND)
    if not _proved_since(utc_now().timestamp() - rules.LINKING_FRESH.total_seconds()):
        return _prove_first("my_programmes.offer")
    form = ProgrammeForm()
    form.offer("programme", [(one.slug, f"{one.title} ({one.lep})") for one in others()])
    if form.validate_on_submit():
        counted = throttle.mail_keys(email=me.email, by_address=False)
        with unit_of_work():
            if throttle.is_locked(counted):
                abort(429)
            throttle.failed(counted)
            result = crossing.offer(me=me, to=form.programme.data)
        if not isinstance(result, Err):
            partner = crossing.partner_called(form.programme.data)
            assert partner is not None  # noqa: S101 - an offer was just made to it
            return _over(partner, result.value, linking=True)
        form.refuse(result.problem)
    return render_template("accounts/programmes_link.html", form=form)


@blueprint.post("/<int:link_id>/go")
@limiter.limit("60 per 15 minutes")
def go(link_id: int) -> Response:
    """Over to the linked account."""
    me = _me()
    with unit_of_work():
        result = crossing.go(me=me, link_id=link_id)
    if isinstance(result, Err):
        return _refused(result.problem)
    partner, ticket = result.value
    return _over(partner, ticket, linking=False)


@blueprint.post("/<int:link_id>/unlink")
def unlink(link_id: int) -> Response:
    """End a link; whoever came by it is signed out."""
    me = _me()
    with unit_of_work():
        result = crossing.unlink(user_id=me.user_id, link_id=link_id)
    if isinstance(result, Err):
        abort(404)
    flash("The accounts are not linked any more", "success")
    return redirect(url_for("my_programmes.show"))


# The other side ----------------------------------------------------------------------------------


def _comes_from(origin: str) -> bool:
    return request.headers.get("Origin", "").lower() == origin


@limiter.limit("60 per 15 minutes")
def arrive() -> str | Response:
    """What another programme's page posts here: nothing is done yet.

    No cookie of ours comes with it, so the page that is shown posts it once more, as our own. It
    sets no cookie either, which would put an end to what this browser has here.
    """
    carried = request.form.get("ticket", "")
    slip = crossing.read(carried)
    origin = crossing.partner_called(slip.origin) if slip is not None else None
    if slip is None or origin is None or not _comes_from(origin.origin) or slip.to != here().slug:
        abort(400)
    return render_template(
        "accounts/programmes_over.html",
        programme=here(),
        ticket=carried,
        linking=slip.kind == crossing.LINK,
        action=url_for("my_programmes.come_in"),
    )


@limiter.limit("60 per 15 minutes")
def come_in() -> Response:
    """Take the ticket: sign in by it, or keep an offer until the person has signed in here."""
    if not _comes_from(here().origin):
        abort(400)
    carried = request.form.get("ticket", "")
    slip = crossing.read(carried)
    if slip is not None and slip.kind == crossing.LINK:
        cookie[OFFER_KEY] = {"ticket": carried, "at": utc_now().timestamp()}
        return redirect(url_for("my_programmes.accept"))
    with unit_of_work():
        result = crossing.come_in(carried=carried)
    if isinstance(result, Err):
        return _refused(result.problem, "security.login")
    sessions.run_signed_in_hooks()
    return redirect(url_for("pages.home"))


# No form token is theirs: a ticket is the key, and where the form comes from is looked at.
csrf.exempt(arrive)
csrf.exempt(come_in)
blueprint.add_url_rule("/arrive", view_func=arrive, methods=["POST"])
blueprint.add_url_rule("/come-in", view_func=come_in, methods=["POST"])


@blueprint.route("/accept", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def accept() -> str | Response:
    """Agree to a link here, having signed in here since the offer came."""
    me = _me()
    kept = cookie.get(OFFER_KEY)
    found = crossing.open_offer(kept["ticket"]) if kept else None
    if kept is None or found is None:
        return _refused(crossing.TOO_LATE)
    if me.over is not None:
        return _refused(crossing.FIRST_HAND)
    if not _proved_since(kept["at"]):
        return _prove_first("my_programmes.accept")
    form = ButtonForm()
    slip, origin = found
    if form.validate_on_submit():
        with unit_of_work():
            result = crossing.accept(me=me, carried=kept["ticket"])
        cookie.pop(OFFER_KEY, None)
        if isinstance(result, Err):
            return _refused(result.problem)
        flash(f"Your accounts here and at {origin.title} are linked", "success")
        return redirect(url_for("my_programmes.show"))
    return render_template(
        "accounts/programmes_accept.html", form=form, me=me, here=here(), origin=origin, slip=slip
    )
