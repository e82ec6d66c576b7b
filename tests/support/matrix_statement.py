"""Who may use which route, written down by hand from what the portal is for.

Not derived from the access table: the two are compared, route by route, person by person. What is
said of a record is said of one side's own record: the other side's people are named apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Everybody, in the order of the printed matrix. "Other" people belong to another employer or
# provider than the record does; they have just the same rights over records of their own.
ACTORS: Final = {
    "visitor": "somebody who is not signed in",
    "stranger": "signed in, belongs to no employer and no organisation",
    "owner": "owner of the employer",
    "member": "member of the employer",
    "other owner": "owner of another employer",
    "adviser": "adviser of the provider that has the case",
    "manager": "manager of that provider",
    "other adviser": "adviser of another provider",
    "other manager": "manager of another provider",
    "officer": "LEP officer",
    "lep manager": "LEP manager",
    "evaluator": "evaluator",
    "administrator": "administrator",
}
Who = frozenset[str]


def who(*names: str) -> Who:
    """A set of people, each by a name that there is."""
    unknown = set(names) - ACTORS.keys()
    if unknown:
        raise KeyError(f"Nobody is called {sorted(unknown)}")
    return frozenset(names)


NOBODY = who()
EVERYBODY = frozenset(ACTORS)
VISITOR = who("visitor")
SIGNED_IN = EVERYBODY - VISITOR
OWNER = who("owner")
EMPLOYER = who("owner", "member")
SERVING = who("adviser", "manager")
FINANCE = who("officer", "lep manager")
HEAD = who("lep manager")
HEADS = who("lep manager", "administrator")
LEP = FINANCE | HEADS
PROVIDERS = SERVING | who("other adviser", "other manager")
MANAGER = who("manager")
MANAGERS = who("manager", "other manager")
ADVISERS = who("adviser", "other adviser")
STAFF = PROVIDERS | LEP
EMPLOYERS = EMPLOYER | who("other owner")
STATISTICS = who("evaluator")

# Public money, records of the work and what employers say of themselves are three circles: an
# employer and those who serve it; a provider's case; a provider's money and who pays it.
_BY_CIRCLE: Final[tuple[tuple[Who, str], ...]] = (
    # --- everybody: what informs, and what a link opens that only its holder has ----------------
    (
        EVERYBODY,
        """account.check_mail account.confirm_new_email mailbox.show static
        pages.about pages.accessibility pages.favicon pages.health pages.help_page pages.home
        pages.robots
        governance.privacy governance.privacy_version watching.healthz watching.metrics
        watching.readyz
        security.login security.logout security.send_confirmation security.confirm_email
        security.forgot_password security.reset_password security.change_email_confirm
        security.mf_recovery security.tf_select security.two_factor_rescue
        security.two_factor_setup security.two_factor_token_validation security.wan_signin
        security.wan_signin_response
        diagnostics.intro diagnostics.start diagnostics.resume
        caseload.confirm caseload.confirm_new_link caseload.refer_link caseload.refer_public
        caseload.refer_thanks
        employers.invitation
        network.award_criteria network.awards network.badge network.checkin network.directory
        network.event network.event_feedback network.event_ics network.events network.feed
        network.home network.invited network.invited_decline network.match network.match_outcome
        network.member network.register network.registration network.registration_accept
        network.registration_cancel network.registration_certificate network.registration_ics
        network.registration_qr network.registration_queue network.resume_mail network.statement
        network.unsubscribe network.unsubscribe_now network.verify network.verify_code
        reports.mail_stop reports.mail_stop_now reports.pulse_answer reports.pulse_find
        reports.pulse_start reports.pulse_thanks
        reports_api.openapi
        toolkit.file toolkit.go toolkit.library toolkit.rate toolkit.resource
        toolkit.test_answer toolkit.tool_advert toolkit.tool_cost toolkit.tool_job_design
        toolkit.tool_keep toolkit.tool_ladder toolkit.tool_rota toolkit.tool_rota_example
        toolkit.tools""",
    ),
    # Reports are read by machines with a token of their own, whoever is signed in beside it.
    (NOBODY, "reports_api.listing reports_api.nowhere reports_api.report"),
    (VISITOR, "security.register"),
    (
        SIGNED_IN,
        """account.end_all_sessions account.end_session account.rename account.show
        employers.ask employers.find employers.index employers.new employers.suggest
        employers.suggest_sic network.mail_choices
        security.change_email security.change_password security.mf_recovery_codes
        security.two_factor_setup_validate security.verify security.wan_delete
        security.wan_register security.wan_register_response security.wan_verify
        security.wan_verify_response
        toolkit.step toolkit.tool_plan network.assess_list
        governance.my_consent governance.my_copy governance.my_copy_take governance.my_privacy
        governance.my_request governance.my_request_withdraw""",
    ),
    # --- an employer, those who serve it, and the LEP that reads ---------------------------------
    (
        EMPLOYER | SERVING | LEP,
        """action_plans.action action_plans.overview action_plans.version
        action_plans.version_file action_plans.version_progress action_plans.versions
        diagnostics.call_sheet diagnostics.go_on diagnostics.history
        diagnostics.results
        employers.history employers.people employers.show employers.timeline
        employers.timeline_export network.employer_network
        toolkit.compare_results toolkit.kept_result toolkit.kept_results toolkit.recommended""",
    ),
    (
        EMPLOYER | SERVING,
        """action_plans.add_action action_plans.add_goal action_plans.business_case
        action_plans.change_status action_plans.choose action_plans.edit_action
        action_plans.edit_goal action_plans.move action_plans.order_by_due
        action_plans.request_version action_plans.retry_version action_plans.withdraw
        diagnostics.autosave diagnostics.check diagnostics.correct
        diagnostics.page diagnostics.retake diagnostics.start_for_employer diagnostics.withdraw
        diagnostics.attach diagnostics.keep diagnostics.keying
        employers.details employers.investors_in_people employers.sites employers.staff_numbers
        employers.training employers.withdraw_site toolkit.withdraw_result""",
    ),
    (OWNER | SERVING, "action_plans.sign_off employers.invite"),
    (
        OWNER,
        """action_plans.close governance.agreement employers.change_role employers.decide_request
        employers.remove_member employers.withdraw_invitation network.application_take_back
        network.submit network.withdraw reports.pulse_close reports.pulse_new
        reports.pulse_stop""",
    ),
    (EMPLOYER | LEP, "employers.held_data employers.held_download network.certificate"),
    (
        EMPLOYER,
        """caseload.employer_confirmation caseload.employer_confirmations
        network.application network.application_choices network.application_section network.apply
        network.competitor_remove network.competitors network.invitation_withdraw
        network.invitations network.leave network.peer_match network.peer_match_outcome
        network.peer_offer_edit network.peer_request_again network.peer_request_edit
        network.peer_request_new network.peer_request_withdraw network.peers
        network.profile_edit network.renewal network.statement_ask
        reports.pulse_csv reports.pulse_poster reports.pulse_qr reports.pulse_view
        reports.pulse_wave reports.pulse_waves""",
    ),
    # Answers on paper are keyed in by an adviser, for an employer that is not their own.
    (SERVING, "diagnostics.together"),
    # --- a provider's cases ----------------------------------------------------------------------
    (
        SERVING | LEP,
        """caseload.ask_confirmation caseload.case caseload.consultation_record
        caseload.follow_up caseload.follow_ups caseload.outcomes caseload.referral
        caseload.referral_batch caseload.referral_faults caseload.referral_out
        caseload.referrals_out caseload.session caseload.support""",
    ),
    # Whose file it is: the people of the business that it is about may have it too.
    (SERVING | LEP | EMPLOYER, "caseload.evidence_file"),
    (
        SERVING | LEP,
        """caseload.evidence_new caseload.referral_again caseload.referral_drop
        caseload.referral_take""",
    ),
    (
        SERVING,
        """caseload.case_contact caseload.close caseload.consultation caseload.evidence_withdraw
        caseload.follow_up_note caseload.follow_up_skip caseload.log_contact caseload.move_stage
        caseload.next_action caseload.outcome_record caseload.referral_accept
        caseload.referral_decline caseload.referral_out_new caseload.referral_out_outcome
        caseload.reopen
        caseload.send_confirmation caseload.session_edit caseload.session_new
        caseload.session_withdraw caseload.support_ask caseload.support_edit
        caseload.support_withdraw caseload.waiting""",
    ),
    (
        STAFF,
        """caseload.case_export caseload.case_export_xlsx caseload.case_list
        caseload.confirmations caseload.referral_export caseload.referral_file
        caseload.referral_new caseload.referral_suggest caseload.referral_template
        caseload.referrals caseload.sources caseload.support_export caseload.support_list
        diagnostics.blank_call_sheet""",
    ),
    (PROVIDERS, "caseload.case_new caseload.home caseload.support_new"),
    (ADVISERS, "caseload.preferences"),
    (LEP, "caseload.referral_assign"),
    (
        MANAGERS | LEP,
        """caseload.source_act caseload.source_edit caseload.source_new caseload.team
        caseload.team_export caseload.team_sources caseload.team_sources_export""",
    ),
    (MANAGERS, "caseload.reassign"),
    (MANAGER, "caseload.leaver"),
    (
        MANAGERS | HEADS,
        "caseload.invite caseload.merge_new caseload.merge_preview caseload.merges",
    ),
    (MANAGER | HEADS, "caseload.merge"),
    # --- a provider's money, and who pays it -----------------------------------------------------
    (
        SERVING | FINANCE,
        """payments.check_run payments.check_runs payments.claim payments.claim_export
        payments.claim_line payments.contract payments.output payments.payment_line
        payments.readiness payments.remittance payments.remittance_file""",
    ),
    (
        PROVIDERS | FINANCE,
        """payments.claims payments.contracts payments.money payments.money_export
        payments.money_unpaid payments.outputs payments.outputs_export payments.overrides
        payments.rate payments.rate_export payments.rates payments.remittances""",
    ),
    (
        MANAGER,
        """payments.claim_draft payments.claim_refresh payments.claim_submit
        payments.claim_withdraw payments.line_answer payments.line_remove payments.line_return
        payments.lines_remove_failing""",
    ),
    (MANAGER | FINANCE, "payments.claim_checks payments.override_ask"),
    (
        FINANCE,
        """payments.budget payments.budget_export payments.contract_edit payments.contract_new
        payments.contract_payee payments.contract_period_close payments.ledger
        payments.ledger_export payments.line_query payments.line_reject payments.payee_withdraw
        payments.rate_drop payments.rate_edit payments.rate_import payments.rate_new
        payments.rate_what_if payments.rate_what_if_export payments.review payments.review_claim
        payments.review_lines payments.run payments.runs payments.sample payments.sample_export
        payments.sample_item payments.sample_new payments.samples""",
    ),
    (
        HEAD,
        """payments.contract_activate payments.contract_vary payments.decisions
        payments.give_back payments.override_decline payments.override_grant
        payments.payee_confirm payments.payee_refuse payments.payment_paid payments.rate_publish
        payments.recover payments.remittance_again payments.run_bacs payments.run_file
        payments.run_new payments.run_paid payments.variation_confirm
        payments.variation_refuse payments.variation_withdraw""",
    ),
    # --- the network: peers write, the LEP runs it -----------------------------------------------
    (
        EMPLOYERS | STAFF,
        """network.attachment network.category network.category_subscribe network.conduct
        network.forum network.forum_search network.helpful network.post network.post_report
        network.reply network.subscribe network.thread network.thread_new""",
    ),
    # What stood there before a post was changed is for who wrote it and who moderates, with doors
    # of their own: whoever moderates hides, and the log says so.
    (OWNER | LEP, "network.post_texts"),
    (OWNER, "network.post_edit network.post_withdraw network.attachment_withdraw"),
    # Whoever asked says which post is the answer; so may who moderates.
    (OWNER | LEP, "network.solve"),
    (
        LEP,
        """network.moderate_post network.moderate_thread network.moderation
        network.moderation_log network.suspension_lift
        network.match_list network.match_propose network.match_record network.match_withdraw
        network.matches network.peer_request_close network.report network.report_renew
        network.report_ties
        network.assign network.conflict_add network.moderate network.round
        network.round_assessor_add network.round_assessor_remove network.round_assign
        network.round_cancel network.round_edit network.round_new network.rounds
        programme.settings""",
    ),
    (HEAD, "network.award_revoke network.decide"),
    # Only who was given an application to assess; none of these people was.
    (NOBODY, "network.assess network.assess_conflict network.assess_file"),
    (
        SERVING | LEP,
        """network.attendees network.attendees_csv network.door network.door_qr
        network.event_cancel network.event_edit network.event_publish
        network.event_results_page""",
    ),
    # A place at an event of the LEP's.
    (
        LEP,
        """network.attendee network.attendee_came network.attendee_employer
        network.attendee_undo""",
    ),
    (STAFF, "network.event_new network.series_edit network.series_new"),
    # --- the toolkit's editors -------------------------------------------------------------------
    (
        STAFF,
        """toolkit.campaign_new toolkit.campaigns toolkit.comments toolkit.comment_decide
        toolkit.insight_new toolkit.insights toolkit.insights_export toolkit.manage toolkit.reach
        toolkit.reach_export toolkit.resource_new toolkit.theme toolkit.theme_answer
        toolkit.theme_edit toolkit.theme_new toolkit.themes
        toolkit.back_to_draft toolkit.campaign toolkit.campaign_qr toolkit.compare
        toolkit.file_add toolkit.file_withdraw toolkit.resource_edit toolkit.resource_manage
        toolkit.restore toolkit.test_ask toolkit.testing_begin
        toolkit.tests toolkit.version""",
    ),
    (
        # Who was asked to test a draft is named to their own provider and the LEP only.
        SERVING | LEP,
        """toolkit.test_take_back toolkit.campaign_edit toolkit.insight toolkit.insight_edit
        toolkit.insight_withdraw""",
    ),
    # A file of a draft: nobody has it by its address before the draft is published.
    (NOBODY, "toolkit.added_file"),
    (MANAGERS | LEP, "toolkit.publish toolkit.retire"),
    # --- reports, and how the portal is governed -------------------------------------------------
    (
        PROVIDERS | FINANCE | STATISTICS,
        """reports.copies reports.home reports.mail reports.mail_change
        reports_gallery.pictures""",
    ),
    # The programme's own report names districts and providers: an evaluator has statistics only.
    (
        PROVIDERS | FINANCE,
        """reports.ask_print reports.definitions reports.file reports.report reports.take""",
    ),
    (
        # A copy of a provider's view is its own: the LEP keeps wider ones.
        SERVING,
        """reports.copy reports.copy_again reports.copy_definitions reports.copy_file
        reports.copy_files reports.copy_take""",
    ),
    (MANAGERS | FINANCE, "reports.freeze"),
    (
        FINANCE | STATISTICS,
        """reports.pack reports.pack_ask reports.pack_file reports.pack_take reports.release
        reports.release_definitions reports.releases""",
    ),
    (PROVIDERS | FINANCE, "reports.records"),
    (HEAD, "reports.token_make reports.token_revoke reports.tokens"),
    (
        HEADS,
        """employers.import_page governance.erasure governance.erasure_do
        governance.erasures governance.home governance.processing_csv
        governance.processing_record governance.retention programme.setting""",
    ),
    # People's requests, what they agreed to, what went wrong, and who did what.
    (
        HEAD,
        """governance.audit governance.audit_export governance.breach governance.breach_close
        governance.breach_edit governance.breach_log governance.breach_new
        governance.breach_note governance.consent_list governance.consent_register
        governance.rights_copy governance.rights_copy_take governance.rights_new
        governance.rights_request governance.rights_requests governance.rights_step
        governance.erasure_new governance.erasure_propose
        governance.erasure_refuse governance.hold_lift
        governance.hold_new governance.retention_period""",
    ),
    (EMPLOYER | HEAD, "governance.agreements"),
)


# The LEP reads what a provider writes about its own work.
CHANGES: Final[dict[str, Who]] = {
    "caseload.evidence_new": SERVING,
    "caseload.follow_up": SERVING,
    "caseload.follow_ups": SERVING,
}


# Records in states of their own, by the names that they have in the world.
STATES: Final[dict[str, Who]] = {
    # A sheet with the names of two businesses' people stays with staff.
    "a sheet names others": SERVING | LEP,
    # A link in a mail is a key: whoever holds it gets in, and what they read is stated besides.
    "a peer is asked": EVERYBODY,
    "two peers have met": EVERYBODY,
    "a match is over": EVERYBODY,
    "a test is over": EVERYBODY,
}


def statement() -> Mapping[str, Who]:
    """Who may use each route, by the route's name.

    Raises:
        ValueError: when a route is named twice.
    """
    found: dict[str, Who] = {}
    for people, names in _BY_CIRCLE:
        for name in names.split():
            if name in found:
                raise ValueError(f"{name} is stated twice")
            found[name] = people
    return found
