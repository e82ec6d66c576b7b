"""The fixed choices of the toolkit: their keys, and their words on screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TITLE_LENGTH: Final = 120
SUMMARY_LENGTH: Final = 300
BODY_LENGTH: Final = 60_000
NOTE_LENGTH: Final = 2000
NAME_LENGTH: Final = 120

# file 004, Initiative 3: "case studies, fact sheets, vignettes, etc.", guides, toolkits, training
# materials. A template is filled in; a toolkit is worked through step by step.
FORMATS: Final[Mapping[str, str]] = {
    "guide": "Guide",
    "toolkit": "Step-by-step toolkit",
    "case_study": "Case study",
    "fact_sheet": "Fact sheet",
    "vignette": "Vignette",
    "template": "Template to fill in",
    "training_outline": "Training outline",
}
AUDIENCES: Final[Mapping[str, str]] = {
    "leaders": "Business leaders",
    "managers": "Managers",
    "supervisors": "Supervisors",
    "union_reps": "Union representatives",
    "trainers": "Trainers",
    "workers": "Workers",
    "hr": "HR professionals",
}
# A resource without a sector or a size suits every one of them.
SECTORS: Final[Mapping[str, str]] = {
    "retail": "Retail",
    "hospitality": "Hospitality",
    "social_care": "Social care",
}
SIZES: Final[Mapping[str, str]] = {
    "micro": "1 to 9 employees",
    "small": "10 to 49 employees",
    "medium": "50 to 249 employees",
    "large": "250 or more employees",
}
DIMENSIONS: Final[Mapping[str, str]] = {
    "leadership": "Leadership and business case",
    "recruitment": "Recruitment and advertising",
    "job_design": "Job design and workload",
    "scheduling": "Scheduling and hours",
    "line_managers": "Line-manager capability",
    "training": "Training access",
    "progression": "Progression routes",
    "pay": "Pay and fair treatment",
    "voice": "Voice, champions and role models",
    "measurement": "Measurement and review",
}
# Kinds of tags by which a published resource is found.
TAG_KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "audience": AUDIENCES,
    "sector": SECTORS,
    "size": SIZES,
    "dimension": DIMENSIONS,
    "practice": {},
}
# What may be taken away. A PDF is made of every resource; the others where a person fills them in.
DOWNLOADS: Final[Mapping[str, str]] = {
    "pdf": "PDF",
    "docx": "Word document",
    "xlsx": "Excel workbook",
    "pptx": "PowerPoint slides",
}
TOOLS: Final[Mapping[str, str]] = {
    "cost": "What turnover and vacancies cost you",
    "job-design": "Job-design worksheet",
    "ladder": "Stuck-ladder check",
    "rota": "Rota predictability score",
    "advert": "Job-advert checker",
}
NETWORKS: Final[Mapping[str, str]] = {
    "chamber": "Chamber of Commerce",
    "lep_network": "LEP business network",
    "trade_body": "Trade body",
    "skills_council": "Sector skills council",
    "union": "Trade union",
    "growth_hub": "Growth hub",
    "other": "Another network",
}
REACH_KINDS: Final[Mapping[str, str]] = {
    "visit": "Links followed",
    "view": "Views",
    "download": "Downloads",
    "completion": "Completions",
    "reached": "Resources distributed",
}
CONVERSATIONS: Final[Mapping[str, str]] = {
    "visit": "Visit",
    "phone": "Phone call",
    "video": "Video call",
    "event": "At an event",
    "group": "Group discussion",
}


def suits(chosen: list[str], every: Mapping[str, str]) -> list[str]:
    """The keys that a choice stands for: none chosen means every one."""
    return list(chosen) if chosen else list(every)
