"""What the caseload holds about an employer, for its page and its download."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from portal.caseload.queries import evidence, held, held_work
from portal.caseload.queries.evidence import EvidenceFacts
from portal.caseload.service import evidence as service
from portal.employers.panels import HeldFile, HeldRecords
from portal.employers.queries.held import TableShown, read_table
from portal.kernel.result import Err

_EVERYONE: Final = "You, the provider whose work it is, and the LEP"
_ASKED: Final = "You, the provider that asked, and the LEP"


def _reader(facts: EvidenceFacts) -> Callable[[], bytes | None]:
    def read() -> bytes | None:
        # Names of another employer's workers are not this one's; the list of what is missing says
        # that the file is there.
        if evidence.about_others(facts):
            return None
        found = service.read(facts)
        return None if isinstance(found, Err) else found.value

    return read


def evidence_files(employer_id: int) -> Iterator[HeldFile]:
    """An employer's evidence files, withdrawn ones too: they are still held."""
    for facts in evidence.of_employer(employer_id):
        name = f"{facts.reference} {facts.file_name}"
        yield HeldFile(name, facts.size_bytes, _reader(facts))


def _kind(
    order: int, name: str, file: str, about: str, shown: TableShown, *, who: str = _EVERYONE
) -> HeldRecords:
    table = partial(read_table, shown)
    return HeldRecords(name, file, about, who, (shown.table.name,), table, order=order)


RECORDS: Final = (
    _kind(20, "Referrals", "referrals", "Who sent you to the service, and why", held.REFERRALS),
    _kind(21, "Cases", "cases", "The work with you, how far it has come", held.CASES),
    _kind(22, "Advisers", "advisers", "Who was given your case", held.ASSIGNMENTS),
    _kind(23, "Stages", "stages", "When your case moved on", held.STAGE_CHANGES),
    _kind(24, "Milestones", "milestones", "Records your case rests on", held.MILESTONE_ROWS),
    _kind(25, "Next actions", "next-actions", "What was to be done next", held.NEXT_ACTIONS),
    _kind(26, "Contacts", "contacts", "Calls, visits, messages and notes", held_work.CONTACTS),
    _kind(
        27,
        "Consultations",
        "consultations",
        "What you said in the phone consultation",
        held_work.CONSULTATIONS,
    ),
    _kind(
        28,
        "In-depth sessions",
        "sessions",
        "Who was there and what was talked about",
        held_work.SESSIONS,
    ),
    _kind(29, "Support", "support", "What was delivered to you", held_work.DELIVERIES),
    _kind(30, "Attendance", "attendance", "How many of you attended", held_work.ATTENDANCES),
    _kind(
        31,
        "Confirmations",
        "confirmations",
        "What you were asked to confirm, and your answers",
        held_work.CONFIRMATIONS,
        who=_ASKED,
    ),
    _kind(
        32,
        "Referrals to others",
        "referrals-to-others",
        "Services you were sent on to, with your consent",
        held_work.REFERRALS_OUT,
    ),
    _kind(33, "Follow-ups", "follow-ups", "Talks some months later", held_work.FOLLOW_UPS),
    _kind(
        34,
        "Follow-up answers",
        "follow-up-answers",
        "Whether each practice has lasted",
        held_work.ANSWERS,
    ),
    _kind(
        35, "Outcomes", "outcomes", "What has changed, at the start and later", held_work.OUTCOMES
    ),
    HeldRecords(
        "Evidence",
        "evidence",
        "Files that prove something, and what; the files are in the download",
        _EVERYONE,
        (held.EVIDENCE.table.name,),
        partial(read_table, held.EVIDENCE),
        folder="evidence",
        files=evidence_files,
        order=36,
    ),
    _kind(
        37,
        "Records merged",
        "records-merged",
        "When two records of you were brought together",
        held.MERGES,
    ),
)
