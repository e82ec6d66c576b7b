"""What action plans hold about an employer, for its page and its download."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from portal.action_plans import queries
from portal.action_plans.queries import held
from portal.action_plans.service.versions import version_file
from portal.employers import queries as employers
from portal.employers.panels import HeldFile, HeldRecords
from portal.employers.queries.held import TableShown, read_table
from portal.kernel.result import Err

_WHO: Final = "You, the provider that works with you, and the LEP"


def _reader(employer: str, number: int) -> Callable[[], bytes | None]:
    def read() -> bytes | None:
        found = version_file(employer=employer, number=number)
        return None if isinstance(found, Err) else found.value

    return read


def plan_files(employer_id: int) -> Iterator[HeldFile]:
    """The PDFs of an employer's plans that are ready, every version."""
    profile = employers.employer_profile_by_id(employer_id)
    if profile is None:
        return
    for number in range(1, queries.last_number(employer_id) + 1):
        version = queries.version_of_employer(profile.reference, number)
        if version is not None and version.state == "ready":
            # Their size is not kept; a plan is a small fraction of the limit.
            yield HeldFile(f"plan-v{number}.pdf", 0, _reader(profile.reference, number))


def _kind(order: int, name: str, file: str, about: str, shown: TableShown) -> HeldRecords:
    table = partial(read_table, shown)
    return HeldRecords(name, file, about, _WHO, (shown.table.name,), table, order=order)


RECORDS: Final = (
    _kind(12, "Action plans", "plans", "Your plans, the one in use and earlier ones", held.PLANS),
    _kind(13, "Goals", "plan-goals", "Headings of your plans", held.GOALS),
    _kind(14, "Actions", "plan-actions", "What is to be done, by whom and when", held.ACTIONS),
    _kind(15, "Notes on actions", "plan-action-notes", "Each change of an action", held.NOTES),
    HeldRecords(
        "Printed plans",
        "plan-versions",
        "Versions of your plan as PDFs, which are in the download",
        _WHO,
        (held.VERSIONS.table.name,),
        partial(read_table, held.VERSIONS),
        folder="plans",
        files=plan_files,
        order=16,
    ),
    _kind(17, "Signatures", "plan-signatures", "Who signed a plan off", held.SIGNATURES),
    _kind(18, "Business case", "business-case", "Figures you saved", held.BUSINESS_CASES),
)
