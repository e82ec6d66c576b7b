"""A provider's view of its money: what it earned, how far each part is, and why it is not paid."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.clock import today
from portal.payments.access import lep_finance, provider_manager
from portal.payments.queries import money as found
from portal.payments.queries.money import Part
from portal.payments.queries.money_work import unready
from portal.payments.rules.money import GROUPS, PAGE, STEPS, UNPAID, WORK, Step
from portal.payments.rules.money_words import ARISES
from portal.payments.rules.periods import month_of
from portal.payments.rules.words import OUTPUT_TYPES
from portal.payments.views import blueprint
from portal.payments.views.money_rows import Links, Row, shown
from portal.payments.views.paging import page_links
from portal.web.access import current_actor
from portal.web.downloads import csv_response

_PAGE_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")
_MONTH: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
# What the lists of outputs and of claims call a step, where they know it alone.
_LISTS: Final = {
    Step.DRAFT: ("draft", "waiting"),
    Step.WAITING: ("claimed", "lep"),
    Step.QUERIED: ("queried", "waiting"),
    Step.APPROVED: ("approved", "decided"),
    Step.PAID: ("paid", "paid"),
}
_EXPORT: Final = (
    *("What", "Reference", "Kind", "Date of the work", "Where it stands", "Amount in pounds"),
    *("Why it is not paid", "What to do next", "Claim", "Case"),
)


@dataclass(frozen=True, slots=True)
class Sum:
    """How many outputs, and pence."""

    count: int
    pence: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address narrows the list to; empty where it does not."""

    step: str = ""
    kind: str = ""
    month: date | None = None

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps to show; none for all, and for work alone."""
        if self.step in GROUPS:
            return tuple(step.value for step in GROUPS[self.step][1])
        return (self.step,) if self.step else ()

    def address(self, endpoint: str = "payments.money_unpaid", **more: Any) -> str:
        """The same list elsewhere, or on another page."""
        return url_for(
            endpoint,
            step=self.step or None,
            kind=self.kind or None,
            month=f"{self.month:%Y-%m}" if self.month else None,
            **more,
        )


@blueprint.get("/money")
def money() -> ResponseReturnValue:
    """What was earned and how far it is, in all, by type and by month."""
    actor = current_actor()
    if lep_finance(actor, {}):
        return redirect(url_for("payments.budget"))
    parts = found.parts(actor.organisations, month=month_of(today()))
    months = sorted({part.month for part in parts}, reverse=True)
    return render_template(
        "payments/money/overview.html",
        earned=_earned(parts),
        earned_href=url_for("payments.outputs"),
        steps=[_step_line(step, parts) for step in Step],
        back=Sum(sum(part.returned for part in parts), sum(part.back for part in parts)),
        back_href=url_for("payments.remittances"),
        types=[
            (OUTPUT_TYPES[kind], kind, _across([p for p in parts if p.output_type == kind]))
            for kind in OUTPUT_TYPES
            if any(part.output_type == kind for part in parts)
        ],
        months=[(month, _across([p for p in parts if p.month == month])) for month in months],
        work=found.work_count(actor.organisations),
        manages=provider_manager(actor, {}),
        month=month_of(today()),
    )


def _earned(parts: Iterable[Part]) -> Sum:
    chosen = list(parts)
    return Sum(sum(part.count for part in chosen), sum(part.earned for part in chosen))


def _at(step: Step, parts: Iterable[Part]) -> Sum:
    """What stands at a step: of what was paid, what was not taken back."""
    chosen = [part for part in parts if part.step is step]
    return Sum(sum(part.count for part in chosen), sum(part.stands for part in chosen))


def _step_line(step: Step, parts: Sequence[Part]) -> dict[str, Any]:
    state, claims = _LISTS.get(step, (None, None))
    return {
        "words": STEPS[step],
        "sum": _at(step, parts),
        "href": url_for("payments.outputs", state=state)
        if state
        else url_for("payments.money_unpaid", step=step.value),
        "claims": url_for("payments.claims", show=claims) if claims else None,
    }


def _across(parts: Sequence[Part]) -> dict[str, Sum]:
    """The same money under a few headings that fit a table."""
    return {
        "earned": _earned(parts),
        **{key: _sum_of(steps, parts) for key, (_title, steps) in GROUPS.items()},
        "approved": _at(Step.APPROVED, parts),
        "paid": _at(Step.PAID, parts),
        "back": Sum(sum(part.returned for part in parts), sum(part.back for part in parts)),
    }


def _sum_of(steps: Sequence[Step], parts: Sequence[Part]) -> Sum:
    sums = [_at(step, parts) for step in steps]
    return Sum(sum(one.count for one in sums), sum(one.pence for one in sums))


@blueprint.get("/money/not-paid")
def money_unpaid() -> ResponseReturnValue:
    """Every output and piece of work that is not paid, the oldest first: why, and what to do."""
    actor = current_actor()
    if lep_finance(actor, {}):
        return redirect(url_for("payments.budget"))
    asked = _asked()
    number = request.args.get("page", "")
    page = int(number) if _PAGE_NUMBER.fullmatch(number) else 1
    rows, total = _rows(actor.organisations, asked, page)
    if not rows and page > 1:
        return redirect(asked.address())
    return render_template(
        "payments/money/unpaid.html",
        rows=rows,
        total=total,
        first=(page - 1) * PAGE + 1,
        last=(page - 1) * PAGE + len(rows),
        asked=asked,
        meaning=_meaning(asked.step),
        chosen=_filters(asked),
        steps=[
            ("", "Everything not paid"),
            (WORK, "Work that is no output yet"),
            *((key, title) for key, (title, _steps) in GROUPS.items()),
            *((one.value, STEPS[one].title) for one in UNPAID),
        ],
        kinds=[("", "Every kind"), *OUTPUT_TYPES.items()],
        kind_words=OUTPUT_TYPES,
        pages=page_links(page, total, PAGE, lambda number: asked.address(page=number)),
        csv_href=asked.address("payments.money_export"),
        manages=provider_manager(actor, {}),
    )


@blueprint.get("/money/not-paid.csv")
def money_export() -> Response:
    """The same list as a table to take away, all of it."""
    actor = current_actor()
    # LEP staff have no work of their own to be paid for.
    organisations = frozenset[int]() if lep_finance(actor, {}) else actor.organisations
    return csv_response("not-paid.csv", _EXPORT, _exported(organisations, _asked()))


def _exported(organisations: frozenset[int], asked: Asked) -> Iterator[Sequence[Any]]:
    page, total = 1, 1
    while (page - 1) * PAGE < total:
        rows, total = _rows(organisations, asked, page)
        for row in rows:
            item = row.item
            yield (
                row.name,
                item.reference,
                OUTPUT_TYPES[item.output_type],
                item.day,
                row.state,
                None if item.pence is None else Decimal(item.pence) / 100,
                "; ".join(row.reasons),
                row.next.words,
                item.claim,
                item.case,
            )
        page += 1


def _asked() -> Asked:
    step, kind = request.args.get("step", ""), request.args.get("kind", "")
    known = {WORK, *GROUPS, *(one.value for one in UNPAID)}
    month = _MONTH.fullmatch(request.args.get("month", ""))
    return Asked(
        step if step in known else "",
        kind if kind in OUTPUT_TYPES else "",
        date(int(month[1]), int(month[2]), 1) if month else None,
    )


def _filters(asked: Asked) -> list[dict[str, str]]:
    """The month, which no field of the form holds, with the address of the list without it."""
    if asked.month is None:
        return []
    return [
        {"text": f"{asked.month:%B %Y}", "href": Asked(asked.step, asked.kind).address()},
    ]


def _meaning(step: str) -> str:
    if step == WORK:
        return ARISES
    return "" if step in GROUPS or not step else STEPS[Step(step)].meaning


def _rows(organisations: frozenset[int], asked: Asked, page: int) -> tuple[list[Row], int]:
    items, total = found.waiting(
        organisations,
        month=month_of(today()),
        steps=asked.steps,
        kind=asked.kind,
        of=asked.month,
        page=page,
    )
    work = [
        (item.kind, item.id, item.output_type, item.day) for item in items if item.kind != "output"
    ]
    lacking = unready(work)
    links = Links()
    return [shown(item, lacking.get((item.kind, item.id)), links) for item in items], total
