"""The demonstration's events: one that was, one that is full, one online and a draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

from sqlalchemy import select

from portal.cli.demo_tools import taken
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.kernel import clock
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import NetworkMember
from portal.network.queries import events as found
from portal.network.rules.event_questions import Question
from portal.network.rules.events import EventDetails
from portal.network.service import event_attendance as attendance
from portal.network.service import event_places as places
from portal.network.service import events as service
from portal.network.service.event_attendance import FeedbackWords
from portal.network.service.event_places import Attendee, Registered
from portal.programme.queries import organisation_ids_of

T = TypeVar("T")
_SATURDAY: Final = 5
_LABEL: Final = "This is an example for the demonstration. Nobody in it is a real person."
_HALL: Final = "Example Hall\n1 Example Street\nLeeds LS1 4AP"
_ACCESS: Final = (
    "Step-free, with a hearing loop. Parking for blue badges at the door. A break after an hour."
)
_PEOPLE: Final = ("Asha", "Bryn", "Chidi", "Dina", "Ewan", "Farah")
_SAID: Final = (
    FeedbackWords(5, 5, "Ask two supervisors whether they would share a post.", ""),
    FeedbackWords(4, 5, "", "More time for questions."),
    FeedbackWords(4, 4, "Publish the rota four weeks ahead, from next month.", ""),
)
_BODY: Final = f"""{_LABEL}

## What you take away

- how two people share one supervisor's post
- what it took to change the rota, and what it cost
- questions to ask your own team on Monday
"""


def seed_network_events(*, cafe: str, home: str, owner: Author, carer: Author, by: Author) -> int:
    """Make the events, register people for them, and let some have come; how many there are.

    Call it when the example employers are in the network; ``by`` is who runs the events.
    """
    employers = _employers(cafe, home)
    now = clock.utc_now()
    with clock.freeze(now - timedelta(days=60)):
        series = _series(by)
        past = _event(_past(series), by, days=35)
    _let_them_come(past, employers, owner, carer, by)
    with clock.freeze(now - timedelta(days=12)):
        full = _event(_full(series), by, days=33)
        _register(full, _PEOPLE[:5], employers)
    with clock.freeze(now - timedelta(days=8)):
        online = _event(_online(series), by, days=47)
        _register(online, _PEOPLE[:2], employers, {"q1": "yes", "q2": "Social care"})
        _event(_draft(), by, days=68, publish=False)
    return len((past, full, online)) + 1


def _employers(cafe: str, home: str) -> list[int]:
    """Keys of the café, the care home and other members, in that order."""
    rows = current_session().execute(
        select(Employer.reference, Employer.id)
        .outerjoin(NetworkMember, NetworkMember.employer_id == Employer.id)
        .where(NetworkMember.left_at.is_(None))
        .where(NetworkMember.id.is_not(None) | Employer.reference.in_((cafe, home)))
        .order_by(Employer.id)
    )
    known = {str(row.reference): int(row.id) for row in rows}
    first = [known.pop(cafe), known.pop(home)]
    return [*first, *known.values()][: len(_PEOPLE)]


def _series(by: Author) -> str:
    with unit_of_work():
        made = taken(
            service.add_series(
                title="Better jobs, part-time: example series",
                about="Short events in which one employer tells others what it changed. " + _LABEL,
                dimension="job_design",
                by=by,
            )
        )
        return str(made.reference)


def _event(details: EventDetails, by: Author, *, days: int, publish: bool = True) -> str:
    """An event so many days after now."""
    day = clock.today() + timedelta(days=days)
    # On a working day: Saturday and Sunday become the Monday after.
    day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= _SATURDAY else 0)
    with unit_of_work():
        done = service.add(
            details=replace(details, day=day), organisation_id=_organisation(by), by=by
        )
        reference: str = _fine(done).reference
        if publish:
            taken(service.publish(reference=reference, by=by))
    return reference


def _organisation(by: Author) -> int | None:
    return min(organisation_ids_of(by.user_id), default=None) if by.user_id else None


def _register(
    reference: str,
    names: tuple[str, ...],
    employers: list[int],
    given: dict[str, str] | None = None,
) -> list[Registered]:
    made = []
    for number, name in enumerate(names):
        who = Attendee(
            name=f"{name} Example",
            email=f"{name.lower()}@visitor.example",
            business=f"Example business {number + 1}",
            needs="A seat near the front, please." if number == 1 else "",
            employer_id=employers[number] if number < len(employers) else None,
        )
        made.append(_one(reference, who, given or {}))
    return made


def _one(reference: str, who: Attendee, given: dict[str, str]) -> Registered:
    with unit_of_work():
        done = places.register(
            event_reference=reference,
            who=who,
            given=given,
            accepts_queue=True,
            by=Author(who.user_id, who.name),
        )
        return _fine(done)


def _fine(done: Ok[T] | list[Problem]) -> T:
    return taken(Err(done[0]) if isinstance(done, list) else done)


def _let_them_come(
    reference: str, employers: list[int], owner: Author, carer: Author, by: Author
) -> None:
    event = found.event(reference)
    if event is None:
        raise LookupError("The demonstration's event is missing")
    with clock.freeze(event.starts_at - timedelta(days=9)):
        ours = [
            _one(reference, Attendee(who.name, who.email or "", "", "", who.user_id, key), {})
            for who, key in zip((owner, carer), employers[:2], strict=True)
        ]
        ours += _register(reference, _PEOPLE[:4], employers[2:])
    with clock.freeze(event.starts_at + timedelta(minutes=5)):
        # The last one registered and did not come.
        for one in ours[:-1]:
            with unit_of_work():
                taken(
                    attendance.check_in(event_reference=reference, reference=one.reference, by=by)
                )
    with clock.freeze(event.ends_at + timedelta(hours=20)):
        service.end_events()
        for one, said in zip(ours, _SAID, strict=False):
            with unit_of_work():
                taken(attendance.say(token=one.token, said=said, by=by))


def _past(series: str) -> EventDetails:
    return EventDetails(
        title="One post, two people: how a café shares its senior posts (example)",
        summary="A café tells how two people share each supervisor's post, and what it took.",
        mode="in_person",
        day=clock.today(),
        starts="10:00",
        ends="12:00",
        body=_BODY,
        series=series,
        dimension="job_design",
        place=_HALL,
        access_notes=_ACCESS,
        capacity=20,
    )


def _full(series: str) -> EventDetails:
    return replace(
        _past(series),
        title="Rotas four weeks ahead: round table for three (example)",
        summary="Bring your rota. A small round of people who plan shifts; the places are few.",
        starts="9:30",
        ends="11:00",
        dimension="scheduling",
        capacity=3,
        offer_hours=48,
    )


def _online(series: str) -> EventDetails:
    return replace(
        _past(series),
        title="Training inside the shift: an online hour (example)",
        summary="How a care home trains people in working hours, two hours at a time.",
        mode="online",
        starts="13:00",
        ends="14:00",
        dimension="training",
        sectors=("social_care", "hospitality"),
        place="",
        online_address="https://meet.example/training-inside-the-shift",
        access_notes="With live captions. You can take part by telephone.",
        capacity=None,
        questions=(
            Question("Do you train people during their shifts now?", "yes_no", required=True),
            Question("Your sector", "choice", ("Social care", "Hospitality", "Retail")),
            Question("What would you like to ask?"),
        ),
    )


def _draft() -> EventDetails:
    return replace(
        _past(""),
        title="Coffee with the champions (example, a draft)",
        summary="Not published yet: staff see it in their list.",
        mode="both",
    )
