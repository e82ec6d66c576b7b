"""Everything that is read about employers, their people and the register."""

from portal.employers.models import RegisterEntry
from portal.employers.queries.history import (
    FactChange,
    fact_changes,
    facts_at,
    facts_on,
    facts_trail,
)
from portal.employers.queries.lists import (
    EmployerPage,
    EmployerRow,
    employer_rows_of,
    search_employers,
)
from portal.employers.queries.people import (
    Person,
    Waiting,
    employer_with,
    invitation_by_hash,
    membership,
    open_invitations,
    open_requests,
    owner_count,
    owner_emails,
    people,
    sites,
)
from portal.employers.queries.profiles import (
    EmployerProfile,
    employer_for_update,
    employer_profile,
    employer_profile_by_id,
    employers_of,
    kept_reference,
)
from portal.employers.queries.register import (
    RegisterMatch,
    free_entry_with_number,
    register_entry,
    search_register,
)

__all__ = [
    "EmployerPage",
    "EmployerProfile",
    "EmployerRow",
    "FactChange",
    "Person",
    "RegisterEntry",
    "RegisterMatch",
    "Waiting",
    "employer_for_update",
    "employer_profile",
    "employer_profile_by_id",
    "employer_rows_of",
    "employer_with",
    "employers_of",
    "fact_changes",
    "facts_at",
    "facts_on",
    "facts_trail",
    "free_entry_with_number",
    "invitation_by_hash",
    "kept_reference",
    "membership",
    "open_invitations",
    "open_requests",
    "owner_count",
    "owner_emails",
    "people",
    "register_entry",
    "search_employers",
    "search_register",
    "sites",
]
