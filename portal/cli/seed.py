"""`flask seed`: a believable demonstration, every person and organisation labelled an example."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import select

from portal.accounts import service as accounts
from portal.accounts.models import User
from portal.action_plans import service as plans
from portal.cli.demo_answers import demonstration_answers
from portal.cli.demo_tools import taken
from portal.cli.seed_caseload import seed_caseload
from portal.cli.seed_governance import seed_governance
from portal.cli.seed_movement import seed_movement
from portal.cli.seed_network import seed_network
from portal.cli.seed_network_awards import seed_awards
from portal.cli.seed_network_events import seed_network_events
from portal.cli.seed_network_forum import seed_network_forum
from portal.cli.seed_network_peers import seed_network_peers
from portal.cli.seed_payments import seed_payments
from portal.cli.seed_pulse import seed_pulse
from portal.cli.seed_reports import seed_reports
from portal.cli.seed_toolkit import seed_toolkit
from portal.cli.seed_toolkit_reach import seed_reach
from portal.db import current_session, unit_of_work
from portal.diagnostics import queries as diagnostic_queries
from portal.diagnostics import service as diagnostics
from portal.employers import service as employers
from portal.employers.queries import employer_profile
from portal.employers.rules.facts import Details, StaffNumbers
from portal.integrations.jobs import sweep
from portal.kernel import clock
from portal.kernel.people import PORTAL, Author
from portal.network.service import ties
from portal.programme import service as programme
from portal.programme.queries import organisations
from portal.reports.service.statistics import release_due

seed = AppGroup("seed", help="Fill an empty portal with demonstration data.")
PASSWORD = "careers-for-everyone-2026"  # noqa: S105 - printed for the demonstration, refused elsewhere
REGISTER_SAMPLE = Path(employers.__file__).parents[1] / "data" / "register-sample.csv"


@dataclass(frozen=True, slots=True)
class Person:
    """A demonstration account."""

    email: str
    name: str
    what: str
    roles: tuple[str, ...] = ()


PEOPLE = (
    Person("owner@cafe.example", "Olive Example", "Employer owner, a café with a finished plan"),
    Person("member@cafe.example", "Milo Example", "Employer member, the same café"),
    Person("owner@care.example", "Cara Example", "Employer owner, a care home half-way through"),
    Person("owner@shop.example", "Sam Example", "Employer owner, a shop that has not started"),
    Person("adviser@provider.example", "Ada Example", "Adviser since May", ("adviser",)),
    Person("ben@provider.example", "Ben Example", "Adviser, care and shops", ("adviser",)),
    Person("cleo@provider.example", "Cleo Example", "Adviser, three months in", ("adviser",)),
    Person("manager@provider.example", "Max Example", "Provider manager", ("provider_manager",)),
    Person("officer@lep.example", "Leo Example", "LEP officer", ("lep_officer",)),
    Person("head@lep.example", "Hana Example", "LEP manager", ("lep_manager",)),
    Person("evaluator@study.example", "Eva Example", "Evaluator", ("evaluator",)),
    Person("admin@lep.example", "Ali Example", "Administrator", ("administrator",)),
)

CAFE = Details(
    name="Example Café and Bakery Ltd",
    district="leeds",
    postcode="LS1 4AP",
    sic_codes=["56102"],
    trading_name="The Example Café",
)
CARE_HOME = Details(
    name="Example Lodge Care Home Ltd", district="bradford", postcode="BD1 1HX", sic_codes=["87300"]
)
SHOP = Details(
    name="Example Corner Stores Ltd", district="york", postcode="YO1 7HH", sic_codes=["47110"]
)
_SECTOR_CODES = {"hospitality": "56101", "retail": "47190", "social_care": "87300"}
_OTHERS = 14


def _people() -> dict[str, int]:
    ids: dict[str, int] = {}
    with unit_of_work():
        lep = taken(programme.create_organisation(kind="lep", name="Example LEP"))
        provider = taken(
            programme.create_organisation(kind="provider", name="Example Skills Provider Ltd")
        )
        for person in PEOPLE:
            user = taken(
                accounts.create_user(
                    email=person.email,
                    name=person.name,
                    password=PASSWORD,
                    roles=person.roles,
                    confirmed=True,
                )
            )
            ids[person.email] = user.id
            if person.roles:
                accounts.set_up_totp(user=user)
            if person.email.endswith("@lep.example"):
                programme.add_post(user_id=user.id, organisation_id=lep.id)
            if person.email.endswith("@provider.example"):
                programme.add_post(user_id=user.id, organisation_id=provider.id)
    return ids


def _employer(details: Details, *, people: int, part_time: int, owner_id: int | None) -> str:
    with unit_of_work():
        staff = StaffNumbers(people, part_time, clock.today() - timedelta(days=20))
        employer = taken(employers.create_employer(details=details, staff=staff, owner_id=owner_id))
        return employer.reference


def _add_member(reference: str, user_id: int) -> None:
    from portal.employers.models import Membership

    profile = employer_profile(reference)
    if profile is None:
        raise click.ClickException("The demonstration employer is missing")
    with unit_of_work() as session:
        session.add(Membership(employer_id=profile.id, user_id=user_id, role="member"))


def _diagnostic(
    reference: str, *, quality: float, rng: random.Random, share: float = 1.0, owner: Author | None
) -> str:
    """A diagnostic answered as an employer of this quality (0 to 1) would; the share answered."""
    profile = employer_profile(reference)
    if profile is None or profile.size_tier is None:
        raise click.ClickException("The demonstration employer is missing")
    with unit_of_work():
        response = diagnostics.start(
            sector=profile.sector,
            size_tier=profile.size_tier,
            district=profile.district,
            employer_id=profile.id,
            owner_id=owner.user_id if owner else None,
            by=owner,
        ).value
    facts = diagnostic_queries.response_facts(response)
    if facts is None:
        raise click.ClickException("The demonstration diagnostic is missing")
    values: Mapping[str, Any] = demonstration_answers(
        facts.questionnaire_key,
        facts.questionnaire_version,
        sector=profile.sector,
        size=profile.size_tier,
        people=profile.headcount or 1,
        part_time=profile.part_time_headcount or 0,
        quality=quality,
        rng=rng,
    )
    answered = dict(list(values.items())[: round(len(values) * share)])
    by = f"user:{owner.user_id}" if owner else "visitor"
    with unit_of_work():
        taken(diagnostics.save_answers(response_id=facts.id, values=answered, seen=0, by=by))
    if share >= 1:
        with unit_of_work():
            taken(diagnostics.complete(response_id=facts.id, by=owner or PORTAL))
    return response


def _plan(employer: str, response: str, owner: Author) -> None:
    completed = diagnostic_queries.completed_response(response)
    if completed is None:
        raise click.ClickException("The demonstration result is missing")
    result = completed.result
    chosen = [item["key"] for item in result["recommendations"] if item["legal"]]
    chosen += result["quick_wins"]
    chosen += [item["key"] for item in result["recommendations"] if item["key"] not in chosen][
        : max(0, 9 - len(chosen))
    ]
    with unit_of_work():
        taken(plans.start_plan(employer=employer, response=response, chosen=chosen, by=owner))
    with unit_of_work():
        taken(plans.request_version(employer=employer, by=owner))


def _network(
    ids: Mapping[str, int], *, cafe: str, home: str, owner: Author, carer: Author, head: Author
) -> None:
    """What the demonstration's network shows, journey by journey."""
    joined = seed_network(cafe=cafe, home=home, owner=owner, carer=carer)
    click.echo(f"{joined} example employers in the network.")
    officer = Author(ids["officer@lep.example"], "Leo Example", "officer@lep.example")
    champions = seed_awards(
        manager=head,
        assessors=[
            officer,
            Author(ids["evaluator@study.example"], "Eva Example", "evaluator@study.example"),
            Author(ids["admin@lep.example"], "Ali Example", "admin@lep.example"),
        ],
    )
    click.echo(f"{champions} example champions.")
    seed_network_peers(cafe=cafe, home=home, owner=owner, carer=carer, officer=officer)
    events = seed_network_events(cafe=cafe, home=home, owner=owner, carer=carer, by=officer)
    click.echo(f"{events} example events.")
    threads = seed_network_forum(cafe=cafe, home=home, owner=owner, carer=carer, officer=officer)
    click.echo(f"{threads} example threads in the forum.")
    ties.renew()


def _reports(
    ids: Mapping[str, int],
    *,
    cafe: str,
    home: str,
    owner: Author,
    head: Author,
    provider_id: int,
) -> None:
    """What workers say, diagnostics taken again, and reports frozen as they stood."""
    member = Author(ids["member@cafe.example"], "Milo Example", "member@cafe.example")
    surveys = seed_pulse(cafe=cafe, owner=owner, member=member)
    click.echo(f"{surveys} example surveys of workers.")
    again = seed_movement(but=(cafe, home))
    click.echo(f"{again} example employers took the diagnostic again.")
    frozen = seed_reports(
        head=head,
        manager=Author(ids["manager@provider.example"], "Max Example", "manager@provider.example"),
        provider_id=provider_id,
    )
    click.echo(f"{frozen} example reports, frozen as they stood.")
    click.echo(f"{len(release_due())} quarters of statistics, released.")
    governed = seed_governance(head=head, owner=owner, member=member, cafe=cafe)
    click.echo(f"{governed} examples of requests, agreements and other governance.")


@seed.command("demo")
def demo_command() -> None:
    """Demonstration people, employers, answers and a plan; refused unless the portal is empty."""
    if current_app.config["SETTINGS"].is_production:
        raise click.ClickException("Demonstration data does not belong in production.")
    if current_session().scalar(select(User.id).limit(1)) is not None:
        raise click.ClickException("There are accounts already. `make demo` starts afresh.")
    rng = random.Random(20261122)  # noqa: S311 - the same demonstration every time
    ids = _people()
    sample = employers.import_register(REGISTER_SAMPLE.read_bytes())
    click.echo(f"{sample.created:,} employers of the public register to search in.")
    others = _others(rng)
    owner = Author(ids["owner@cafe.example"], "Olive Example", "owner@cafe.example")
    cafe = _employer(CAFE, people=24, part_time=15, owner_id=owner.user_id)
    _add_member(cafe, ids["member@cafe.example"])
    response = _diagnostic(cafe, quality=0.45, rng=rng, owner=owner)
    _plan(cafe, response, owner)
    carer = ids["owner@care.example"]
    home = _employer(CARE_HOME, people=34, part_time=20, owner_id=carer)
    _diagnostic(home, quality=0.5, rng=rng, share=0.5, owner=Author(carer, "Cara Example"))
    _employer(SHOP, people=12, part_time=8, owner_id=ids["owner@shop.example"])
    sweep()
    advisers = [
        Author(ids[person.email], person.name, person.email)
        for person in PEOPLE
        if person.roles == ("adviser",)
    ]
    head = Author(ids["head@lep.example"], "Hana Example", "head@lep.example")
    provider = organisations(kind="provider")[0]
    worked = seed_caseload(advisers=advisers, provider_id=provider.id, lep=head)
    claimed = seed_payments(
        provider_id=provider.id,
        manager=Author(ids["manager@provider.example"], "Max Example", "manager@provider.example"),
        officer=Author(ids["officer@lep.example"], "Leo Example", "officer@lep.example"),
        head=head,
    )
    click.echo(f"{claimed} example claims for the work of the stories.")
    cara = Author(carer, "Cara Example", "owner@care.example")
    resources = seed_toolkit(cafe=cafe, home=home, owner=owner, carer=cara)
    readers = seed_reach(
        officer=Author(ids["officer@lep.example"], "Leo Example", "officer@lep.example"),
        adviser=advisers[0],
        organisation_id=provider.id,
    )
    click.echo(f"{resources} resources in the toolkit, {readers:,} made-up readers.")
    _network(ids, cafe=cafe, home=home, owner=owner, carer=cara, head=head)
    _reports(ids, cafe=cafe, home=home, owner=owner, head=head, provider_id=provider.id)
    click.echo(
        f"{others + 3} example employers, {worked} more with advisers, "
        f"{len(PEOPLE)} people to sign in as."
    )


def _others(rng: random.Random) -> int:
    """Employers to compare with, spread over sectors, sizes and months."""
    count = 0
    now = clock.utc_now()
    for sector, code in _SECTOR_CODES.items():
        for number in range(1, _OTHERS + 1):
            with clock.freeze(now - timedelta(days=rng.randrange(10, 300))):
                people = rng.randrange(10, 50) if number <= _OTHERS - 2 else rng.randrange(60, 400)
                reference = _employer(
                    Details(
                        name=f"Example {sector.replace('_', ' ')} employer {number}",
                        district=rng.choice(["leeds", "bradford", "kirklees", "wakefield"]),
                        postcode="LS1 1AA",
                        sic_codes=[code],
                    ),
                    people=people,
                    part_time=rng.randrange(people // 3, people),
                    owner_id=None,
                )
                _diagnostic(reference, quality=rng.uniform(0.15, 0.85), rng=rng, owner=None)
                count += 1
    return count


@seed.command("sign-ins")
def sign_ins_command() -> None:
    """Print who can sign in to the demonstration."""
    if not current_app.config["SETTINGS"].show_demo:
        return
    known = set(current_session().scalars(select(User.email)))
    people = [person for person in PEOPLE if person.email in known]
    if not people:
        return
    click.echo(f"Demonstration sign-ins, all with the password {PASSWORD}")
    for person in people:
        click.echo(f"  {person.email:<26} {person.what}")
    click.echo("Staff also need a six-figure code: it stands on the page /dev/mailbox")


def register(app: Flask) -> None:
    """Add ``flask seed``."""
    app.cli.add_command(seed)
