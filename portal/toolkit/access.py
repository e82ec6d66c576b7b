"""Who may open which page of the toolkit.

Anybody reads what is published and uses the tools. Staff of the LEP and of its providers write
resources and log what businesses say; publishing and retiring take a manager or the LEP.
"""

from __future__ import annotations

from portal.web.access import Predicate, any_of, has_role, lep_staff, provider_staff

editors = any_of(provider_staff, lep_staff)
publishers = any_of(lep_staff, has_role("provider_manager"))

ROUTES: dict[str, Predicate] = {}
