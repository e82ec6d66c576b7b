"""Who may open which page of the network.

Anybody reads what employers have chosen to show, the events and the awards. What is written among
peers is for employers in the network and for staff; LEP staff run rounds, events and moderation.
"""

from __future__ import annotations

from portal.web.access import Predicate, any_of, has_role, lep_staff, provider_staff

staff = any_of(lep_staff, provider_staff)
lep_manager = has_role("lep_manager")

ROUTES: dict[str, Predicate] = {}
