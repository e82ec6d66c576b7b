"""Who may open which page of information governance."""

from __future__ import annotations

from portal.web.access import Predicate, any_of, has_role

lep_manager = has_role("lep_manager")
administrator = has_role("administrator")
governor = any_of(lep_manager, administrator)

ROUTES: dict[str, Predicate] = {
    "governance.home": governor,
    "governance.audit": lep_manager,
    "governance.audit_export": lep_manager,
}
