"""Who may see and change the programme's settings."""

from __future__ import annotations

from portal.web.access import Actor, Predicate, has_role, lep_staff

may_change = has_role("lep_manager", "administrator")

ROUTES: dict[str, Predicate] = {
    "programme.settings": lep_staff,
    "programme.setting": may_change,
}


def is_lep_staff(actor: Actor) -> bool:
    """Whether the person reads the programme's settings."""
    return lep_staff(actor, {})


def changes_settings(actor: Actor) -> bool:
    """Whether the person sets them."""
    return may_change(actor, {})
