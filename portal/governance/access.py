"""Who may open which page of information governance."""

from __future__ import annotations

from portal.web.access import (
    Predicate,
    any_of,
    employer_member,
    employer_owner,
    has_role,
    public,
    signed_in,
)

lep_manager = has_role("lep_manager")
administrator = has_role("administrator")
governor = any_of(lep_manager, administrator)
owner = employer_owner
agreements_reader = any_of(employer_member, lep_manager)

ROUTES: dict[str, Predicate] = {
    "governance.home": governor,
    "governance.privacy": public,
    "governance.privacy_version": public,
    "governance.my_privacy": signed_in,
    "governance.my_consent": signed_in,
    "governance.my_request": signed_in,
    "governance.my_request_withdraw": signed_in,
    "governance.my_copy": signed_in,
    "governance.my_copy_take": signed_in,
    "governance.agreements": agreements_reader,
    "governance.agreement": owner,
    "governance.consent_register": lep_manager,
    "governance.consent_list": lep_manager,
    "governance.rights_requests": lep_manager,
    "governance.rights_new": lep_manager,
    "governance.rights_request": lep_manager,
    "governance.rights_step": lep_manager,
    "governance.rights_copy": lep_manager,
    "governance.rights_copy_take": lep_manager,
    "governance.breach_log": lep_manager,
    "governance.breach_new": lep_manager,
    "governance.breach": lep_manager,
    "governance.breach_edit": lep_manager,
    "governance.breach_note": lep_manager,
    "governance.breach_close": lep_manager,
    "governance.processing_record": governor,
    "governance.processing_csv": governor,
    "governance.audit": lep_manager,
    "governance.audit_export": lep_manager,
    "governance.retention": governor,
    "governance.retention_period": lep_manager,
    "governance.hold_new": lep_manager,
    "governance.hold_lift": lep_manager,
    # An administrator is the second person where the LEP has one manager; sees what is proposed.
    "governance.erasures": governor,
    "governance.erasure_new": lep_manager,
    "governance.erasure": governor,
    "governance.erasure_propose": lep_manager,
    "governance.erasure_do": governor,
    "governance.erasure_refuse": lep_manager,
}
