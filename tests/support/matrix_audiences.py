"""Whose eyes each stored text is for, table by table, written by hand from the domain.

Every table in which words can be planted stands here, so that a new one must be thought about.
A column that differs from its table stands beside it.
"""

from __future__ import annotations

from typing import Final

from tests.support.matrix_statement import (
    EMPLOYER,
    EMPLOYERS,
    EVERYBODY,
    FINANCE,
    HEADS,
    LEP,
    OWNER,
    PROVIDERS,
    SERVING,
    SIGNED_IN,
    STAFF,
    Who,
)

# An employer's own affairs: its people, the provider that has its case, and the LEP.
ADVICE: Final = EMPLOYER | SERVING | LEP
CASEWORK: Final = SERVING | LEP
MONEY: Final = SERVING | FINANCE
PEERS: Final = EMPLOYERS | STAFF

_TABLES: Final[tuple[tuple[Who, str], ...]] = (
    (
        ADVICE,
        """employers employer_history employer_timeline employer_sites employer_invitations
        memberships plans plan_goals plan_actions plan_signatures plan_versions action_notes
        business_cases diagnostic_responses tool_results toolkit_steps confirmations
        evidence_files users users.email support_deliveries.title support_deliveries.place
        support_deliveries.trainer""",
    ),
    # What is done for an employer, which its own people may ask to see as what is held of them.
    (
        CASEWORK,
        """cases case_assignments case_milestones case_stage_changes consultations interactions
        next_actions diagnostic_sessions support_deliveries follow_ups follow_up_answers
        referrals referral_batches referrals_out outcome_records employer_merges
        employer_join_requests delivery_attendances report_monthlies""",
    ),
    (
        MONEY,
        """contracts contract_proposals contract_variations claims claim_lines claim_checks
        claim_line_queries check_overrides outputs payments payee_changes report_copies
        report_copy_files payment_runs""",
    ),
    (FINANCE, "audit_samples audit_sample_items report_tokens statistics_releases"),
    # Only the business itself: what workers say of it, whom it competes with, whom it invites.
    (EMPLOYER, "pulse_waves pulse_views"),
    (
        EMPLOYER | LEP,
        """network_competitors network_invitations peer_requests peer_offers peer_matches
        award_applications award_statements event_registrations event_feedback""",
    ),
    (LEP, "award_assessments award_conflicts forum_suspensions forum_log forum_reports"),
    (
        PEERS,
        """forum_threads forum_posts forum_attachments forum_categories forum_entries
        forum_texts""",
    ),
    # The toolkit's drafts, its tests, and what staff learnt on visits, are shared among staff.
    (
        STAFF,
        """campaigns insights insight_themes resource_tests resource_events resource_ratings
        referral_sources resources resource_versions resource_files""",
    ),
    (
        EVERYBODY,
        """network_members awards award_rounds champions events event_series
        organisations library_entries register_entries roles""",
    ),
    (PROVIDERS | FINANCE, "rate_cards"),
    (LEP, "programme_settings"),
    (OWNER | LEP, "forum_texts.body"),
    (CASEWORK, "resource_tests.to_email"),
    # What people ask of the portal about themselves, and what is done about it.
    (
        HEADS,
        """consent_records rights_requests rights_steps erasure_requests legal_holds breaches
        breach_steps person_copies retention_runs retention_tombstones""",
    ),
)
# Numbers, keys and codes, in which nobody writes.
WORDLESS: Final = frozenset(
    [
        "adviser_preferences",
        "audit_checks",
        "audit_heads",
        "audit_links",
        "award_assessors",
        "chain_heads",
        "contract_caps",
        "contract_profiles",
        "contract_subcontractors",
        "diagnostic_movement_scores",
        "diagnostic_movements",
        "dimension_scores",
        "evaluation_packs",
        "forum_helpful",
        "forum_promises",
        "forum_subscriptions",
        "insight_theme_links",
        "ledger_proofs",
        "linked_accounts",
        "mail_refusals",
        "network_consents",
        "network_snapshots",
        "network_ties",
        "output_misses",
        "pulse_blocks",
        "pulse_sums",
        "pulse_tallies",
        "rates",
        "reach_counts",
        "reach_marks",
        "reach_salts",
        "report_activities",
        "report_cells",
        "report_definitions",
        "report_deltas",
        "report_employers",
        "report_journeys",
        "report_movements",
        "report_outcomes",
        "report_subscriptions",
        "resource_tags",
        "score_histograms",
        "shown_stamps",
        "sign_in_counters",
        "staff_posts",
        "user_sessions",
        "webauthn_credentials",
    ]
)
# What the LEP and its people made (letter s) is named where it is used.
SHARED: Final[dict[str, Who]] = {
    "users": SIGNED_IN,
    "award_assessments": LEP,
    # Published: what the sides began themselves are drafts.
    "resources": EVERYBODY,
    "resource_versions": EVERYBODY,
    "resource_files": EVERYBODY,
}

# A link is a key: whoever has it sees what it is for, and of that no more than stands here.
# Nothing of the other side, all the same.
_NAMED: Final = frozenset({"employers.name", "employers.trading_name"})
_PLACE: Final = frozenset({"event_registrations.name", "event_registrations.needs"})
_MATCH: Final = _NAMED | {"peer_requests.question", "peer_offers.about"}
KEYED: Final[dict[str, frozenset[str]]] = {
    "caseload.confirm": _NAMED
    | {"support_deliveries.title", "support_deliveries.place", "support_deliveries.trainer"},
    "caseload.refer_link": frozenset({"referral_sources.name"}),
    "employers.invitation": _NAMED,
    "network.invited": _NAMED,
    # Before both have agreed: who is proposed, as the directory names them, what they say they
    # have done, and one's own question; nobody's contact.
    "network.match": _MATCH,
    "network.match_outcome": _MATCH,
    "a peer is asked": _NAMED | {"peer_requests.question"},
    "two peers have met": _MATCH | {"peer_offers.contact_name", "peer_offers.contact_email"},
    "a match is over": frozenset(),
    # Whom to write to for a new link: they asked, and signed the mail.
    "a test is over": frozenset({"resource_tests.asked_name", "resource_versions.title"}),
    "network.registration": _PLACE,
    "network.unsubscribe": frozenset({"users.email"}),
    "network.unsubscribe_now": frozenset({"users.email"}),
    "reports.pulse_answer": _NAMED,
    "reports.pulse_start": _NAMED,
    "toolkit.test_answer": _NAMED | {"resource_versions"},
}
# What some pages tell beyond a text's usual readers, and why that is right.
_CONFIRMED: Final = frozenset({"support_deliveries", "diagnostic_sessions"})
_HELD: Final = frozenset(
    {
        *("case_stage_changes", "cases", "consultations", "diagnostic_sessions", "interactions"),
        *("employer_merges", "insights", "outputs", "referrals", "referrals_out"),
        *("resource_tests", "resources", "support_deliveries", "follow_ups", "outcome_records"),
        *("employer_join_requests", "check_overrides"),
    }
)
FORUM: Final = ("thread", "post", "category", "forum", "forum_search")
FINDING: Final = (
    *("employers.find", "employers.suggest", "employers.ask", "network.competitors"),
    *("caseload.referral_new", "caseload.referral_suggest", "caseload.case_new"),
)
ALSO: Final[dict[str, tuple[frozenset[str], Who]]] = {
    # All mail of a demonstration on one page, which no real installation has.
    "mailbox.show": (frozenset({"contracts", "employers", "users"}), EVERYBODY),
    # Businesses in the network that chose to be named there, and by posts that they put their name
    # to.
    **{
        f"network.{name}": (_NAMED, EVERYBODY)
        for name in ("directory", "member", "home", "awards", "verify_code", "badge", "events")
    },
    **{f"network.{name}": (_NAMED, PEERS) for name in FORUM},
    # Somebody who signs up, or writes down who was referred, finds a business by its name.
    **dict.fromkeys(FINDING, (_NAMED, SIGNED_IN)),
    # An employer confirms what was done for it, and so must read it.
    "caseload.employer_confirmation": (_CONFIRMED, EMPLOYER),
    "caseload.employer_confirmations": (_CONFIRMED, EMPLOYER),
    # The whole of what is held about a business, for its people, and for the LEP that answers for
    # it when it is asked.
    "employers.held_data": (_HELD, EMPLOYER | LEP),
    "employers.held_download": (_HELD, EMPLOYER | LEP),
}


# One file of an archive that names others: an employer reads there whom it has named itself.
FILED: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("employers.held_download", "network-competitors.csv"): _NAMED,
}


def audiences() -> dict[str, Who]:
    """Whose eyes each table, or column, is for.

    Raises:
        ValueError: when one stands there twice.
    """
    found: dict[str, Who] = {}
    for people, names in _TABLES:
        for name in names.split():
            if name in found and name != "forum_texts.body":
                raise ValueError(f"{name} stands there twice")
            found[name] = people
    return found


AUDIENCES: Final = audiences()
_OTHER: Final = {
    "owner": "other owner",
    "member": "other owner",
    "adviser": "other adviser",
    "manager": "other manager",
}
_SWAPPED: Final = {**_OTHER, **{other: own for own, other in _OTHER.items() if own != "member"}}


def towards(actor: str, letter: str) -> str:
    """What somebody is to a side: the same person is another's adviser to the other side."""
    if letter == "s":
        return actor
    if letter in "bd":
        actor = _SWAPPED.get(actor, actor)
    # The further employers of a provider belong to nobody here.
    return _OTHER[actor] if letter in "cd" and actor in EMPLOYER else actor


def may_see(actor: str, letter: str, column: str) -> bool:
    """Whether somebody may see words of one side that stood in this column."""
    table = column.partition(".")[0]
    if letter == "s" and table in SHARED:
        return actor in SHARED[table]
    return towards(actor, letter) in AUDIENCES.get(column, AUDIENCES.get(table, frozenset()))
