"""Writing in the forum: threads, replies, changes, and the buttons beside posts."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.files import Kept
from portal.kernel.ids import new_token, normalise_reference
from portal.kernel.result import Err
from portal.network.forms.forum import EditForm, FollowForm, PostForm, ReportForm, ThreadForm
from portal.network.queries import forum as found
from portal.network.queries import forum_posts as found_posts
from portal.network.rules.forum_manners import has_hidden_marks
from portal.network.rules.forum_words import HOWS
from portal.network.service import forum as service
from portal.network.service import forum_files as files
from portal.network.service import forum_readers as readers
from portal.network.service.forum import Draft, Posted
from portal.network.views import blueprint
from portal.network.views.forum import notice_words, offer_places, own_or_moderated, thread_page
from portal.network.views.forum_seat import back, page_number, rank, seat
from portal.web.access import current_author

_UPLOADS = frozenset({"network.thread_new", "network.reply", "network.post_edit"})


@blueprint.url_value_preprocessor
def take_larger_posts(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read a file that is somewhat too large to the end, so that the form can say so."""
    if endpoint in _UPLOADS:
        request.max_content_length = 3 * files.largest()


@blueprint.route("/forum/new", methods=["GET", "POST"])
def thread_new() -> ResponseReturnValue:
    """Begin a thread."""
    who = seat()
    part = request.args.get("part", "")[:40]
    if not who.promised:
        return redirect(url_for("network.conduct", then=part or None))
    form = ThreadForm(data={"key": new_token(), "follow": True, "category": part})
    form.offer("category", found.open_categories())
    offer_places(form, who)
    if form.validate_on_submit():
        kept = _kept(form)
        done: Any = kept
        if not isinstance(kept, Err):
            with unit_of_work():
                done = service.start(
                    category=form.category.data or "",
                    draft=_draft(form, title=_typed("title", form.title.data)),
                    kept=kept,
                    rank=rank(),
                    by=current_author(),
                )
        if not isinstance(done, Err):
            return _posted(done.value)
        form.refuse(done.problem)
    return render_template("network/forum/new.html", form=form, who=who, **notice_words())


@blueprint.route("/forum/t/<reference>/reply", methods=["GET", "POST"])
def reply(reference: str) -> ResponseReturnValue:
    """Answer in a thread; a page of its own only for what was refused."""
    who = seat()
    facts = found.thread(normalise_reference(reference), who) or abort(404)
    if not who.promised:
        return redirect(url_for("network.conduct", then=facts.reference))
    form = PostForm(data={"key": new_token(), "follow": True})
    offer_places(form, who)
    if form.validate_on_submit():
        kept = _kept(form)
        done: Any = kept
        if not isinstance(kept, Err):
            with unit_of_work():
                done = service.reply(
                    thread=facts.reference,
                    draft=_draft(form),
                    kept=kept,
                    rank=rank(),
                    by=current_author(),
                )
        if not isinstance(done, Err):
            return _posted(done.value)
        form.refuse(done.problem)
    return thread_page(facts.reference, form, page=page_number())


@blueprint.route("/forum/p/<reference>/edit", methods=["GET", "POST"])
def post_edit(reference: str) -> ResponseReturnValue:
    """Change a post of one's own; its earlier texts are kept."""
    who = seat()
    line, thread_reference = own_or_moderated(reference, who)
    if not line.is_mine or line.state not in {"shown", "held"}:
        abort(404)
    facts = found.thread(thread_reference, who) or abort(404)
    form = EditForm(data={"title": facts.title, "body": line.body, "revision": line.revision})
    if not line.is_first:
        del form.title
    if line.unnamed:
        del form.file
    if form.validate_on_submit():
        kept = _kept(form)
        done: Any = kept
        if not isinstance(kept, Err):
            with unit_of_work():
                done = service.edit(
                    post=line.reference,
                    revision=form.seen(),
                    body=_typed("body", form.body.data),
                    title=_typed("title", form.title.data) if "title" in form else "",
                    kept=kept,
                    rank=rank(),
                    by=current_author(),
                )
        if not isinstance(done, Err):
            return _posted(done.value, "Your post is changed.")
        form.refuse(done.problem)
    return render_template(
        "network/forum/edit.html", form=form, post=line, thread=facts, **notice_words()
    )


@blueprint.route("/forum/p/<reference>/withdraw", methods=["GET", "POST"])
def post_withdraw(reference: str) -> ResponseReturnValue:
    """Take back a post of one's own, after asking."""
    who = seat()
    line, thread_reference = own_or_moderated(reference, who)
    if not line.is_mine:
        abort(404)
    if request.method != "POST":
        return render_template("network/forum/withdraw.html", post=line, thread=thread_reference)
    with unit_of_work():
        done = service.withdraw(post=line.reference, by=current_author())
    if isinstance(done, Err):
        flash(done.problem.message, "error")
        return redirect(url_for("network.thread", reference=thread_reference))
    flash("Your post is taken back.", "success")
    if not done.value:
        return redirect(url_for("network.forum"))
    return redirect(url_for("network.thread", reference=done.value))


@blueprint.post("/forum/p/<reference>/helpful")
def helpful(reference: str) -> ResponseReturnValue:
    """Find a post helpful, or no longer."""
    line, _thread = _readable(reference)
    helps = request.form.get("helps") == "1"
    with unit_of_work():
        done = readers.helpful(post=line, helps=helps, rank=rank(), by=current_author())
    said = "You found this helpful." if helps else "Taken back."
    return back(done, said, "network.post", reference=line)


@blueprint.post("/forum/p/<reference>/solve")
def solve(reference: str) -> ResponseReturnValue:
    """Mark the answer to a question, or take the mark away."""
    line, thread = _readable(reference)
    solves = request.form.get("solves") == "1"
    with unit_of_work():
        done = readers.solve(
            post=line,
            seen=normalise_reference(request.form.get("seen", "")[:20]),
            solves=solves,
            rank=rank(),
            by=current_author(),
        )
    said = "This is marked as the answer." if solves else "No answer is marked now."
    return back(done, said, "network.thread", reference=thread)


@blueprint.route("/forum/p/<reference>/report", methods=["GET", "POST"])
def post_report(reference: str) -> ResponseReturnValue:
    """Ask a moderator to look at a post."""
    line, thread = _readable(reference)
    form = ReportForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = readers.report(
                post=line,
                reason=form.reason.data or "",
                words=form.words.data or "",
                rank=rank(),
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash("Thank you. A moderator looks at it.", "success")
            return redirect(url_for("network.thread", reference=thread))
        form.refuse(done.problem)
    return render_template("network/forum/report.html", form=form, post=line, thread=thread)


@blueprint.post("/forum/t/<reference>/subscribe")
def subscribe(reference: str) -> ResponseReturnValue:
    """How to hear of a thread."""
    seat()
    reference = normalise_reference(reference)
    form = FollowForm()
    with unit_of_work():
        done = readers.subscribe(
            how=form.how.data or "", thread=reference, rank=rank(), by=current_author()
        )
    return back(done, _how_words(form), "network.thread", reference=reference)


@blueprint.post("/forum/<slug>/subscribe")
def category_subscribe(slug: str) -> ResponseReturnValue:
    """How to hear of a part of the forum."""
    seat()
    form = FollowForm()
    with unit_of_work():
        done = readers.subscribe(
            how=form.how.data or "", category=slug, rank=rank(), by=current_author()
        )
    if isinstance(done, Err) and done.problem.code == "no_category":
        abort(404)
    return back(done, _how_words(form), "network.category", slug=slug)


def _how_words(form: FollowForm) -> str:
    how = HOWS.get(form.how.data or "")
    return f"You hear of it: {how[0].lower()}{how[1:]}." if how else "You get no mail about it."


def _readable(reference: str) -> tuple[str, str]:
    """References of a post that the person may read, and of its thread."""
    known = found_posts.post(normalise_reference(reference), seat()) or abort(404)
    return known[0].reference, known[1]


def _typed(name: str, cleaned: str | None) -> str:
    """A text as the form has cleaned it; as it came where it holds what nobody can see.

    The service then refuses it and keeps that it was tried, which cleaning would pass over.
    """
    came = request.form.get(name, "")
    return came if has_hidden_marks(came) else cleaned or ""


def _draft(form: PostForm, *, title: str = "") -> Draft:
    return Draft(
        body=_typed("body", form.body.data),
        key=(form.key.data or "")[:64],
        as_whom=form.as_whom.data or "",
        unnamed=bool(form.unnamed.data),
        follow=bool(form.follow.data),
        title=title,
        answers=normalise_reference((form.answers.data or "")[:20]),
    )


def _kept(form: Any) -> Kept | Err | None:
    """The file that came along, judged and stored; None without one."""
    sent = form.file.data if "file" in form else None
    if not sent or not sent.filename:
        return None
    if "unnamed" in form and form.unnamed.data:
        with unit_of_work():
            return files.note_refused(service.NO_FILE_UNNAMED, by=current_author(), unnamed=True)
    kept = files.keep(sent.filename, sent.read(files.largest() + 1))
    if isinstance(kept, Err):
        with unit_of_work():
            files.note_refused(kept.problem, by=current_author())
        return kept
    return kept.value


def _posted(done: Posted, said: str = "Your post is in the forum.") -> ResponseReturnValue:
    if done.held:
        flash(f"Your post waits for a moderator: {done.held}.", "info")
    else:
        flash(said, "success")
    return redirect(url_for("network.post", reference=done.post))
