"""Everything that is read about employers, their people and the register."""

from portal.employers.queries.profiles import (
    EmployerProfile,
    employer_for_update,
    employer_profile,
    employer_profile_by_id,
    employers_of,
)
from portal.employers.queries.register import RegisterMatch, register_entry, search_register

__all__ = [
    "EmployerProfile",
    "RegisterMatch",
    "employer_for_update",
    "employer_profile",
    "employer_profile_by_id",
    "employers_of",
    "register_entry",
    "search_register",
]
