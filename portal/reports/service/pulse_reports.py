"""The reports about what workers say: an employer's own survey, and "workers" over several."""

from __future__ import annotations

from collections.abc import Mapping

from portal.kernel.clock import utc_now
from portal.programme import queries as programme
from portal.reports.queries import pulse as found
from portal.reports.queries.pulse import BlockFacts, SumLine, Totals, WaveFacts
from portal.reports.rules.document import Report
from portal.reports.rules.pulse_results import STAFF, Result, View, results
from portal.reports.rules.pulse_survey import CURRENT, survey
from portal.reports.rules.pulse_workers import ABOUT, KEY, TITLE, Asked, Block, workers
from portal.reports.rules.scope import Scope
from portal.reports.rules.scope import View as Reader
from portal.reports.service.building import Builder


def results_of(wave: WaveFacts) -> Report | None:
    """The results of an employer's survey; nothing unless it closed with enough answers."""
    if not wave.released:
        return None
    before = found.released_before(wave)
    totals = found.totals_of(wave.id, *([before.id] if before else []))
    views = [View(one.by_name, one.role, one.answers) for one in found.views_of(wave.id)]
    return results(
        survey(wave.survey_version),
        _result(wave, totals[wave.id], views),
        _result(before, totals[before.id]) if before else None,
    )


def _result(wave: WaveFacts, totals: Totals, views: list[View] | None = None) -> Result:
    if wave.closed_on is None:
        raise ValueError(f"Survey {wave.reference} has not closed")
    return Result(
        employer=wave.employer_name,
        opened_on=wave.opened_on,
        closed_on=wave.closed_on,
        invited=wave.invited,
        answers=wave.answers,
        least=wave.threshold,
        totals={question: each for (whose, question), each in totals.items() if whose == STAFF},
        views=views or [],
        is_example=wave.is_example,
    )


def build(scope: Scope) -> Report:
    """The report "workers": whole blocks that were complete within the days asked for."""
    settings = programme.settings()
    blocks = found.blocks(scope.first, scope.last, sector=scope.sector)
    lines = found.sums([block.id for block in blocks])
    left_out = {"size": scope.size_tier, "district": scope.district}
    asked = Asked(
        first=scope.first,
        last=scope.last,
        as_at=utc_now(),
        least_answers=settings.minimum_pulse_answers,
        least_employers=settings.minimum_pulse_employers,
        sector=scope.sector,
        unfiltered=tuple(name for name, value in left_out.items() if value),
        some_wait=found.some_wait(),
    )
    return workers(
        survey(CURRENT), _with_totals(blocks, lines), asked, dict(settings.sector_choices)
    )


def _with_totals(blocks: list[BlockFacts], lines: list[SumLine]) -> list[Block]:
    totals: Mapping[int, dict[tuple[str, str, str], int]] = {block.id: {} for block in blocks}
    for line in lines:
        totals[line.block_id][line.whose, line.question, line.choice] = line.n
    return [
        Block(
            sector=block.sector,
            first_on=block.first_on,
            last_on=block.last_on,
            employers=block.employers,
            answers=block.answers,
            owners=block.owners,
            managers=block.managers,
            is_example=block.is_example,
            totals=totals[block.id],
        )
        for block in blocks
    ]


WORKERS = Builder(KEY, TITLE, ABOUT, build, frozenset({Reader.FULL}))
