"""Every paper that is printed as a PDF: an example of what is on it, and how it is drawn.

``hostile`` puts a word of one's own into every text of an example, wherever it stands.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from portal.action_plans.example_plan import example_document
from portal.action_plans.pdf_view import render_plan_html
from portal.action_plans.service import rendering
from portal.integrations.paper import Paper, Reference
from portal.integrations.pdf import PdfRenderer
from portal.network.queries.awards import AwardFacts
from portal.network.queries.event_people import Place
from portal.network.queries.events import EventFacts
from portal.network.service import award_certificates, event_certificates
from portal.payments.queries.remittance import PaidLine, Remittance
from portal.payments.service import remittance
from portal.reports.files.page import html_of as report_html
from portal.reports.queries.pulse import WaveFacts
from portal.reports.rules.scope import View
from portal.reports.service import printing, pulse_posters
from portal.toolkit.service import documents
from tests.factories.reports import full_report

Marks = Callable[[str], str]


@dataclass(frozen=True)
class Printed:
    """One paper. ``closed`` are fields with words of the portal's own: nobody types them."""

    example: Callable[[], tuple[Any, ...]]
    html: Callable[..., str]
    renderer: Callable[[], PdfRenderer]
    closed: frozenset[str] = frozenset()


def filled(kind: Any, **known: Any) -> Any:
    """An example of a type: of a dataclass one with something in every field."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return filled(inner[0])
    if origin in {typing.Union, types.UnionType}:
        return filled(next(one for one in inner if one is not type(None)))
    if origin is tuple:
        return (filled(inner[0]),) if inner[-1] is Ellipsis else tuple(map(filled, inner))
    plain: dict[Any, Any] = {str: "Words", int: 3, bool: True, float: 1.0, date: date(2026, 11, 2)}
    plain[datetime] = datetime(2026, 11, 2, 10, tzinfo=UTC)
    if kind in plain:
        return plain[kind]
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind, include_extras=True)
        made = {each.name: filled(hints[each.name]) for each in fields(kind) if each.init}
        return kind(**{**made, **known})
    return {} if origin is not None and issubclass(origin, Mapping) else None


def hostile(value: Any, mark: Marks, closed: frozenset[str], place: str = "") -> Any:
    """The example with every text that somebody may have typed replaced by a mark."""
    if isinstance(value, Enum) or place in closed:
        return value
    if isinstance(value, str):
        return mark(place)
    if is_dataclass(value) and not isinstance(value, type):
        name = type(value).__name__
        return replace(
            value,
            **{
                each.name: hostile(getattr(value, each.name), mark, closed, f"{name}.{each.name}")
                for each in fields(value)
                if each.init
            },
        )
    if isinstance(value, tuple | list):
        return type(value)(hostile(each, mark, closed, place) for each in value)
    if isinstance(value, Mapping):
        return {key: hostile(each, mark, closed, place) for key, each in value.items()}
    return value


def _remittance(facts: Remittance, line: PaidLine) -> str:
    kept = remittance.reading.paid_lines
    remittance.reading.paid_lines = lambda *_a, **_k: [line]  # type: ignore[assignment]
    try:
        return remittance.html_of(facts)
    finally:
        remittance.reading.paid_lines = kept


def _plan() -> tuple[Any, ...]:
    """A plan of one goal: a long one has the same fields."""
    document = example_document(signed_off=True)
    return (replace(document, goals=document.goals[:1]),)


def _paper() -> Paper:
    base = "http://portal.example"
    body = "Words\n\n- [ ] Point\n\n| a | b |\n| - | - |\n| c | d |\n\n## Heading\n\n> Said\n"
    given = (Reference(1, "Words", "Words", 2026, "https://example.org/"),)
    facts = (("Words", "Words"),)
    return filled(Paper, body=body, facts=facts, references=given, base=base, address=f"{base}/a")


PAPERS: dict[str, Printed] = {
    "action_plans/pdf/plan.html": Printed(_plan, render_plan_html, rendering.renderer),
    "network/awards/pdf/certificate.html": Printed(
        lambda: (filled(AwardFacts, tier="leading", code="ABCDEFGHJK"),),
        award_certificates.html_of,
        award_certificates.renderer,
        frozenset({"AwardFacts.tier"}),
    ),
    "network/events/pdf/certificate.html": Printed(
        lambda: (filled(EventFacts), filled(Place)),
        event_certificates.html_of,
        event_certificates.renderer,
    ),
    "toolkit/pdf/resource.html": Printed(
        lambda: (_paper(),), documents.html_of, documents.renderer, frozenset({"Paper.base"})
    ),
    "payments/paying/pdf/remittance.html": Printed(
        lambda: (filled(Remittance), filled(PaidLine, output_type="coaching")),
        _remittance,
        remittance.renderer,
        frozenset({"PaidLine.output_type"}),
    ),
    "reports/pdf/report.html": Printed(
        lambda: (full_report(),),
        lambda report: report_html(report, view=View.FULL, fingerprint="0" * 64),
        printing.renderer,
        frozenset({"Section.key", "Table.key", "Column.key", "Picture.table", "Picture.kind"})
        | {"Picture.spec", "Drill.endpoint"},
    ),
    "reports/pulse/pdf/poster.html": Printed(
        lambda: (filled(WaveFacts, survey_version=1, code="ABCDEFGHJK"),),
        pulse_posters.html_of,
        pulse_posters.renderer,
    ),
}
