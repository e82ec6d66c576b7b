"""Reads that are put on record, by endpoint, and those that look like it and need not be.

A test goes through every route: one that hands out a file or a table stands here, or says why not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Endpoint: (action, subject with the values of the address).
READS: Final[Mapping[str, tuple[str, str]]] = {
    "action_plans.version_file": ("plan.file_taken", "employer:{employer}"),
    "caseload.case_export": ("export.taken", "export:cases"),
    "caseload.case_export_xlsx": ("export.taken", "export:cases"),
    "caseload.merge_preview": ("export.taken", "export:merge_preview"),
    "caseload.referral_export": ("export.taken", "export:referrals"),
    "caseload.referral_faults": ("export.taken", "referral_batch:{batch}"),
    "caseload.support_export": ("export.taken", "export:support"),
    "caseload.team_export": ("export.taken", "export:team"),
    "caseload.team_sources_export": ("export.taken", "export:team_sources"),
    "diagnostics.call_sheet": ("diagnostic.sheet_taken", "employer:{employer}"),
    "employers.timeline_export": ("export.taken", "employer:{employer}"),
    "governance.audit_export": ("audit.exported", "audit:trail"),
    "network.assess_file": ("award.file_read", "award:{reference}"),
    "network.attachment": ("forum.file_read", "forum_file:{reference}"),
    "network.attendee": ("event.person_read", "event:{reference}"),
    "network.attendees": ("event.people_read", "event:{reference}"),
    "network.attendees_csv": ("export.taken", "event:{reference}"),
    "network.moderation": ("forum.reports_read", "forum:moderation"),
    "network.post_texts": ("forum.texts_read", "forum_post:{reference}"),
    "network.report_ties": ("export.taken", "export:network_ties"),
    "payments.budget_export": ("export.taken", "export:budget"),
    "payments.claim_export": ("export.taken", "claim:{claim}"),
    "payments.contract_payee": ("contract.payee_read", "contract:{contract}"),
    "payments.ledger_export": ("export.taken", "export:ledger"),
    "payments.money_export": ("export.taken", "export:not_paid"),
    "payments.outputs_export": ("export.taken", "export:outputs"),
    "payments.rate_export": ("export.taken", "rate_card:{card}"),
    "payments.rate_what_if_export": ("export.taken", "rate_card:{card}"),
    "payments.remittance_file": ("payment.remittance_taken", "payment:{payment}"),
    "payments.run_bacs": ("payment_run.bacs_taken", "payment_run:{run}"),
    "payments.run_file": ("payment_run.schedule_taken", "payment_run:{run}"),
    "payments.sample_export": ("export.taken", "audit_sample:{sample}"),
    "reports.pack_file": ("statistics.pack_taken", "statistics:{release}"),
    "reports.pulse_csv": ("export.taken", "pulse:{wave}"),
    "reports.records": ("report.records_read", "report:{what}"),
    "toolkit.insights_export": ("export.taken", "export:insights"),
    "toolkit.reach_export": ("export.taken", "export:reach"),
}

# Endpoint: the action that the feature itself puts on record when this is read.
ON_RECORD_BY_THEMSELVES: Final[Mapping[str, str]] = {
    "caseload.evidence_file": "evidence.read",
    "employers.held_download": "employer.data_taken",
    "governance.consent_list": "consent.list_taken",
    "governance.my_copy_take": "person_copy.taken",
    "governance.rights_copy_take": "person_copy.taken",
    "reports.file": "report.exported",
    "reports.copy_file": "report.exported",
    "reports_api.report": "report.read_by_program",
}

# Endpoint: why nobody needs to know who read it.
NOT_SENSITIVE: Final[Mapping[str, str]] = {
    "caseload.evidence_new": "a form to add a file",
    "caseload.evidence_withdraw": "a form",
    "caseload.referral_file": "a form to send a file",
    "caseload.referral_batch": "a page about one's own organisation's file",
    "caseload.referral_template": "an empty form",
    "diagnostics.blank_call_sheet": "an empty form",
    "network.attachment_withdraw": "a form",
    "network.badge": "public",
    "network.certificate": "public: the award is published",
    "network.event_ics": "public: when and where an event is",
    "network.feed": "public: when and where events are",
    "network.profile_edit": "a form for one's own employer",
    "network.registration_certificate": "the person's own, by a link only they have",
    "network.registration_ics": "the person's own, by a link only they have",
    "governance.processing_csv": "what is done with data, not the data",
    "pages.favicon": "a picture",
    "pages.robots": "public",
    "payments.override_ask": "a form",
    "reports.copy_files": "a list of names of files",
    "reports.pulse_poster": "a poster to hang up",
    "static": "styles and scripts",
    "toolkit.added_file": "a resource of the library",
    "toolkit.campaign_qr": "a code to print",
    "toolkit.file": "a resource of the library",
    "toolkit.tool_rota_example": "an example",
}
