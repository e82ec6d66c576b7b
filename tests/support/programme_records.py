"""Random records for the programme report: as ``RandomRecords``, and what only money has.

Two contracts with profiles and targets, engagements of every size, claims with their ledger,
champions, referrals turned down, and published resources. Written straight into the tables.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from portal.caseload import models as caseload
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.kernel.ids import new_reference
from portal.payments.models import Claim, ClaimLine, ContractProfile, LedgerEntry, Output
from portal.programme.models import Organisation
from portal.toolkit.models import ReachCount
from tests.factories.network import make_champion
from tests.factories.payments import make_contract
from tests.factories.toolkit import make_published
from tests.support.random_records import DISTRICTS, SECTORS, SIZES, SUPPORT, RandomRecords

_ROUTES = {
    "commit": ("budget", "committed"),
    "release": ("committed", "budget"),
    "approve": ("committed", "payable"),
    "pay": ("payable", "paid"),
    "recover": ("paid", "recovered"),
    "adjust": ("recovered", "paid"),
}


class ProgrammeRecords(RandomRecords):
    """A programme with money in it, written at random when it is made."""

    def __init__(self, seed: int, *, writes: int = 350, work: int = 60) -> None:
        super().__init__(seed)
        with unit_of_work():
            self._contracts()
            for _ in range(writes):
                self.write()
            for _ in range(work):
                self.write_work()
            self._entries()
            self._network()
            self._lasting()

    def _contracts(self) -> None:
        organisation = current_session().get_one(Organisation, self.organisations[1])
        other = make_contract(
            organisation,
            starts_on=date(2025, 2, 1),
            ends_on=date(2026, 9, 30),
            bonus_target_percent=25,
        )
        # The first begins in April 2026: random work lies before it too, and is counted all the
        # same.
        self.contracts = [self.contract, other.id]
        for contract, quarters in (
            (self.contract, [(2026, 4), (2026, 7), (2027, 1)]),
            (other.id, [(2025, 1), (2025, 4), (2026, 7)]),
        ):
            for year, month in quarters:
                current_session().add(
                    ContractProfile(
                        contract_id=contract,
                        quarter=date(year, month, 1),
                        pence=self.random.randrange(1, 900_000),
                    )
                )
        current_session().flush()

    def write_work(self) -> None:
        """An engagement, or support that is paid for."""
        engagement, hard = self.random.random() < 0.7, self.coin()
        kind = "engagement" if engagement else self.random.choice(SUPPORT)
        case, day = self.some_case(), self.day()
        values: dict[str, Any] = {}
        if engagement:
            values["session_id"] = self.add(
                caseload.DiagnosticSession,
                case_id=case,
                held_on=day,
                minutes=45 + self.number(),
                mode=self.random.choice(["face_to_face", "video"]),
                by_name="Example Adviser",
            )
            # Once a business: an employer of its own each time.
            employer = self._employer()
        else:
            employer = self.random.choice(self.employers)
            values["delivery_id"] = self.add(
                caseload.Delivery,
                organisation_id=self.random.choice(self.organisations),
                kind=kind,
                design="bespoke",
                title="Example session",
                delivered_on=day,
                minutes=60 + self.number(),
                mode="online",
                trainer="Example Trainer",
                funding="fully_funded",
                by_name="Example Adviser",
            )
        withdrawn = self.random.random() < 0.15
        self.add(
            Output,
            programme="pilot",
            contract_id=self.random.choice(self.contracts),
            organisation_id=self.random.choice(self.organisations),
            output_type=kind,
            employer_id=employer,
            case_id=case,
            occurred_on=day,
            employer_name="Example Employer",
            sector=self.random.choice(SECTORS[:3]),
            district=self.random.choice(DISTRICTS),
            size_tier=self.random.choice(SIZES),
            hard_to_reach=hard,
            facts={},
            card_id=self.card,
            base_pence=30_000 + self.number() * 101,
            bonus_pence=self.number() * 103 if hard and engagement else 0,
            explanation="Example",
            withdrawn_at=self.at() if withdrawn else None,
            withdrawn_reason="Example" if withdrawn else None,
            **values,
        )

    def _entries(self) -> None:
        """Claims of some outputs, and every kind of entry for their lines."""
        claims: dict[tuple[int, date], int] = {}
        outputs = current_session().scalars(select(Output).order_by(Output.id)).all()
        for output in outputs:
            if self.random.random() < 0.25:
                continue
            month = output.occurred_on.replace(day=1)
            claim = claims.get((output.contract_id, month))
            if claim is None:
                claim = claims[output.contract_id, month] = self.add(
                    Claim, contract_id=output.contract_id, period=month, number=1
                )
            line = self.add(
                ClaimLine,
                claim_id=claim,
                output_id=output.id,
                state="submitted",
                pence=output.base_pence + output.bonus_pence,
                explanation="Example",
            )
            self._line_entries(output, claim, line)

    def _line_entries(self, output: Output, claim: int, line: int) -> None:
        pence = output.base_pence + output.bonus_pence
        if not pence:
            return
        kinds = ["commit"]
        if self.random.random() < 0.2:
            kinds.append("release")
        elif self.random.random() < 0.85:
            kinds += ["approve", "pay"]
            back = self.random.random()
            kinds += ["recover"] if back < 0.3 else []
            kinds += ["adjust"] if back < 0.1 else []
        paid = None
        for kind in kinds:
            source, target = _ROUTES[kind]
            part = pence if kind in {"commit", "release", "approve", "pay"} else pence // 3
            key = self.add(
                LedgerEntry,
                sequence=1_000_000 + len(self.rows.get("ledger_entries", ())),
                at=self.at(),
                contract_id=output.contract_id,
                kind=kind,
                source=source,
                target=target,
                pence=max(part, 1),
                claim_id=claim,
                line_id=line,
                output_id=output.id,
                about_id=paid if kind in {"recover", "adjust"} else None,
                by_name="Example Manager",
                previous="0" * 64,
                hash=new_reference().ljust(64, "0"),
            )
            paid = key if kind == "pay" else paid

    def _network(self) -> None:
        session = current_session()
        for number in range(3):
            employer = session.get_one(Employer, self.employers[-1 - number])
            make_champion(employer, since=self.day())
        for number in range(2):
            make_published(title=f"Example guide {number}")
        for kind in ("reached", "reached", "visit", "completion"):
            self.add(
                ReachCount,
                day=self.day(),
                kind=kind,
                resource_id=self.random.randrange(10**6, 10**7),
                number=1,
                campaign_id=self.random.choice([0, 7]),
                count=1 + self.number(),
                reader_sector=self.random.choice(["", *SECTORS]),
            )
        for referral in session.scalars(select(caseload.Referral).order_by(caseload.Referral.id)):
            if referral.status == "waiting" and self.coin():
                referral.decided_at = self.at()
                if self.coin():
                    referral.status = "expired"
                else:
                    referral.status, referral.decline_reason = "declined", "no_capacity"
        session.flush()

    def _lasting(self) -> None:
        """Follow-ups of which most found something that had lasted."""
        for number, case in enumerate(self.rows["cases"]):
            for months in (13, 24):
                follow_up = self.add(
                    caseload.FollowUp,
                    case_id=case,
                    months=months,
                    due_on=self.day(),
                    state="done",
                    done_on=self.day(),
                )
                for answer in ("under_way", "embedded" if number % 3 else "stopped"):
                    self.add(
                        caseload.FollowUpAnswer,
                        follow_up_id=follow_up,
                        item=new_reference(),
                        title="Example practice",
                        answer=answer,
                    )
