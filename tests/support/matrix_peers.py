"""What the sides of the matrix do among peers, in the toolkit, and with the LEP."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_token, token_hash
from portal.kernel.people import PORTAL
from portal.network.models import Award, ForumPost, NetworkMember
from portal.network.rules.awards import new_code
from portal.network.service import mails, peer_mails, peer_matches
from portal.reports.rules.scope import Scope, View
from portal.reports.service import copies, subscriptions
from portal.reports.service.building import builders
from portal.reports.service.reading import built
from tests.factories import network, peers, toolkit
from tests.factories.accounts import make_user
from tests.factories.employers import make_employer
from tests.factories.files import pdf
from tests.factories.pulse import open_wave
from tests.factories.tools import make_kept
from tests.support.matrix_side import Side, State, World, author, file


def among_peers(side: Side) -> None:
    """What an employer does among peers."""
    rows, special, owner = side.rows, side.special, side.people["owner"]
    session = current_session()
    with unit_of_work():
        employer = session.get_one(Employer, rows.given["employers"])
        # An award's own round is decided; the employer applies in the one that is open.
        network.make_champion(employer)
        special["network.badge"] = {"kind": "svg"}
        rivals = make_employer(name="Example Rival")
        rows.fill("network_competitors", other_id=rivals.id)
        invited = new_token()
        rows.fill(
            "network_invitations",
            to_name="An example person",
            to_email="somebody@example.org",
            words="Do join us",
            token_hash=token_hash(invited),
        )
        # Whoever was written to may say no, which by the link that all may pass on nobody can.
        special["network.invited_decline"] = {"code": invited}
        side.secrets[invited] = "the link of an invitation to the network"
        peers.make_offer(employer)
        match = peers.make_match(employer, peers.make_helper())
        thread = network.make_thread(employer=employer, by=owner, body="How do you share posts?")
        post = session.scalars(select(ForumPost).where(ForumPost.thread_id == thread.id)).one()
        rows.given["forum_posts"] = post.id
        stored = file(f"forum/{side.letter}")
        rows.fill("forum_attachments", size_bytes=len(pdf()), scan_state="clean", **stored)
        rows.fill("forum_suspensions", user_id=make_user().id, reason="They were rude")
        side.values.update(
            competitor=rows.given["network_competitors"],
            key=rows.given["forum_suspensions"],
        )
        for name in ("thread", "reply", "subscribe", "moderate_thread"):
            special[f"network.{name}"] = {"reference": thread.reference, "act": "lock"}
        for name in POSTS:
            special[f"network.{name}"] = {"reference": post.reference, "act": "hide"}
        for name in ("attachment", "attachment_withdraw"):
            special[f"network.{name}"] = {"reference": rows.reference("forum_attachments")}
        special["network.invitation_withdraw"] = {
            "reference": rows.reference("network_invitations")
        }
        for name in ("match", "match_outcome"):
            token = peer_mails.token_of(match.reference, "asker")
            special[f"network.{name}"] = {"token": token}
        _matched(side, employer, match.reference)
        for name in MATCHES:
            special[f"network.{name}"] = {"reference": match.reference}
        request = session.get_one(type(match), match.id).request_id
        rows.given["peer_requests"] = request
        for name in REQUESTS:
            special[f"network.{name}"] = {"reference": rows.reference("peer_requests")}
    facts = open_wave(side.values["employer"])
    side.values["wave"] = facts.reference
    for name in ("pulse_answer", "pulse_start", "pulse_thanks"):
        special[f"reports.{name}"] = {"code": facts.code, "lang": "en"}


def _helper(topic: str) -> Employer:
    employer = make_employer()
    network.make_champion(employer)
    peers.make_offer(employer, topics=(topic,))
    return employer


def _matched(side: Side, employer: Employer, waiting: str) -> None:
    """Personal links of matches: of either side of one, of two who have met, of what is over."""
    met, over = (
        peers.make_introduced(employer, _helper(topic), topic=topic)
        for topic in ("training", "voice")
    )
    peer_matches.say_outcome(
        reference=over.reference, side="staff", outcome="useful", words="", by=PORTAL
    )
    for name, reference, end in (
        ("a peer is asked", waiting, "champion"),
        ("two peers have met", met.reference, "asker"),
        ("a match is over", over.reference, "asker"),
        ("a match is over", over.reference, "champion"),
    ):
        values = {"token": peer_mails.token_of(reference, end)}
        side.states.append(State(name, "network.match", values))
    for reference in (waiting, met.reference, over.reference):
        for end in ("asker", "champion"):
            side.secrets[peer_mails.token_of(reference, end)] = f"the link of a match's {end}"


POSTS = (
    *("post", "post_edit", "post_report", "post_texts", "post_withdraw", "helpful", "solve"),
    "moderate_post",
)
MATCHES = ("match_record", "match_withdraw", "peer_match", "peer_match_outcome")
REQUESTS = (
    *("peer_request_again", "peer_request_edit", "peer_request_withdraw", "peer_request_close"),
)


def with_the_toolkit(side: Side) -> None:
    """Kept results, tests with the employer, campaigns and insights of the provider."""
    rows, special, letter = side.rows, side.special, side.letter
    builder = next(one for one in builders() if View.PROVIDER in one.views)
    provider = rows.given["organisations"]
    scope = Scope(date(2026, 7, 1), date(2026, 9, 30), view=View.PROVIDER, provider=provider)
    report = built(builder, scope)
    kept = make_kept(side.values["employer"], author(side.people["owner"]))
    for name in ("kept_result", "withdraw_result"):
        special[f"toolkit.{name}"] = {"reference": kept}
    with unit_of_work():
        draft = toolkit.make_draft(by=author(side.people["adviser"]))
        draft.organisation_id = rows.given["organisations"]
        rows.given["resources"] = draft.id
        late, answer = new_token(), new_token()
        # Not until today: a long run goes on past midnight.
        testers = make_employer(name="Example Tester").id, rows.given["employers"]
        for secret, days, tester in zip((late, answer), (-1, 9), testers, strict=True):
            rows.fill(
                "resource_tests",
                employer_id=tester,
                token_hash=token_hash(secret),
                due_on=today() + timedelta(days=days),
            )
        side.states.append(State("a test is over", "toolkit.test_answer", {"token": late}))
        stored = file(f"resources/{letter}")
        rows.fill("resource_files", kind="added", state="ready", size_bytes=len(pdf()), **stored)
        owned = {"organisation_id": rows.given["organisations"]}
        rows.fill("campaigns", code=f"camp{letter}", network="chamber", note="A note", **owned)
        rows.fill(
            "insights",
            how="visit",
            sector="retail",
            practice="They share posts",
            employer_id=rows.given["employers"],
            **owned,
        )
        for name in RESOURCES:
            special[f"toolkit.{name}"] = {"reference": draft.reference}
        for name in ("campaign", "campaign_edit", "campaign_qr"):
            special[f"toolkit.{name}"] = {"reference": rows.reference("campaigns"), "kind": "svg"}
        for name in ("insight", "insight_edit", "insight_withdraw"):
            special[f"toolkit.{name}"] = {"reference": rows.reference("insights")}
        for name in ("added_file", "file_withdraw"):
            special[f"toolkit.{name}"] = {"reference": rows.reference("resource_files")}
        special["toolkit.test_answer"] = {"token": answer}
        side.secrets |= dict.fromkeys((late, answer), "the link of a test")
        special["toolkit.go"] = {"code": f"camp{letter}"}
        special["toolkit.test_take_back"] = {"test": rows.reference("resource_tests")}
        side.said["toolkit.test_take_back"] = {"resource": draft.reference}
        special["toolkit.reach_export"] = {"kind": "csv"}
        side.values["copy"] = copies.freeze(
            report,
            view=View.PROVIDER,
            organisation_id=provider,
            note="An example note",
            by=author(side.people["manager"]),
        )
        side.values["name"] = copies.PDF
        side.said["reports.copy_take"] = {"file": copies.PDF}


RESOURCES = (
    *("back_to_draft", "compare", "file_add", "publish", "resource_edit", "resource_manage"),
    *("restore", "retire", "test_ask", "testing_begin", "tests", "version"),
)


def with_the_lep(world: World) -> None:
    """What both sides have with the LEP: applications, places at events, mails."""
    for side in (world.a, world.b):
        rows, special = side.rows, side.special
        rows.open()
        with unit_of_work():
            session = current_session()
            employer = rows.given["employers"]
            award = session.scalars(select(Award).where(Award.employer_id == employer)).one()
            award.certificate_state = "waiting"
            award.code = new_code()
            session.flush()
            application = rows.fill(
                "award_applications",
                round_id=world.shared.given["award_rounds"],
                tier_sought="committed",
                answers={},
                employer_id=employer,
                state="submitted",
                submitted_at=utc_now(),
                submitted_by=side.people["owner"],
            )
            rows.fill("award_assessments", user_id=world.people["assessor"], scores={})
            # Each has said that the other is a rival, which the other never learns.
            rival = world.b if side is world.a else world.a
            rows.fill("network_competitors", other_id=rival.rows.given["employers"])
            statement, place = new_token(), new_token()
            rows.fill("award_statements", token_hash=token_hash(statement))
            rows.fill(
                "event_registrations",
                event_id=world.shared.given["events"],
                answers={},
                user_id=side.people["owner"],
                employer_id=employer,
                needs="A ramp at the door",
                token_hash=token_hash(place),
                state="registered",
            )
            assert application
            own = network.make_event(organisation_id=rows.given["organisations"])
            member = session.scalars(
                select(NetworkMember).where(NetworkMember.employer_id == employer)
            ).one()
            _shared_values(world, side, award.code, own.reference)
            special["network.member"] = {"reference": member.reference}
            special["network.invited"] = {"code": member.link_code}
            for name in APPLICATIONS:
                special[f"network.{name}"] = {
                    "reference": rows.reference("award_applications"),
                    "key": "leadership",
                    "file": "1",
                }
            special["network.statement"] = {"token": statement}
            side.secrets.update(
                {statement: "the link of a statement", place: "the link of a place at an event"}
            )
            for name in PLACES:
                special[f"network.{name}"] = {"token": place}
            for name in ("attendee", "attendee_came", "attendee_employer", "attendee_undo"):
                special[f"network.{name}"] = {
                    "reference": world.shared.reference("events"),
                    "person": rows.reference("event_registrations"),
                }
            owner = session.get_one(User, side.people["owner"])
            for name in ("unsubscribe", "unsubscribe_now", "resume_mail"):
                special[f"network.{name}"] = {"token": mails.token_for(owner.email, "forum")}
            for name in ("mail_stop", "mail_stop_now"):
                key = subscriptions.token_for(side.people["manager"], "programme")
                special[f"reports.{name}"] = {"token": key}
        rows.close()


APPLICATIONS = (
    *("application", "application_choices", "application_section", "application_take_back"),
    *("statement_ask", "submit", "withdraw", "moderate", "assign", "conflict_add", "decide"),
    *("assess", "assess_conflict", "assess_file"),
)
PLACES = (
    *("registration", "registration_accept", "registration_cancel", "registration_certificate"),
    *("registration_ics", "registration_qr", "registration_queue", "event_feedback"),
)


def _shared_values(world: World, side: Side, code: str, event: str) -> None:
    shared, special = world.shared, side.special
    for name in ("verify_code", "badge", "award_revoke", "certificate"):
        special[f"network.{name}"] = {"code": code, "kind": "svg"}
    for name in EVENTS:
        special[f"network.{name}"] = {"reference": event}
    special["network.checkin"] = {"code": shared.reference("events", "checkin_code")}
    special["network.series_edit"] = {"reference": shared.reference("event_series")}
    for name in ("category", "category_subscribe"):
        special[f"network.{name}"] = {"slug": shared.reference("forum_categories", "slug")}
    for name in ("theme", "theme_answer", "theme_edit"):
        special[f"toolkit.{name}"] = {
            "reference": shared.reference("insight_themes"),
            "act": "answer",
        }
    for name in ("resource", "rate", "step", "file"):
        special[f"toolkit.{name}"] = {"slug": shared.reference("resources", "slug"), "kind": "pdf"}
    special["toolkit.comment_decide"] = {"comment": shared.given["resource_ratings"]}
    for table, names in GOVERNED.items():
        for name in names:
            special[f"governance.{name}"] = {"reference": shared.reference(table)}
    special["reports.token_revoke"] = {"token": shared.reference("report_tokens")}
    for name in ROUNDS:
        special[f"network.{name}"] = {
            "reference": shared.reference("award_rounds"),
            "user_id": world.people["assessor"],
        }


EVENTS = (
    *("event", "event_cancel", "event_edit", "event_ics", "event_publish", "event_results_page"),
    *("attendees", "attendees_csv", "door", "door_qr", "register"),
)
GOVERNED = {
    "rights_requests": ("rights_copy", "rights_request", "rights_step"),
    "breaches": ("breach", "breach_close", "breach_edit", "breach_note"),
    "legal_holds": ("hold_lift",),
}
ROUNDS = (
    *("round", "round_assessor_add", "round_assessor_remove", "round_assign", "round_cancel"),
    "round_edit",
)
