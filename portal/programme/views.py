"""The programme's settings: what holds now, what held before, what is planned."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.result import Ok, Problem
from portal.programme import queries, service
from portal.programme.access import changes_settings
from portal.programme.forms import SettingForm
from portal.programme.rules.wording import (
    BY_KEY,
    SETTINGS,
    UnreadableError,
    as_typed,
    in_words,
    read,
)
from portal.web.access import current_actor

blueprint = Blueprint("programme", __name__, url_prefix="/programme")


@blueprint.get("/settings")
def settings() -> str:
    """Every setting with its value, since when it holds, and what is planned."""
    values = queries.values()
    changed = queries.changes()
    rows = [
        {
            "words": words,
            "value": in_words(words.key, values[words.key]),
            "since": max((d for d in _days(changed, words.key) if d <= today()), default=None),
            "planned": [
                (day, in_words(words.key, value))
                for day, value in changed.get(words.key, [])
                if day > today()
            ],
        }
        for words in SETTINGS
    ]
    return render_template(
        "programme/settings.html", rows=rows, may_change=changes_settings(current_actor())
    )


def _days(changed: dict[str, list[tuple[date, Any]]], key: str) -> list[date]:
    return [day for day, _value in changed.get(key, [])]


@blueprint.route("/settings/<key>", methods=["GET", "POST"])
def setting(key: str) -> ResponseReturnValue:
    """Give one setting a new value from a day on."""
    words = BY_KEY.get(key)
    if words is None or words.kind == "fixed":
        abort(404)
    now = queries.setting(key)
    form = SettingForm(data={"value": as_typed(key, now), "effective_from": today()})
    if form.validate_on_submit():
        try:
            value = read(key, form.value.data or "")
        except UnreadableError as error:
            form.refuse(Problem("unreadable", str(error), "value"))
        else:
            with unit_of_work():
                result = service.change_setting(
                    key=key,
                    value=value,
                    effective_from=form.effective_from.data,
                    changed_by=current_actor().user_id,
                )
            if isinstance(result, Ok):
                flash(f"{words.title}: saved.", "success")
                return redirect(url_for("programme.settings"))
            form.refuse(result.problem)
    return render_template(
        "programme/setting.html",
        words=words,
        form=form,
        now=in_words(key, now),
        history=[
            (row.effective_from, in_words(key, row.value), row.by_name, row.created_at)
            for row in queries.history_lines(key)
        ],
    )
