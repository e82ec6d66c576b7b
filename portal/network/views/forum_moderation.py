"""Moderating the forum: what waits, what was reported, the acts and their log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.people import Author
from portal.kernel.result import Err
from portal.network.forms.forum import ActForm
from portal.network.queries import forum as found
from portal.network.queries import forum_moderation as looked
from portal.network.queries import forum_posts as found_posts
from portal.network.rules.forum_words import LOG_WORDS
from portal.network.rules.words import REPORT_REASONS
from portal.network.service import forum_moderation as service
from portal.network.service.forum_moderation import Unmasked
from portal.network.views import blueprint
from portal.network.views.forum_seat import around, page_number, seat
from portal.web.access import current_author

_POST_ACTS: Final = {
    "show": ("Show this post", "Everybody in the network sees the post."),
    "hide": ("Hide this post", "Nobody but moderators sees the post, anywhere."),
    "dismiss": ("Leave this post as it is", "The reports about it are closed."),
    "suspend": ("Stop its author from writing", "They can still read."),
    "unmask": (
        "Look up who wrote this post",
        "You are told once. That you looked, and why, stands in the log for good.",
    ),
}
_THREAD_ACTS: Final = {
    "lock": ("Lock this thread", "It can be read, and nothing can be added."),
    "unlock": ("Open this thread again", "People can write in it again."),
    "hide_thread": ("Hide this thread", "Nobody but moderators sees it, anywhere."),
    "show_thread": ("Show this thread", "Everybody in the network sees it."),
    "pin": ("Pin this thread", "It stands at the top of its part."),
    "unpin": ("Unpin this thread", "It stands where its last post puts it."),
    "move": ("Move this thread", "It stands in another part of the forum."),
}


@blueprint.get("/forum/moderation")
def moderation() -> str:
    """What waits for a moderator, what was reported, and who is suspended."""
    page = page_number()
    waiting, more = looked.held(page=page)
    return render_template(
        "network/forum/moderation.html",
        waiting=waiting,
        reported=looked.reported(),
        suspended=looked.suspended(),
        reasons=REPORT_REASONS,
        **around("network.moderation", page=page, more=more),
    )


@blueprint.get("/forum/moderation/log")
def moderation_log() -> str:
    """What moderators did, and what the portal refused or held."""
    page = page_number()
    what = request.args.get("what", "")
    what = what if what in LOG_WORDS else ""
    lines, more = looked.log(page=page, what=what)
    return render_template(
        "network/forum/log.html",
        lines=lines,
        words=LOG_WORDS,
        what=what,
        **around("network.moderation_log", page=page, more=more, what=what),
    )


@blueprint.route("/forum/p/<reference>/moderate/<act>", methods=["GET", "POST"])
def moderate_post(reference: str, act: str) -> ResponseReturnValue:
    """One act about a post, with its reason."""
    if act not in _POST_ACTS:
        abort(404)
    who = seat()
    known = found_posts.post(normalise_reference(reference), who) or abort(404)
    line, thread = known
    form = ActForm(data={"act": act})
    del form.category
    if act != "suspend":
        del form.days
    elif form.days.data is None and request.method == "GET":
        form.days.data = 7
    if form.validate_on_submit():
        with unit_of_work():
            done = _do_post(act, line.reference, form, current_author())
        if not isinstance(done, Err):
            if isinstance(done.value, Unmasked):
                return render_template("network/forum/unmasked.html", found=done.value, post=line)
            flash("Done. It stands in the log.", "success")
            return redirect(url_for("network.thread", reference=thread))
        form.refuse(done.problem)
    title, about = _POST_ACTS[act]
    return render_template(
        "network/forum/act.html",
        form=form,
        title=title,
        about=about,
        post=line,
        thread=thread,
    )


def _do_post(act: str, post: str, form: Any, by: Author) -> Any:
    reason = form.reason.data or ""
    if act == "suspend":
        return service.suspend(post=post, days=form.days.data or 0, reason=reason, by=by)
    acts: dict[str, Callable[..., Any]] = {
        "show": service.show,
        "hide": service.hide,
        "dismiss": service.dismiss,
        "unmask": service.unmask,
    }
    return acts[act](post=post, reason=reason, by=by)


@blueprint.route("/forum/t/<reference>/moderate/<act>", methods=["GET", "POST"])
def moderate_thread(reference: str, act: str) -> ResponseReturnValue:
    """One act about a thread, with its reason."""
    if act not in _THREAD_ACTS:
        abort(404)
    who = seat()
    facts = found.thread(normalise_reference(reference), who) or abort(404)
    form = ActForm(data={"act": act})
    del form.days
    if act == "move":
        form.offer("category", found.open_categories())
    else:
        del form.category
    if form.validate_on_submit():
        with unit_of_work():
            done: Any = (
                service.move(
                    thread=facts.reference,
                    category=form.category.data or "",
                    reason=form.reason.data or "",
                    by=current_author(),
                )
                if act == "move"
                else service.change_thread(
                    thread=facts.reference,
                    act=act,
                    reason=form.reason.data or "",
                    by=current_author(),
                )
            )
        if not isinstance(done, Err):
            flash("Done. It stands in the log.", "success")
            return redirect(url_for("network.thread", reference=facts.reference))
        form.refuse(done.problem)
    title, about = _THREAD_ACTS[act]
    return render_template(
        "network/forum/act.html",
        form=form,
        title=title,
        about=about,
        post=None,
        thread=facts.reference,
    )


@blueprint.route("/forum/moderation/suspensions/<int:key>", methods=["GET", "POST"])
def suspension_lift(key: int) -> ResponseReturnValue:
    """Let somebody write again."""
    form = ActForm(data={"act": "lift"})
    del form.days
    del form.category
    known = next((one for one in looked.suspended() if one.id == key), None) or abort(404)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.lift(
                suspension_id=key, reason=form.reason.data or "", by=current_author()
            )
        if not isinstance(done, Err):
            flash("They can write again.", "success")
            return redirect(url_for("network.moderation"))
        form.refuse(done.problem)
    return render_template(
        "network/forum/act.html",
        form=form,
        title=f"Let {known.name} write again",
        about="The suspension ends now.",
        post=None,
        thread="",
    )
