"""Reads a whole questionnaire file into its dataclasses, noting every fault of form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeVar

import yaml

from portal.diagnostics.rules.algebra import AnyOf
from portal.diagnostics.rules.parse_questions import (
    optional_condition,
    parse_question,
    refuse_twice,
)
from portal.diagnostics.rules.reader import Fields, Notes
from portal.diagnostics.rules.schema import (
    HIGHEST_LEVEL,
    Dimension,
    Goal,
    Link,
    MaturityLevel,
    Page,
    Question,
    Questionnaire,
    Recommendation,
    Source,
)

MAX_ITEMS = 300
_MOST_ON_A_PAGE = 3
_ROOT_KEYS = frozenset(
    {
        "key",
        "version",
        "title",
        "published",
        "minutes",
        "maturity",
        "dimensions",
        "sources",
        "pages",
        "questions",
        "recommendations",
        "goals",
    }
)
_RECOMMENDATION_KEYS = frozenset(
    {
        "key",
        "dimension",
        "title",
        "when",
        "why",
        "first_step",
        "who",
        "effort",
        "impact",
        "days",
        "evidence",
        "link",
        "sources",
        "legal",
        "goal",
    }
)

Item = TypeVar("Item", Dimension, Source, Page, Question, Recommendation, Goal)


@dataclass(frozen=True, slots=True)
class Draft:
    """A questionnaire as read, with the keys of questions and recommendations that are at fault."""

    questionnaire: Questionnaire
    broken: frozenset[str]


def parse_root(root: yaml.Node, notes: Notes, content_hash: str) -> Draft:
    """The draft in the root node."""
    fields = Fields(root, "questionnaire", notes, _ROOT_KEYS)
    broken: set[str] = set()

    def parse_list(
        name: str, parse: Callable[[yaml.Node, Notes], Item], *, required: bool = True
    ) -> tuple[Item, ...]:
        nodes = fields.items(name, required=required)
        if len(nodes) > MAX_ITEMS:
            fields.fault(f"`{name}` has more than {MAX_ITEMS} entries", fields.line_at(name))
        found = []
        for node in nodes[:MAX_ITEMS]:
            before = len(notes.faults)
            item = parse(node, notes)
            found.append(item)
            if len(notes.faults) > before:
                broken.add(item.key)
        refuse_twice(
            fields,
            name.removesuffix("s"),
            zip((item.key for item in found), nodes[:MAX_ITEMS], strict=True),
        )
        return tuple(found)

    questionnaire = Questionnaire(
        key=fields.key(),
        version=fields.integer("version", 1, 10_000),
        title=fields.text("title"),
        published=_parse_date(fields, "published"),
        minutes=fields.integer("minutes", 1, 240),
        maturity=_parse_maturity(fields),
        dimensions=parse_list("dimensions", _parse_dimension),
        sources=parse_list("sources", _parse_source, required=False),
        pages=parse_list("pages", _parse_page),
        questions=parse_list("questions", parse_question),
        recommendations=parse_list("recommendations", _parse_recommendation),
        goals=parse_list("goals", _parse_goal),
        content_hash=content_hash,
    )
    return Draft(questionnaire, frozenset(broken))


def _parse_date(fields: Fields, key: str) -> date:
    node = fields.required(key)
    text = node.value if isinstance(node, yaml.ScalarNode) else ""
    try:
        return date.fromisoformat(text)
    except ValueError:
        if node is not None:
            fields.fault(f"`{key}` must be a date such as 2026-11-22", fields.line_at(key))
        return date.min


def _parse_maturity(fields: Fields) -> tuple[MaturityLevel, ...]:
    found = []
    for node in fields.items("maturity"):
        inner = Fields(node, "maturity", fields.notes, {"level", "name", "meaning"})
        found.append(
            MaturityLevel(
                inner.integer("level", 0, HIGHEST_LEVEL), inner.text("name"), inner.text("meaning")
            )
        )
    if found and [entry.level for entry in found] != list(range(HIGHEST_LEVEL + 1)):
        fields.fault(
            f"`maturity` must name the levels 0 to {HIGHEST_LEVEL} in order",
            fields.line_at("maturity"),
        )
    return tuple(found)


def _parse_dimension(node: yaml.Node, notes: Notes) -> Dimension:
    fields = Fields(node, "dimension", notes, {"key", "title", "short", "weight", "about"})
    weight = Fraction(fields.number("weight", 1))
    if weight <= 0 and "weight" in fields.nodes:
        fields.fault("`weight` must be more than 0", fields.line_at("weight"))
    return Dimension(
        key=fields.key(),
        title=fields.text("title"),
        short=fields.text("short"),
        weight=weight,
        about=fields.text("about"),
        line=fields.line,
    )


def _parse_url(fields: Fields) -> str:
    url = fields.text("url")
    if url and not url.startswith(("https://", "http://")):
        fields.fault("`url` must start with https://", fields.line_at("url"))
    return url


def _parse_source(node: yaml.Node, notes: Notes) -> Source:
    fields = Fields(node, "source", notes, {"key", "title", "publisher", "year", "url"})
    return Source(
        key=fields.key(),
        title=fields.text("title"),
        publisher=fields.text("publisher"),
        year=fields.integer("year", 1900, 2100),
        url=_parse_url(fields) if "url" in fields.nodes else None,
        line=fields.line,
    )


def _parse_page(node: yaml.Node, notes: Notes) -> Page:
    fields = Fields(node, "page", notes, {"key", "dimension", "title", "questions"})
    page = Page(
        key=fields.key(),
        dimension=fields.reference("dimension", "dimension"),
        title=fields.text("title"),
        questions=fields.references("questions", "question", required=True),
        line=fields.line,
    )
    if len(page.questions) > _MOST_ON_A_PAGE:
        fields.fault(
            f"a page holds at most {_MOST_ON_A_PAGE} questions", fields.line_at("questions")
        )
    return page


def _parse_goal(node: yaml.Node, notes: Notes) -> Goal:
    fields = Fields(node, "goal", notes, {"key", "title", "benefit"})
    return Goal(fields.key(), fields.text("title"), fields.text("benefit"), line=fields.line)


def _parse_link(fields: Fields) -> Link | None:
    node = fields.nodes.get("link")
    if node is None:
        return None
    inner = Fields(node, f"{fields.what} `link`", fields.notes, {"title", "url"})
    return Link(inner.text("title"), _parse_url(inner))


def _parse_recommendation(node: yaml.Node, notes: Notes) -> Recommendation:
    key_node = Fields(node, "", Notes(notes.file)).nodes.get("key")
    name = key_node.value if isinstance(key_node, yaml.ScalarNode) else "without a key"
    fields = Fields(node, f"recommendation {name}", notes, _RECOMMENDATION_KEYS)
    fields.required("when")
    return Recommendation(
        key=fields.key(),
        dimension=fields.reference("dimension", "dimension"),
        title=fields.text("title"),
        # Nothing stands in for a condition that cannot be read; the fault is noted already.
        when=optional_condition(fields, "when") or AnyOf((), line=fields.line),
        why=fields.text("why"),
        first_step=fields.text("first_step"),
        who=fields.text("who"),
        effort=fields.integer("effort", 1, 3),
        impact=fields.integer("impact", 1, 3),
        days=fields.integer("days", 1, 730),
        evidence=fields.text("evidence"),
        goal=fields.reference("goal", "goal"),
        link=_parse_link(fields),
        sources=fields.references("sources", "source", required=False),
        legal=fields.flag("legal", default=False),
        line=fields.line,
    )
