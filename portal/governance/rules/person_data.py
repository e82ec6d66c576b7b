"""What of a row is a person's own, and what in it is somebody else's.

A copy for a person (UK GDPR, article 15) goes by the data map: every column with an account or an
e-mail address leads to the rows about them. In those rows other people's names, addresses and
numbers are taken out (article 15(4); Data Protection Act 2018, schedule 2, paragraph 16), and so is
what they themselves wrote about others in the course of their work.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from portal.governance.rules.holdings import Holdings, PersonalColumn, TableHolding

YOU: Final = "You"
SOMEBODY: Final = "[somebody else]"
ABOUT_OTHERS: Final = "[written about others, left out]"
SECRET: Final = "[kept secret]"  # noqa: S105 - words on a page
ADDRESS_GONE: Final = "[an email address]"
NUMBER_GONE: Final = "[a telephone number]"
NAME_GONE: Final = "[a name]"
# In these columns an account is whom the row is about; in others, who made or decided it.
_ABOUT: Final = frozenset({"user_id", "owner_id", "about_user_id"})
# Rows that hang on a person's row and say more of it: table, its column, the table above.
CHILDREN: Final[Mapping[str, tuple[str, str]]] = {
    "event_feedback": ("registration_id", "event_registrations"),
    "forum_texts": ("post_id", "forum_posts"),
    "forum_attachments": ("post_id", "forum_posts"),
    "rights_steps": ("request_id", "rights_requests"),
}
# Tables in which people are found by other means, or not at all, and why.
NOT_SEARCHED: Final[Mapping[str, str]] = {
    "mailbox_messages": "only kept on a machine for development",
}
_INTERNAL: Final = re.compile(
    r"^id$|_id$|_hash$|hash$|token|^storage_key$|_key$|search_text|^sha256$|_sha256$|^once$"
)
_EMAIL: Final = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
# Ten digits or more, as they are written in this country; days and sums are shorter.
_PHONE: Final = re.compile(r"(?<![\w@])(?:\+|\(?0)(?:[\s().-]?\d){9,13}(?!\w)")
_DETAILS: Final = frozenset({"phone", "job", "address", "bank", "health", "ip", "device"})
_SHORTEST_NAME: Final = 3


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever the copy is for. An address without an account is enough."""

    user_id: int | None
    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """How rows about a person are found in a table: by accounts, addresses or the row above."""

    table: str
    about: str
    purpose: str
    accounts: tuple[str, ...]
    emails: tuple[str, ...]
    above: tuple[str, str] | None = None


def searches(found: Holdings) -> list[Search]:
    """Every table in which rows about a person can stand, by name."""
    listed = []
    for table in found.tables.values():
        if table.name in NOT_SEARCHED:
            continue
        above = CHILDREN.get(table.name)
        accounts = tuple(one.name for one in table.of_kind("account"))
        emails = tuple(one.name for one in table.of_kind("email"))
        if table.name == "users":
            accounts = ("id",)
        if above or accounts or emails:
            listed.append(Search(table.name, table.about, table.purpose, accounts, emails, above))
    return sorted(listed, key=lambda one: one.table)


def is_about(table: TableHolding, row: Mapping[str, Any], person: Person) -> bool:
    """Whether a row is about the person, more than something that they did."""
    if table.name == "users" or table.name in CHILDREN:
        return True
    if any(_same(row.get(one.name), person.email) for one in table.of_kind("email")):
        return True
    return person.user_id is not None and any(
        row.get(name) == person.user_id for name in _ABOUT & row.keys()
    )


def own_part(table: TableHolding, row: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """The row as the person may have it."""
    about = is_about(table, row, person)
    others = _other_names(table, row, person)
    shown: dict[str, Any] = {}
    for name, value in row.items():
        column = table.personal.get(name)
        if column is None:
            if not _INTERNAL.search(name):
                shown[name] = scrubbed(value, person, others)
        elif value is not None and value != "":
            shown[name] = _personal(table, column, row, person, about=about, others=others)
        else:
            shown[name] = value
    return shown


def scrubbed(value: Any, person: Person, others: Collection[str] = ()) -> Any:
    """A value without the addresses, numbers and (known) names of others, however deep."""
    if isinstance(value, str):
        text = _EMAIL.sub(
            lambda found: found[0] if _same(found[0], person.email) else ADDRESS_GONE, value
        )
        text = _PHONE.sub(NUMBER_GONE, text)
        for name in others:
            text = re.sub(re.escape(name), SOMEBODY, text, flags=re.IGNORECASE)
        return text
    if isinstance(value, Mapping):
        return {
            scrubbed(key, person, others): scrubbed(one, person, others)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [scrubbed(one, person, others) for one in value]
    return value


def without_people(text: str, names: Iterable[str]) -> str:
    """A text without addresses and telephone numbers, and without these people's names.

    First and last names go as well, where they begin with a capital as names do.
    """
    text = _PHONE.sub(NUMBER_GONE, _EMAIL.sub(ADDRESS_GONE, text))
    whole = {" ".join(name.split()) for name in names}
    for name in sorted(whole, key=len, reverse=True):
        if len(name) >= _SHORTEST_NAME:
            text = re.sub(_as_word(name), NAME_GONE, text, flags=re.IGNORECASE)
    parts = {part for name in whole for part in name.split() if len(part) >= _SHORTEST_NAME}
    for part in sorted(parts, key=len, reverse=True):
        if part[0].isupper():
            text = re.sub(_as_word(part), NAME_GONE, text)
    return text


def _as_word(name: str) -> str:
    return rf"(?<!\w){re.escape(name)}(?!\w)"


def _personal(
    table: TableHolding,
    column: PersonalColumn,
    row: Mapping[str, Any],
    person: Person,
    *,
    about: bool,
    others: Collection[str],
) -> Any:
    value = row[column.name]
    if column.kind == "secret":
        return SECRET
    if column.kind == "account":
        return YOU if person.user_id is not None and value == person.user_id else SOMEBODY
    if column.kind in {"email", "name", *_DETAILS}:
        own = (
            _same(value, person.email)
            if column.kind == "email"
            else _is_own_name(table, column, row, person)
            if column.kind == "name"
            else _is_own_detail(table, column, row, person, about=about)
        )
        return value if own else SOMEBODY
    if about or column.whose == "user":
        return scrubbed(value, person, others)
    return ABOUT_OTHERS


def _is_own_name(
    table: TableHolding, column: PersonalColumn, row: Mapping[str, Any], person: Person
) -> bool:
    if table.name == "users":
        return True
    if column.of is not None and row.get(column.of) is not None:
        return bool(row[column.of] == person.user_id)
    beside = _address_beside(table, column.name)
    if beside is not None and row.get(beside):
        return _same(row[beside], person.email)
    return bool(person.name) and _same(row[column.name], person.name)


def _is_own_detail(
    table: TableHolding,
    column: PersonalColumn,
    row: Mapping[str, Any],
    person: Person,
    *,
    about: bool,
) -> bool:
    beside = _address_beside(table, column.name)
    if table.name != "users" and beside is not None:
        return _same(row.get(beside), person.email)
    return about


def _address_beside(table: TableHolding, name: str) -> str | None:
    """The address that a name or number stands beside: contact_phone beside contact_email."""
    emails = [one.name for one in table.of_kind("email")]
    prefix = name.rpartition("_")[0]
    for email in emails:
        if email.rpartition("_")[0] == prefix:
            return email
    return None


def _other_names(table: TableHolding, row: Mapping[str, Any], person: Person) -> tuple[str, ...]:
    """Names in a row that are not the person's: they may stand in its words as well."""
    found: Iterable[str] = (
        str(row[one.name]).strip()
        for one in table.of_kind("name")
        if row.get(one.name) and not _is_own_name(table, one, row, person)
    )
    return tuple(
        sorted({name for name in found if len(name) >= _SHORTEST_NAME}, key=len, reverse=True)
    )


def _same(one: Any, other: str) -> bool:
    return isinstance(one, str) and one.strip().casefold() == other.strip().casefold()
