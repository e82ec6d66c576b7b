"""The caseload's fixed choices and their words on screen.

Sources of referrals, kinds of support, audiences and onward services are those the service's
design names (file 004, Initiative 3); what employers say holds them back and what they gain
follow its lists of challenges and business benefits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Choices = Mapping[str, str]

SOURCE_KINDS: Final[Choices] = {
    "skills_service": "Skills Service",
    "jobcentre_plus": "Jobcentre Plus",
    "chamber": "Chamber of Commerce",
    "growth_hub": "Growth hub",
    "trade_body": "Trade body",
    "trade_union": "Trade union",
    "event": "Event",
    "champion": "Employer champion",
    "self_referral": "The employer itself",
}
DECLINE_REASONS: Final[Choices] = {
    "not_eligible": "Outside the area or the target sectors",
    "duplicate": "We are working with this employer already",
    "not_interested": "The employer does not want support now",
    "cannot_reach": "The employer cannot be reached",
    "no_capacity": "No adviser has time",
    "other": "Another reason",
}
CONTACT_KINDS: Final[Choices] = {
    "call": "Call",
    "visit": "Visit",
    "video": "Video call",
    "email": "E-mail",
    "note": "Note",
}
ACTION_KINDS: Final[Choices] = {
    "call": "Call",
    "visit": "Visit",
    "video": "Video call",
    "email": "E-mail",
    "other": "Something else",
}
CHALLENGES: Final[Choices] = {
    "recruiting": "Hard to fill vacancies",
    "turnover": "People leave too soon",
    "skill_gaps": "Skill gaps",
    "absence": "Absence",
    "no_supervisors": "Too few people ready to supervise",
    "hours": "Rotas and hours that do not fit",
    "quality": "Quality or customer service",
    "costs": "Pressure on costs",
    "time": "No time to manage or train",
    "no_hr": "No one for HR",
    "growth": "Growing or changing",
}
BENEFITS: Final[Choices] = {
    "quality": "Better quality and service",
    "skill_gaps": "Skill gaps filled",
    "pipeline": "A talent pipeline",
    "productivity": "Higher productivity",
    "turnover": "Lower turnover",
    "absence": "Lower absence",
    "recruitment": "Easier recruitment",
    "reputation": "A better name as an employer",
}
SESSION_MODES: Final[Choices] = {"face_to_face": "Face to face", "video": "Video call"}
SUPPORT_KINDS: Final[Choices] = {
    "training_session": "Training session",
    "workshop": "Workshop",
    "consultancy": "Consultancy",
    "coaching": "Coaching",
}
SUPPORT_DESIGNS: Final[Choices] = {
    "off_the_peg": "Off the peg",
    "bespoke": "Bespoke, made for the employer",
}
AUDIENCES: Final[Choices] = {
    "senior_managers": "Senior managers",
    "line_managers": "Line managers",
    "employees": "Employees",
    "hr": "HR professionals",
}
SUPPORT_MODES: Final[Choices] = {"place": "At a place", "online": "Online"}
FUNDING: Final[Choices] = {
    "fully_funded": "Fully funded by the programme",
    "employer_pays": "The employer pays or shares the cost",
}
ONWARD_SERVICES: Final[Choices] = {
    "skills_service": "Skills Service",
    "apprenticeship_hub": "Apprenticeship Hub",
    "careers_guidance": "Careers guidance for workers",
    "in_work_advancement": "In-work advancement service",
    "finance": "Finance",
    "other": "Another service",
}
ONWARD_OUTCOMES: Final[Choices] = {
    "waiting": "Waiting to hear",
    "taken_up": "Support was taken up",
    "not_taken_up": "Not taken up",
    "not_suitable": "Not suitable",
    "no_answer": "The service did not answer",
}
EVIDENCE_KINDS: Final[Choices] = {
    "attendance_sheet": "Attendance sheet",
    "session_record": "Record of the in-depth session",
    "employer_statement": "Statement by the employer",
    "size": "Number of employees",
    "investors_in_people": "Investors in People status",
    "training": "Vocational training",
    "referral_consent": "Consent to a referral",
    "outcome": "An outcome, such as a policy or an advert",
    "other": "Something else",
}
