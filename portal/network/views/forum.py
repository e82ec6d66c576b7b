"""Reading the forum: its parts, threads, posts, search and the code of conduct."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import new_token, normalise_reference
from portal.kernel.result import Err
from portal.network.forms.forum import FollowForm, PostForm, PromiseForm
from portal.network.queries import forum as found
from portal.network.queries import forum_changes as changes
from portal.network.queries import forum_posts as found_posts
from portal.network.queries import forum_search as searched
from portal.network.queries.forum_posts import PostLine
from portal.network.queries.forum_standing import Standing
from portal.network.rules.forum_search import excerpt
from portal.network.rules.forum_words import CMA_LINK, CMA_TITLE, HOWS
from portal.network.service import forum_readers as service
from portal.network.service import forum_texts
from portal.network.views import blueprint
from portal.network.views.forum_seat import around, page_number, rank, seat
from portal.toolkit.rules.search import LONGEST_QUESTION, read_question
from portal.web.access import current_author


@blueprint.get("/forum")
def forum() -> str:
    """The parts of the forum and what was written last."""
    who = seat()
    latest, _more = found.threads(limit=10)
    return render_template(
        "network/forum/home.html",
        who=who,
        categories=found.categories(who.user_id),
        latest=latest,
    )


@blueprint.get("/forum/<slug>")
def category(slug: str) -> str:
    """One part: its threads, pinned ones first."""
    who = seat()
    part = found.category(slug, who.user_id) or abort(404)
    page = page_number()
    unsolved = request.args.get("unsolved") == "1"
    threads, more = found.threads(category_id=part.id, page=page, unsolved=unsolved)
    return render_template(
        "network/forum/category.html",
        who=who,
        part=part,
        threads=threads,
        unsolved=unsolved,
        follow=FollowForm(data={"how": part.how or ""}, formdata=None),
        **around("network.category", page=page, more=more, slug=slug, unsolved=int(unsolved)),
    )


@blueprint.get("/forum/t/<reference>")
def thread(reference: str) -> str:
    """A thread: its posts, and the box for an answer."""
    form = PostForm(formdata=None, data={"key": new_token(), "follow": True})
    answers = normalise_reference(request.args.get("answers", "")[:20])
    form.answers.data = answers
    return thread_page(normalise_reference(reference), form, page=page_number())


def thread_page(reference: str, form: PostForm, *, page: int) -> str:
    """The page of a thread with a form as it stands; also for what was refused."""
    who = seat()
    facts = found.thread(reference, who) or abort(404)
    posts, more = found_posts.posts(facts.id, who, page=page)
    offer_places(form, who)
    return render_template(
        "network/forum/thread.html",
        who=who,
        thread=facts,
        posts=posts,
        html={post.id: forum_texts.shown(post.body) for post in posts},
        form=form,
        page=page,
        answered=next((post for post in posts if post.reference == form.answers.data), None),
        rivals=found_posts.competitors_in(facts.id, who),
        unnamed_here=any(post.unnamed and not post.is_mine for post in posts),
        follow=FollowForm(data={"how": facts.how or ""}, formdata=None),
        **notice_words(),
        **around("network.thread", page=page, more=more, reference=facts.reference),
    )


@blueprint.get("/forum/p/<reference>")
def post(reference: str) -> ResponseReturnValue:
    """Where a post stands in its thread; links in mails lead here."""
    who = seat()
    known = found_posts.post(normalise_reference(reference), who) or abort(404)
    line, thread_reference = known
    page = found_posts.page_of(line.reference, who)
    return redirect(
        url_for(
            "network.thread",
            reference=thread_reference,
            page=page if page > 1 else None,
            _anchor=f"post-{line.reference}",
        )
    )


@blueprint.get("/forum/p/<reference>/texts")
def post_texts(reference: str) -> str:
    """What a post said before it was changed: for its author and for moderators."""
    who = seat()
    line, thread_reference = own_or_moderated(reference, who)
    return render_template(
        "network/forum/texts.html",
        post=line,
        thread=thread_reference,
        texts=changes.texts_of(line.id),
    )


@blueprint.get("/forum/search")
def forum_search() -> str:
    """Threads found by the words of their posts."""
    seat()
    question = request.args.get("q", "").replace("\0", "")[:LONGEST_QUESTION].strip()
    part = request.args.get("part", "")[:40]
    page = page_number()
    sought = read_question(question)
    hits, more = searched.search(sought, category=part, page=page)
    return render_template(
        "network/forum/search.html",
        question=question,
        part=part,
        parts=found.open_categories(),
        hits=hits,
        excerpts={hit.post: excerpt(forum_texts.plain(hit.body), sought) for hit in hits},
        asked=bool(sought),
        **around("network.forum_search", page=page, more=more, q=question, part=part),
    )


@blueprint.route("/forum/code-of-conduct", methods=["GET", "POST"])
def conduct() -> ResponseReturnValue:
    """The code of conduct and the competition-law notice; accepted before the first post."""
    who = seat()
    form = PromiseForm()
    then = request.args.get("then", "")
    if form.validate_on_submit():
        with unit_of_work():
            done = service.promise(rank=rank(), by=current_author())
        if isinstance(done, Err):
            abort(403)
        flash("Thank you. You can write in the forum now.", "success")
        known = changes.category_of(then) if then else None
        if then and known is None:
            return redirect(url_for("network.thread", reference=normalise_reference(then[:20])))
        return redirect(url_for("network.thread_new", part=then or None))
    return render_template("network/forum/conduct.html", form=form, who=who, **notice_words())


def own_or_moderated(reference: str, who: Standing) -> tuple[PostLine, str]:
    """A post of one's own, or any for a moderator, with the reference of its thread."""
    known = found_posts.post(normalise_reference(reference), who)
    if known is None or not (known[0].is_mine or who.is_moderator):
        abort(404)
    return known


def offer_places(form: PostForm, who: Standing) -> None:
    """For whom the person may write, with what others will read."""
    choices = [
        (
            place.reference,
            f"{place.name}"
            if place.named
            else f"{place.name} (not named: it does not show its name in the directory)",
        )
        for place in who.places
    ]
    if who.is_staff:
        choices.append(("staff", "Staff"))
    form.offer("as_whom", choices)
    if form.as_whom.data is None and choices:
        form.as_whom.data = choices[0][0]


def notice_words() -> dict[str, Any]:
    """What the competition-law notice quotes."""
    return {"cma_link": CMA_LINK, "cma_title": CMA_TITLE, "hows": HOWS}
