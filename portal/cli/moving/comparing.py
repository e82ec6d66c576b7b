"""Two databases side by side: every row of every table, sums of money, and the portal's proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text

from portal.cli.moving.shapes import Shape, canonical
from portal.cli.moving.sides import Side
from portal.db.session import PortalSession, bound_session
from portal.governance.service.audit_chain import verify as prove_audit
from portal.kernel.money import Money
from portal.payments.service.proving import verify as prove_ledger
from portal.reports.facts import install as counts
from portal.reports.service.counting import differences as report_differences

_SAID_EACH: Final = 250_000
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Compared:
    """One table: how many rows are equal, their digest, and the first that differs."""

    table: str
    rows: int
    digest: str
    difference: str | None


def compare(shape: Shape, source: Side, target: Side, tell: Tell) -> Compared:
    """Walk both tables by key at once; ends at the first row that differs."""
    form, digest, rows = canonical(shape), hashlib.sha256(), 0
    # Closed when left early: a cursor of the server's would outlive its transaction.
    with closing(source.rows(shape)) as left, closing(target.rows(shape)) as right:
        for mine, other in _both(map(form, left), map(form, right)):
            if mine != other:
                return Compared(shape.name, rows, digest.hexdigest(), _told(shape, mine, other))
            digest.update(repr(mine).encode())
            rows += 1
            if rows % _SAID_EACH == 0:
                tell(f"{rows:>12,} {shape.name}")
    return Compared(shape.name, rows, digest.hexdigest(), None)


def _both(
    left: Iterator[tuple[Any, ...]], right: Iterator[tuple[Any, ...]]
) -> Iterator[tuple[tuple[Any, ...] | None, tuple[Any, ...] | None]]:
    while True:
        mine, other = next(left, None), next(right, None)
        if mine is None and other is None:
            return
        yield mine, other


def _told(shape: Shape, mine: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> str:
    """Which row and which columns; never what stands in them."""
    if mine is None or other is None or shape.key_of(mine) != shape.key_of(other):
        if other is None or (mine is not None and shape.key_of(mine) < shape.key_of(other)):
            assert mine is not None  # noqa: S101 - one of the two is there
            return f"{shape.named(mine)} is missing in the target"
        return f"{shape.named(other)} is only in the target"
    odd = [name for name, one, two in zip(shape.columns, mine, other, strict=True) if one != two]
    return f"{shape.named(mine)} differs in {', '.join(odd)}"


def compare_all(found: list[Shape], source: Side, target: Side, tell: Tell) -> list[str]:
    """Compare every table; the first difference of each that has one."""
    odd, rows, digest = [], 0, hashlib.sha256()
    for shape in found:
        compared = compare(shape, source, target, tell)
        rows += compared.rows
        digest.update(f"{compared.table}:{compared.digest}\n".encode())
        if compared.difference is not None:
            odd.append(compared.difference)
    if not odd:
        tell(f"{rows:,} rows of {len(found)} tables are equal: sha256 {digest.hexdigest()}")
    return odd


def money(found: list[Shape], source: Side, target: Side, tell: Tell) -> list[str]:
    """Each column of pence added up by either database itself, and those that differ."""
    odd = []
    for shape in found:
        for name in shape.columns:
            if not name.endswith("pence"):
                continue
            query = text(f'SELECT coalesce(sum("{name}"), 0) FROM "{shape.name}"')  # noqa: S608 - our own names
            mine, other = (
                int(side.connection.execute(query).scalar_one()) for side in (source, target)
            )
            if mine != other:
                odd.append(f"{shape.name}.{name} adds up to another sum in the target")
            if mine or other:
                column = f"{shape.name}.{name}"
                tell(f"{column:<44} {Money(mine).format():>18} {Money(other).format():>18}")
    return odd


def proofs(target: Side, tell: Tell) -> list[str]:
    """What the portal's own proofs say of the target; nothing is kept of them there."""
    odd = []
    # Only reads: closing it must leave the transaction that copies as it is.
    with (
        PortalSession(bind=target.connection, join_transaction_mode="rollback_only") as session,
        bound_session(session),
    ):
        ledger, audited = prove_ledger(), prove_audit()
        if ledger.fault is not None:
            odd.append(f"The ledger in the target is not whole: {ledger.fault}")
        tell(f"payments verify: {ledger.entries:,} ledger entries, {ledger.lines:,} claim lines, "
             f"{ledger.decisions:,} decisions")  # fmt: skip
        if audited.fault is not None:
            odd.append(f"The audit trail in the target is not whole: {audited.fault}")
        tell(
            f"audit verify: {audited.position:,} entries, anchor {audited.position}:{audited.hash}"
        )
        figures = report_differences()
        if figures:
            odd.append(f"{len(figures):,} figures of reports differ: {figures[0].where}")
        if not counts.is_current(target.connection):
            odd.append("The target does not count for reports by this version's definitions")
        tell("reports check: " + (f"{len(figures):,} differ" if figures else "every figure agrees"))
    return odd
