"""What later features add to an employer's pages.

Cards: ``register_employer_panel(app, panel, order=20)``, where ``panel(profile, actor)`` returns a
``Panel``, or None to show nothing.

Where a line of the timeline leads: ``register_timeline_link(app, "response", find)``, where
``find(reference, actor)`` returns an address or None, without asking the database; or
``register_timeline_links(app, kinds, find)``, where ``find(subjects, actor)`` finds the addresses
of all subjects on a page at once.

What is held about an employer: ``register_held_records(app, HeldRecords(...))``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask import Flask, current_app
from markupsafe import Markup

from portal.employers.queries import EmployerProfile
from portal.web.access import Actor

PANELS_EXTENSION = "portal_employer_panels"
LINKS_EXTENSION = "portal_timeline_links"
HELD_EXTENSION = "portal_held_records"


@dataclass(frozen=True, slots=True)
class Panel:
    """One card: a title, a text (or markup), where it leads, and a short note below it."""

    title: str
    text: str | Markup = ""
    href: str | None = None
    meta: str | Markup = ""
    tint: bool = False


PanelFunction = Callable[[EmployerProfile, Actor], Panel | None]


def register_employer_panel(app: Flask, panel: PanelFunction, *, order: int = 50) -> None:
    """Add a card to every employer's page; lower orders come first."""
    known: list[tuple[int, PanelFunction]] = app.extensions.setdefault(PANELS_EXTENSION, [])
    known.append((order, panel))
    known.sort(key=lambda entry: entry[0])


def employer_panels(profile: EmployerProfile, actor: Actor) -> list[Panel]:
    """The cards this person sees on an employer's page."""
    known: list[tuple[int, PanelFunction]] = current_app.extensions.get(PANELS_EXTENSION, [])
    made = (panel(profile, actor) for _order, panel in known)
    return [panel for panel in made if panel is not None]


# --- Where a line of the timeline leads ------------------------------------------------------

LinksFunction = Callable[[Sequence[str], Actor], Mapping[str, str]]
LinkFunction = Callable[[str, Actor], str | None]


def register_timeline_links(app: Flask, kinds: Iterable[str], find: LinksFunction) -> None:
    """Say where lines about these kinds of record lead.

    ``find`` is given subjects (``kind:reference``) of one page and returns the address of each
    that the person may open.
    """
    known: dict[str, LinksFunction] = app.extensions.setdefault(LINKS_EXTENSION, {})
    for kind in kinds:
        if kind in known:
            raise RuntimeError(f"Two links for {kind} on the timeline")
        known[kind] = find


def register_timeline_link(app: Flask, kind: str, find: LinkFunction) -> None:
    """The same for one kind whose address follows from its reference alone."""

    def each(subjects: Sequence[str], actor: Actor) -> Mapping[str, str]:
        found = {subject: find(subject.partition(":")[2], actor) for subject in subjects}
        return {subject: address for subject, address in found.items() if address}

    register_timeline_links(app, [kind], each)


def timeline_links(subjects: Iterable[str], actor: Actor) -> dict[str, str]:
    """Addresses of the records on a page of the timeline that this person may open."""
    known: dict[str, LinksFunction] = current_app.extensions.get(LINKS_EXTENSION, {})
    asked: dict[LinksFunction, list[str]] = {}
    for subject in dict.fromkeys(subjects):
        find = known.get(subject.partition(":")[0])
        if find is not None:
            asked.setdefault(find, []).append(subject)
    found: dict[str, str] = {}
    for find, some in asked.items():
        found.update(find(some, actor))
    return found


# --- What is held about an employer ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that goes with the records; ``read`` gives its bytes, or None when it cannot."""

    name: str
    size: int
    read: Callable[[], bytes | None]


@dataclass(frozen=True, slots=True)
class HeldRecords:
    """One kind of record about employers, and how an employer gets all of its own.

    ``table`` returns a header and rows in plain words for an employer's key; ``tables`` names the
    database tables this covers; ``who`` says who sees the records; ``folder`` is where ``files``
    go in the download. ``own_only`` is for the employer's own people, and not for the LEP.
    """

    name: str
    file_name: str
    about: str
    who: str
    tables: tuple[str, ...]
    table: Callable[[int], tuple[Sequence[str], Sequence[Sequence[object]]]]
    folder: str = ""
    files: Callable[[int], Iterable[HeldFile]] | None = None
    order: int = 50
    own_only: bool = False


def register_held_records(app: Flask, *records: HeldRecords) -> None:
    """Add kinds of record to what an employer can see and take away."""
    known: list[HeldRecords] = app.extensions.setdefault(HELD_EXTENSION, [])
    names = {one.file_name for one in known}
    for one in records:
        if one.file_name in names:
            raise RuntimeError(f"Two kinds of held records in {one.file_name}.csv")
        names.add(one.file_name)
        known.append(one)
    known.sort(key=lambda one: one.order)


def held_records(*, own: bool = True) -> list[HeldRecords]:
    """Every kind of record, in order; without ``own``, those that others than its people see."""
    known: list[HeldRecords] = current_app.extensions.get(HELD_EXTENSION, [])
    return [one for one in known if own or not one.own_only]
