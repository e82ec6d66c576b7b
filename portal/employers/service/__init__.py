"""One function for each thing a person does to an employer."""

from portal.employers.service.first_owner import invite_first_owner
from portal.employers.service.people import (
    accept_invitation,
    change_role,
    decide_request,
    invite_member,
    remove_member,
    request_to_join,
    withdraw_invitation,
)
from portal.employers.service.profile import (
    ALREADY_HERE,
    CHANGED_MEANWHILE,
    create_employer,
    update_accreditation,
    update_details,
    update_staff_numbers,
    update_training,
)
from portal.employers.service.register import ImportSummary, import_register
from portal.employers.service.sites import add_site, withdraw_site

__all__ = [
    "ALREADY_HERE",
    "CHANGED_MEANWHILE",
    "ImportSummary",
    "accept_invitation",
    "add_site",
    "change_role",
    "create_employer",
    "decide_request",
    "import_register",
    "invite_first_owner",
    "invite_member",
    "remove_member",
    "request_to_join",
    "update_accreditation",
    "update_details",
    "update_staff_numbers",
    "update_training",
    "withdraw_invitation",
    "withdraw_site",
]
