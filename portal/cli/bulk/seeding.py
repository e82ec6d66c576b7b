"""Fills an empty portal with a made-up programme of any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from portal.accounts.models import User
from portal.caseload import models as caseload
from portal.cli.bulk.case_rows import (
    CASE,
    LATE,
    OUTPUT,
    PROGRAMME,
    REFERRAL,
    SOURCE_KINDS,
    case,
    contacts,
    employer,
    engagement,
    merge,
    outcomes,
    output,
    reference,
    referral,
)
from portal.cli.bulk.diagnostic_rows import KEY, RESPONSE, moved, movements, responses
from portal.cli.bulk.diagnostic_rows import scores as score_rows
from portal.cli.bulk.loading import WRITTEN, Bulk, move_sequences
from portal.cli.bulk.world import FIRST, PRICES, SUPPORT, Business, Way, World, row
from portal.diagnostics.models import (
    DiagnosticMovement,
    DimensionScore,
    MovementScore,
    Response,
)
from portal.employers.models import Employer
from portal.payments.models import Contract, Output, RateCardVersion
from portal.programme.models import Organisation
from portal.reports.facts import install, scores

_ADVISER: Final = "Example Adviser"


class NotEmptyError(RuntimeError):
    """There are employers already: a made-up programme would stand among real ones."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows each table was given."""

    rows: dict[str, int]


def seed(
    connection: Connection, *, employers: int, seed: int, tell: Callable[[str], None] = print
) -> Loaded:
    """Write the programme in the caller's transaction and count it for reports.

    Raises:
        NotEmptyError: when the portal holds employers.
    """
    if connection.execute(text("SELECT 1 FROM employers LIMIT 1")).first():
        raise NotEmptyError("This portal holds employers already. Use an empty database")
    install.uninstall(connection)
    filler = _Filler(connection, World(employers, seed=seed), tell)
    filler.fill()
    tell("counting for reports")
    scores.recount(connection)
    install.install(connection)
    return Loaded(filler.rows)


class _Filler:
    """Writes table after table. Rows of several tables are made in one pass over the cases."""

    def __init__(self, connection: Connection, world: World, tell: Callable[[str], None]) -> None:
        self.connection, self.world, self.tell = connection, world, tell
        self.rows: dict[str, int] = {}
        self.tables: list[Any] = []

    def load(self, model: Any, rows: Iterator[dict[str, Any]], **constants: Any) -> None:
        """Write one table."""
        count = Bulk(self.connection, model, **constants).load(rows)
        name = model.__tablename__
        self.rows[name] = self.rows.get(name, 0) + count
        self.tables.append(model.__table__)
        self.tell(f"{count:>12,} {name}")

    def fill(self) -> None:
        """Everything, parents before children."""
        world = self.world
        self.people()
        businesses = list(world.businesses())
        self.load(Employer, (employer(item) for item in businesses), sic_codes=[])
        ways = list(world.ways(businesses))
        self.load(caseload.Case, (case(world, way) for way in ways), **CASE)
        self.load(caseload.Referral, (referral(world, way) for way in ways), **REFERRAL)
        self.load(caseload.Interaction, contacts(world, ways), by_name=_ADVISER, summary="")
        self.work(ways)
        self.support(ways)
        self.follow_up(ways)
        self.diagnostics([item for item in businesses if item.merged_into is None])
        self.merges(businesses)
        move_sequences(self.connection, self.tables)

    def merges(self, businesses: list[Business]) -> None:
        """Doubles that were found."""
        found = [item for item in businesses if item.merged_into is not None]
        self.load(
            caseload.EmployerMerge,
            (merge(item, number) for number, item in enumerate(found, 1)),
            by_name=_ADVISER,
        )

    def _proved(self, day: date) -> datetime:
        """When the evidence of a day's work was there: on the day, or late."""
        return self.world.instant(day + timedelta(days=self.world.chance.choice(LATE)))

    def people(self) -> None:
        """Providers, advisers, sources, a contract each and one rate card."""
        world = self.world
        self.load(
            Organisation,
            (
                row(id=number, reference=reference("P", number), kind="provider",
                    name=f"Example Provider {number}")
                for number in range(1, world.providers + 1)
            ),
        )  # fmt: skip
        self.load(
            User,
            (
                row(id=number, name=f"Example Adviser {number:03d}",
                    email=f"adviser{number:03d}@provider.example",
                    fs_uniquifier=f"{number:064d}", fs_webauthn_user_handle=f"{number:064d}")
                for number in range(1, world.advisers + 1)
            ),
        )  # fmt: skip
        kinds = tuple(SOURCE_KINDS)
        self.load(
            caseload.ReferralSource,
            (
                row(id=number, reference=reference("S", number), kind=kinds[number - 1],
                    name=f"Example source {number}")
                for number in range(1, len(kinds) + 1)
            ),
        )  # fmt: skip
        self.load(
            Contract,
            (
                row(id=number, reference=reference("K", number), organisation_id=number,
                    programme=PROGRAMME, title=f"Example contract {number}", starts_on=FIRST,
                    ends_on=date(2028, 3, 31), total_cap_pence=10_000_000_000, state="active",
                    open_from=FIRST, activated_at=WRITTEN)
                for number in range(1, world.providers + 1)
            ),
        )  # fmt: skip
        self.load(
            RateCardVersion,
            iter([
                row(id=1, reference=reference("R", 1), programme=PROGRAMME, version=1,
                    effective_from=FIRST, state="published", is_example=True, published_at=WRITTEN)
            ]),
        )  # fmt: skip

    def work(self, ways: list[Way]) -> None:
        """Consultations, sessions and milestones, and an output for each session."""
        world = self.world
        reached = [way for way in ways if "consulted" in way.steps]
        self.load(
            caseload.Consultation,
            (
                row(reference=reference("T", way.case), case_id=way.case,
                    held_at=world.instant(way.steps["consulted"]),
                    minutes=20 + world.chance.randrange(30),
                    shares_outcomes=world.happens(90))
                for way in reached
            ),
            with_name="Example Person", next_step="session", by_name=_ADVISER,
        )  # fmt: skip
        met = [way for way in ways if "session" in way.steps]
        self.load(
            caseload.DiagnosticSession,
            (
                row(id=number, reference=reference("D", number), case_id=way.case,
                    held_on=way.steps["session"], minutes=60 + world.chance.randrange(60),
                    mode="video" if world.happens(30) else "face_to_face")
                for number, way in enumerate(met, 1)
            ),
            by_name=_ADVISER,
        )  # fmt: skip
        self.load(
            caseload.CaseMilestone,
            (
                row(case_id=way.case, kind=kind, subject=f"{kind}:{reference('M', way.case)}",
                    at=world.instant(way.steps[step]))
                for way in met
                for kind, step in (("session", "session"), ("plan", "plan"))
                if step in way.steps
            ),
        )  # fmt: skip
        self.load(
            Output,
            (engagement(world, number, way) for number, way in enumerate(met, 1)),
            **OUTPUT,
        )

    def support(self, ways: list[Way]) -> None:
        """Training and workshops, who came, and an output for each."""
        chance = self.world.chance
        supported = [way for way in ways if "supported" in way.steps]
        sessions: list[tuple[int, Way, str, date]] = []
        for way in supported:
            for turn in range(chance.choice((1, 2, 4, 4, 5, 6))):
                day = way.steps["supported"] + timedelta(days=14 * turn)
                sessions.append((len(sessions) + 1, way, chance.choice(SUPPORT), day))
        self.load(
            caseload.Delivery,
            (
                row(id=number, reference=reference("V", number), organisation_id=way.provider,
                    kind=kind, delivered_on=day, minutes=60 + chance.randrange(120))
                for number, way, kind, day in sessions
            ),
            design="off_the_peg", title="Example session", mode="place",
            trainer="Example Trainer", funding="fully_funded", by_name=_ADVISER,
        )  # fmt: skip
        self.load(
            caseload.Attendance,
            (
                row(reference=reference("A", number), delivery_id=number,
                    employer_id=way.business.number, case_id=way.case,
                    attended=1 + chance.randrange(8), sector=way.business.sector,
                    size_tier=way.business.size_tier)
                for number, way, _kind, _day in sessions
            ),
        )  # fmt: skip
        self.load(
            Output,
            (
                output(self.world, way, reference=reference("Q", number), delivery_id=number,
                        session_id=None, output_type=kind, occurred_on=day,
                        arose_at=self._proved(day),
                        base_pence=PRICES[kind], bonus_pence=0, hard_to_reach=False)
                for number, way, kind, day in sessions
            ),
            **OUTPUT,
        )  # fmt: skip

    def follow_up(self, ways: list[Way]) -> None:
        """Follow-ups with answers, and outcomes at the start and afterwards."""
        world, chance = self.world, self.world.chance
        followed = [way for way in ways if "followed" in way.steps]
        self.load(
            caseload.FollowUp,
            (
                row(id=number, reference=reference("F", number), case_id=way.case,
                    due_on=way.steps["followed"], done_on=way.steps["followed"])
                for number, way in enumerate(followed, 1)
            ),
            months=3, state="done",
        )  # fmt: skip
        self.load(
            caseload.FollowUpAnswer,
            (
                row(follow_up_id=number, item=reference("X", 3 * number + turn),
                    answer="embedded" if "embedded" in way.steps and turn == 0
                    else chance.choice(("under_way", "under_way", "not_started", "stopped")))
                for number, way in enumerate(followed, 1)
                for turn in range(3)
            ),
            title="Example practice",
        )  # fmt: skip
        planned = [way for way in ways if "plan" in way.steps]
        self.load(
            caseload.OutcomeRecord,
            (
                row(reference=reference("B" if phase == "baseline" else "G", way.case),
                    case_id=way.case, phase=phase, true_on=way.steps[step],
                    answers=outcomes(world, better=phase == "follow_up"),
                    quality_roles=chance.randrange(2) + (phase == "follow_up"))
                for way in planned
                for phase, step in (("baseline", "plan"), ("follow_up", "followed"))
                if step in way.steps
            ),
            by_name=_ADVISER,
        )  # fmt: skip

    def diagnostics(self, businesses: list[Business]) -> None:
        """Three diagnostics for each employer: the first, and two more over the months."""
        world = self.world
        levels = [world.chance.uniform(20, 70) for _ in businesses]
        self.load(Response, responses(world, businesses, levels), **RESPONSE)
        self.load(DimensionScore, score_rows(world, levels))
        self.load(DiagnosticMovement, movements(businesses), questionnaire_key=KEY)
        self.load(MovementScore, moved(world, levels))
