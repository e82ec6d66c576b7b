"""Bringing in the parts of the forum, and its index anew."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import delete, func, select

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.network.models import ForumCategory, ForumEntry
from portal.network.rules.forum_categories import read_file
from tests.factories.forum import make_writer, started, thread_row


def test_the_parts_are_loaded_and_brought_up_to_date(app: Flask, session: PortalSession) -> None:
    run = app.test_cli_runner()
    count = len(read_file())
    assert f"{count} parts" in run.invoke(args=["forum", "load"]).output
    assert "0 parts" in run.invoke(args=["forum", "load"]).output
    with unit_of_work():
        row = session.scalars(select(ForumCategory).where(ForumCategory.slug == "retail")).one()
        row.about = "Changed"
    assert "1 parts" in run.invoke(args=["forum", "load"]).output
    assert session.scalar(select(func.count(ForumCategory.id))) == count


def test_the_index_is_made_anew(app: Flask, session: PortalSession) -> None:
    with unit_of_work():
        writer = make_writer()
    posted = started(writer)
    with unit_of_work():
        session.execute(delete(ForumEntry))
        thread_row(posted.thread).posts = 7
    assert "1 threads" in app.test_cli_runner().invoke(args=["forum", "index"]).output
    session.expire_all()
    assert thread_row(posted.thread).posts == 1
    assert session.scalar(select(func.count(ForumEntry.id))) == 1
    assert "0 digests" in app.test_cli_runner().invoke(args=["forum", "digest"]).output
