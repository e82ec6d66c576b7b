"""Who needs a second step, when tries are locked, and what a session may be: pure rules."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

STAFF_ROLES: Final[Mapping[str, str]] = {
    "adviser": "Adviser",
    "provider_manager": "Provider manager",
    "lep_officer": "LEP officer",
    "lep_manager": "LEP manager",
    "evaluator": "Evaluator",
    "administrator": "Administrator",
}

MAX_FAILURES = 10
FAILURE_WINDOW = timedelta(minutes=15)
LOCK_LENGTH = timedelta(minutes=15)
SEEN_EVERY = timedelta(minutes=5)
SESSION_LENGTH = timedelta(days=14)
STAFF_SESSION_LENGTH = timedelta(hours=12)
# Without a page asked for. A shared desk is left at lunch; a café owner comes back on Monday.
IDLE_LENGTH = timedelta(days=4)
STAFF_IDLE_LENGTH = timedelta(hours=1)
# How long somebody has to sign in to the other account that is to be linked, and how long ago they
# may have shown here who they are.
LINKING_LENGTH = timedelta(minutes=15)
LINKING_FRESH = timedelta(minutes=10)
GOING_LENGTH = timedelta(seconds=60)
MIN_PASSWORD = 10
MAX_PASSWORD = 200
MIN_DIFFERENT_CHARACTERS = 5

_SEQUENCES = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "01234567890")
_COMMON_STEMS = (
    "password", "passw0rd", "letmein", "welcome", "iloveyou", "qwerty", "administrator",
    "liverpool", "football", "sunshine", "monkey", "dragon", "changeme", "parttimetalent",
)  # fmt: skip


def normal_email(email: str) -> str:
    """An e-mail address as it is kept and compared: no spaces around it, lower case."""
    return email.strip().lower()


def needs_second_step(roles: Collection[str]) -> bool:
    """Whether somebody with these roles may not sign in without a second step: all staff."""
    return any(role in STAFF_ROLES for role in roles)


def session_length(roles: Collection[str]) -> timedelta:
    """How long a sign-in lasts: a working day for staff, who see other people's records."""
    return STAFF_SESSION_LENGTH if needs_second_step(roles) else SESSION_LENGTH


def idle_length(roles: Collection[str]) -> timedelta:
    """How long a sign-in lasts while nothing is asked for: an hour for staff."""
    return STAFF_IDLE_LENGTH if needs_second_step(roles) else IDLE_LENGTH


def asks_second_step(roles: Collection[str], *, has_one: bool) -> bool:
    """Whether signing in takes a second step: staff roles ask for it, and so does having one."""
    return has_one or needs_second_step(roles)


def crossing_end(now: datetime, roles: Collection[str], first_ends_at: datetime) -> datetime:
    """When a sign-in ends that came from another: in its own time, or sooner with the first one."""
    return min(now + session_length(roles), first_ends_at)


@dataclass(frozen=True, slots=True)
class Tries:
    """Failed tries against one key: how many, since when (UTC), and until when it is locked."""

    failures: int = 0
    first_at: datetime | None = None
    locked_until: datetime | None = None

    def is_locked(self, now: datetime) -> bool:
        """Whether nothing may be tried now, right or wrong."""
        return self.locked_until is not None and now < self.locked_until

    def after_failure(self, now: datetime) -> Tries:
        """The state after one more failure; the tenth within 15 minutes locks for 15 minutes."""
        if self.first_at is None or now - self.first_at >= FAILURE_WINDOW:
            return Tries(failures=1, first_at=now)
        failures = self.failures + 1
        locked = now + LOCK_LENGTH if failures >= MAX_FAILURES else None
        return Tries(failures=failures, first_at=self.first_at, locked_until=locked)


def password_fault(password: str, *, email: str = "", name: str = "") -> str | None:
    """What is wrong with a new password, in words for the person, or None.

    Length counts most (NCSC and NIST SP 800-63B advice): no rules about capitals or symbols, but
    the passwords guessed first are refused.
    """
    if len(password) < MIN_PASSWORD:
        return f"Password must be at least {MIN_PASSWORD} characters. Three words make a good one"
    if len(password) > MAX_PASSWORD:
        return f"Password must be {MAX_PASSWORD} characters or fewer"
    if len(set(password)) < MIN_DIFFERENT_CHARACTERS:
        return "Password repeats too few characters. Three words make a good one"
    plain = re.sub(r"[^a-z0-9]", "", password.lower())
    letters = re.sub(r"[^a-z]", "", plain)
    own = [normal_email(email).partition("@")[0], *name.lower().split()]
    too_easy = (
        any(letters == stem or letters == stem * 2 for stem in _COMMON_STEMS)
        or any(len(plain) <= len(run) and plain and plain in run for run in _SEQUENCES)
        or any(len(word) > 3 and plain.strip("0123456789") == word for word in own)  # noqa: PLR2004
    )
    if too_easy:
        return "Password is too easy to guess. Three words make a good one"
    return None


def own_path(target: str | None) -> str | None:
    r"""A path of this portal to go to after signing in, or None for anything else.

    Browsers read ``\`` as ``/`` and drop control characters, so both are refused outright.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or any(ord(character) < 33 for character in target):  # noqa: PLR2004
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"), ("curl/", "curl"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("CrOS", "ChromeOS"), ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def browser_words(user_agent: str) -> str:
    """A browser in words its owner recognises, such as ``Firefox on Windows``."""
    browser = next((words for mark, words in _BROWSERS if mark in user_agent), "Unknown browser")
    system = next((words for mark, words in _SYSTEMS if mark in user_agent), None)
    return f"{browser} on {system}" if system else browser
