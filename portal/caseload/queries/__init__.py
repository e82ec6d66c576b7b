"""Everything that is read about referrals, cases and the work on them."""

from portal.caseload.queries.cases import (
    CaseFacts,
    adviser_choices,
    case_facts,
    case_facts_by_id,
    case_to_change,
    held_milestones,
    is_merged,
    milestone,
    open_action,
    open_case_of,
    open_cases_of,
    serves,
    stage_changes,
    waived_milestones,
)

__all__ = [
    "CaseFacts",
    "adviser_choices",
    "case_facts",
    "case_facts_by_id",
    "case_to_change",
    "held_milestones",
    "is_merged",
    "milestone",
    "open_action",
    "open_case_of",
    "open_cases_of",
    "serves",
    "stage_changes",
    "waived_milestones",
]
