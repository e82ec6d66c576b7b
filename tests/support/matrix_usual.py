"""What is right though it is not the rule: where two sides meet, and what is not to be had."""

from __future__ import annotations

from collections.abc import Mapping

# Rows that say who was here, not what was done.
# Among them the forum's own log, in which it keeps what it refused, and stamps by which kept pages
# are made anew: a row held to be changed draws one, whether or not it is changed then.
HARMLESS = {
    *("user_sessions", "sign_in_counters", "audit_entries", "audit_links", "audit_heads"),
    *("forum_log", "shown_stamps"),
}
MAIL = "mail.send"
# Work of the worker's that writes mails; the rest draws papers and looks through files.
TELLERS = {
    *("accounts.recover", "network.event_tell", "network.forum_tell", "network.event_invite"),
    "network.award_round_opened",
}
# Tables in which two businesses are meant to stand together.
MEETING = {
    *("network_competitors", "network_ties", "peer_matches", "employer_merges", "forum_posts"),
    *("forum_helpful", "forum_subscriptions", "forum_reports", "forum_log", "event_registrations"),
}
# Visitors only: whoever is signed in already is sent home.
HOMEWARD = {"security.register"}
UNRELEASED = ("release", "release_definitions", "pack", "pack_ask", "pack_file", "pack_take")
NOTHING_THERE = (
    *("erasure", "erasure_do", "erasure_propose", "erasure_refuse", "retention_period"),
    *("my_consent", "my_copy", "my_copy_take", "my_request_withdraw", "privacy_version"),
    *("consent_list", "agreement", "rights_copy_take"),
)
# What somebody who may gets, where the example's record is not in a state for it.
OTHERWISE: Mapping[tuple[str, str], frozenset[int]] = {
    # To sign out everywhere is to be asked to sign in again.
    ("account.end_all_sessions", "POST"): frozenset({302}),
    # The first session is somebody else's, whoever asks.
    ("account.end_session", "POST"): frozenset({404}),
    # A link that was never sent, and no business chosen to ask.
    ("diagnostics.resume", "GET"): frozenset({404}),
    ("employers.ask", "GET"): frozenset({404}),
    ("employers.ask", "POST"): frozenset({404}),
    # Nobody has said where the money comes from; no kind of records is asked for.
    ("payments.run_bacs", "GET"): frozenset({404}),
    ("reports.records", "GET"): frozenset({404}),
    # Without two results that are to be compared.
    ("toolkit.compare_results", "GET"): frozenset({404}),
    # A step is of somebody's own business, which is not said.
    ("toolkit.step", "POST"): frozenset({403}),
    ("network.certificate", "GET"): frozenset({404}),
    ("security.two_factor_rescue", "GET"): frozenset({404}),
    ("security.two_factor_rescue", "POST"): frozenset({404}),
    ("security.two_factor_setup", "GET"): frozenset({302}),
    ("security.two_factor_setup", "POST"): frozenset({302}),
    # There is no file of this name.
    ("static", "GET"): frozenset({404}),
    # Nobody has given a password first.
    ("security.mf_recovery", "GET"): frozenset({302}),
    ("security.tf_select", "GET"): frozenset({302}),
    ("security.two_factor_token_validation", "GET"): frozenset({302}),
    ("security.two_factor_token_validation", "POST"): frozenset({302}),
    # The survey is still open: there are no results.
    ("reports.pulse_csv", "GET"): frozenset({404}),
    # No quarter has been released in this world.
    **{
        (f"reports.{name}", method): frozenset({403, 404})
        for name in UNRELEASED
        for method in ("GET", "POST")
    },
    # Nobody has asked for anything, and nothing has gone wrong, in this world.
    **{
        (f"governance.{name}", method): frozenset({404})
        for name in NOTHING_THERE
        for method in ("GET", "POST")
    },
    # Without the two businesses that would be one.
    ("caseload.merge_preview", "GET"): frozenset({404}),
}
# All mail of a demonstration on one page, with every link.
MAILBOX = {"mailbox.show"}
