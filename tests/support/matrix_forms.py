"""The other side's keys put into one's own forms and filters, one field at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from bs4 import BeautifulSoup, Tag
from werkzeug.routing import Rule

from tests.support.matrix import Matrix
from tests.support.matrix_side import Side

INSIDERS = ("owner", "adviser", "manager")
# A field's name, or its beginning, and what of the other side is put there.
FIELDS = {
    "adviser": "adviser",
    "to": "adviser",
    "user": "adviser",
    "person": "adviser",
    "manager": "manager",
    "employer": "employers",
    "business": "employers",
    "kept": "employers",
    "merged": "employers",
    "organisation": "organisations",
    "provider": "organisations",
    "source": "referral_sources",
    "case": "cases",
    "goal": "plan_goals",
    "action": "plan_actions",
    "line": "claim_lines",
    "ids": "claim_lines",
    "contract": "contracts",
    "claim": "claims",
    "output": "outputs",
    "resource": "resources",
    "response": "diagnostic_responses",
    "delivery": "support_deliveries",
    "session": "diagnostic_sessions",
    "theme": "insight_themes",
    "thread": "forum_threads",
    "reply": "forum_posts",
    "event": "events",
    "offer": "peer_offers",
    "champion": "employers",
    "as_whom": "employers",
}


def foreign(side: Side, name: str) -> list[str]:
    """What of a side a field of this name may be given: its key, and its public name."""
    for start, what in FIELDS.items():
        if name != start and not name.startswith((f"{start}_", f"{start}s", f"{start}-")):
            continue
        if what in side.people:
            return [str(side.people[what])]
        keys = sorted(side.rows.keys.get(what, set()))
        word = {"employers": "employer", "cases": "case", "contracts": "contract"}.get(what)
        named = [str(side.values[word])] if word else []
        return [*(str(key) for key in keys[:1]), *named]
    return []


def filled(form: Tag) -> dict[str, list[str]]:
    """What a browser would send of a form as it stands."""
    values: dict[str, list[str]] = {}
    for tag in form.find_all(["input", "textarea", "select"]):
        name, kind = str(tag.get("name") or ""), tag.get("type")
        if not name or kind in {"submit", "file", "button"}:
            continue
        given = values.setdefault(name, [])
        if tag.name == "textarea":
            given.append(tag.get_text().strip() or "An answer")
        elif tag.name == "select":
            options = tag.find_all("option")
            chosen = [one for one in options if one.has_attr("selected")] or options[-1:]
            given.extend(str(one.get("value", "")) for one in chosen)
        elif kind in {"radio", "checkbox"}:
            if tag.has_attr("checked") or (kind == "radio" and not given):
                values[name] = [str(tag.get("value", "on"))]
        else:
            given.append(str(tag.get("value") or ("An answer" if kind == "text" else "")))
    return values


def forms_on(matrix: Matrix, path: str, actor: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """The forms on a page that write, each with its address and what stands in it."""
    answer = matrix.ask(actor, "GET", path)
    if answer.status != 200 or "<form" not in answer.text:
        return
    for form in BeautifulSoup(answer.text, "lxml").find_all("form"):
        if str(form.get("method", "")).lower() == "post":
            yield str(form.get("action") or path), filled(form)


def attack_forms(matrix: Matrix, rule: Rule, actor: str) -> tuple[int, list[str]]:
    """Send each form of one's own page with one foreign key at a time; how many, and the faults."""
    asked, faults = 0, []
    own = matrix.path(rule, "GET")
    for path, values in forms_on(matrix, own, actor):
        if "/account" in path:
            continue
        for name in ("", *values):
            # As it stands, for the mails that go out then; and with what is the other side's.
            for key in foreign(matrix.world.b, name) if name else [""]:
                sent: dict[str, Any] = {**values, name: [key]} if name else values
                answer = matrix.ask(actor, "POST", path, data=sent)
                asked += 1
                said = f"POST {path} ({rule.endpoint}) as {actor} with {name}={key}"
                faults += [f"{said}: {one}" for one in matrix.told(rule.endpoint, actor, answer)]
                faults += [f"{said}: {one}" for one in answer.crossings]
                faults += [f"{said}: {one}" for one in matrix.posted(actor, answer)]
                if answer.status >= 500:
                    faults.append(f"{said}: {answer.status}")
    return asked, faults


def attack_filters(matrix: Matrix, rule: Rule, actor: str) -> list[str]:
    """Ask one's own list for the other side's records, and for every planted word."""
    b = matrix.world.b
    query = {name: foreign(b, name)[-1] for name in FIELDS if foreign(b, name)}
    own = matrix.path(rule, "GET")
    faults = []
    for given in (query, {"q": "zqb", "search": "zqb", "page": "1"}):
        answer = matrix.ask(actor, "GET", f"{own}?{urlencode(given)}")
        said = f"GET {own} ({rule.endpoint}) as {actor} with {sorted(given)[:3]}"
        faults += [f"{said}: {one}" for one in matrix.told(rule.endpoint, actor, answer)]
        if answer.status >= 500:
            faults.append(f"{said}: {answer.status}")
    return faults
