"""An invented employer's plan, labelled EXAMPLE on every page: for tests, benchmarks and a look."""

from __future__ import annotations

from datetime import date, timedelta

from portal.action_plans.document import (
    Action,
    Comparison,
    Dimension,
    Goal,
    Link,
    PlanDocument,
    Point,
    Questionnaire,
    QuickWin,
    Signature,
    Source,
    case_summary,
)
from portal.action_plans.rules.business_case import work_out
from portal.action_plans.rules.business_case_figures import BusinessCaseInputs

DAY = date(2026, 11, 22)

_DIMENSIONS = (
    ("leadership", "Leadership and business case", "Leadership", 50, "Started", 52, 6),
    ("recruitment", "Recruitment and advertising", "Recruitment", 31, "Started", 38, 4),
    ("job_design", "Job design and workload", "Job design", 42, "Getting there", 45, 4),
    ("scheduling", "Scheduling and hours", "Scheduling", 63, "Getting there", 55, 5),
    ("line_managers", "Line-manager capability", "Line managers", 38, "Started", 47, 4),
    ("training", "Training access", "Training", 25, "Started", 41, 5),
    ("progression", "Progression routes", "Progression", 19, "Not yet", 30, 5),
    ("pay", "Pay and fair treatment", "Pay", 71, "Good", 66, 4),
    ("voice", "Voice, champions and role models", "Voice", 44, "Getting there", 40, 4),
    ("measurement", "Measurement and review", "Measurement", None, "", 35, 0),
)

_Row = tuple[str, str, str, str, str, int, int, int, str]

# title, because, why, first step, owner, days, effort, impact, evidence
_OPEN: tuple[_Row, ...] = (
    (
        "Advertise the next supervisor post as open to part-time hours",
        "supervisor posts are full-time unless somebody asks",
        "Good part-timers do not apply for full-time hours. Posts open to all draw more people.",
        "Take the last supervisor advert and add one line: part-time and job-share welcome.",
        "Operations manager",
        14,
        1,
        3,
        "The advert as published",
    ),
    (
        "Write down which tasks a supervisor must do, and when",
        "hours in senior posts follow habit rather than tasks",
        "A list of tasks by time of day shows what 24 hours can cover and what needs handing over.",
        "Ask one supervisor to note a week's tasks on a single page.",
        "Site managers",
        45,
        2,
        3,
        "The task list and the redesigned post",
    ),
    (
        "Try one job share at supervisor level for six months",
        "no supervisor works fewer than 30 hours",
        "One working example answers more doubts than a policy does.",
        "Ask all staff, in writing, who would want to share a supervisor post.",
        "General manager",
        120,
        3,
        3,
        "Start date, review notes at three and six months",
    ),
    (
        "Tell every member of staff about every vacancy",
        "vacancies go up in the full-time staff room",
        "People who work evenings and weekends do not see a notice that is up on a Tuesday.",
        "Send the next vacancy to all staff by text message on the same day.",
        "Office manager",
        7,
        1,
        2,
        "The message and who received it",
    ),
)
_TRAIN: tuple[_Row, ...] = (
    (
        "Offer paid training in the hours that part-timers work",
        "training is held on weekday mornings",
        "Unpaid or badly timed training quietly excludes the people it would help most.",
        "List who missed the last two courses, and why.",
        "Training lead",
        30,
        2,
        3,
        "Attendance by contract hours",
    ),
    (
        "Split the team-leader course into half-day parts",
        "the course takes two full days away",
        "Shorter parts fit around a shift and can be put to use the next day.",
        "Ask the course provider for a modular timetable.",
        "Training lead",
        60,
        2,
        2,
        "The timetable",
    ),
    (
        "Train supervisors together with their teams",
        "only managers are trained to develop staff",
        "A team that learns together keeps the practice when one person leaves.",
        "Choose the team with the most part-timers for the first session.",
        "Site managers",
        75,
        2,
        2,
        "Session notes and feedback",
    ),
    (
        "Give line managers a one-hour briefing on part-time careers",
        "line managers have had no guidance on developing part-timers",
        "Most decisions about hours and progress are taken by the line manager alone.",
        "Put the briefing on the agenda of the next managers' meeting.",
        "HR adviser",
        21,
        1,
        3,
        "Attendance and the briefing slides",
    ),
)
_ROUTES: tuple[_Row, ...] = (
    (
        "Map the steps from assistant to manager on one page",
        "there is no written route beyond the first post",
        "People work towards a next step that they can see.",
        "Draw today's real steps with two people who took them.",
        "HR adviser",
        40,
        2,
        3,
        "The map, shown at every review",
    ),
    (
        "Talk about progress in every yearly review",
        "reviews of part-time staff do not cover progression",
        "A question asked of everybody removes the awkwardness of asking.",
        "Add one question to the review form: what would you like to do next?",
        "HR adviser",
        14,
        1,
        2,
        "The form, and the share of reviews done",
    ),
    (
        "Pair each new supervisor with a mentor for three months",
        "new supervisors learn by being left to it",
        "The first three months decide whether a promotion lasts.",
        "Ask three experienced supervisors whether they would do it.",
        "Operations manager",
        50,
        2,
        2,
        "Pairs and dates of meetings",
    ),
    (
        "Name a senior person who answers for part-time careers",
        "nobody senior is responsible",
        "What belongs to nobody is the first thing to slip in a busy month.",
        "Agree the name at the next directors' meeting and tell staff.",
        "Managing director",
        14,
        1,
        3,
        "The minute and the message to staff",
    ),
)
_KNOW: tuple[_Row, ...] = (
    (
        "Give written notice of shifts four weeks ahead",
        "shifts are published one week ahead",
        "Predictable hours are what lets a carer say yes to more responsibility.",
        "Publish the next rota two weeks ahead, then move to four.",
        "Site managers",
        60,
        2,
        2,
        "Dates on which rotas were published",
    ),
    (
        "Count leavers, promotions and training by contract hours",
        "figures are not split by contract hours",
        "Without the split you cannot tell whether anything here has worked.",
        "Ask payroll for leavers of the last 12 months by weekly hours.",
        "Office manager",
        30,
        1,
        2,
        "The first quarter's figures",
    ),
    (
        "Check that every part-timer has a written statement of terms",
        "some staff have no written statement",
        "It is a legal duty from the first day of work, whatever the hours.",
        "List contracts without a signed statement.",
        "HR adviser",
        7,
        1,
        3,
        "The list, with none left open",
    ),
)

_GOALS = (
    (
        "Open better jobs to part-time staff",
        "More applicants for every senior post, from people who know the business.",
        _OPEN,
    ),
    (
        "Give part-time staff the same training",
        "Fewer skill gaps on the shifts that are hardest to cover.",
        _TRAIN,
    ),
    ("Make the next step visible", "A pipeline of supervisors from inside.", _ROUTES),
    ("Know what is happening, and keep it fair", "Decisions rest on figures.", _KNOW),
)


_FLAGS = (
    Point(
        "Written statement of terms from the first day",
        "You answered that some staff have none. Action 15 puts this right.",
    ),
)
_STRENGTHS = (
    Point("Pay is checked every year", "You compare hourly pay across contract hours."),
    Point("Swapping shifts is easy", "Staff can swap with a message to their supervisor."),
    Point("Directors ask about retention", "Turnover is on the agenda every quarter."),
)
_GAPS = (
    Point("No route beyond the first post", "Progression routes: 19 out of 100."),
    Point("Training at the wrong times", "Training access: 25 out of 100."),
    Point("Senior posts advertised full-time", "Recruitment: 31 out of 100."),
)


def example_document(number: int = 0, *, signed_off: bool = False) -> PlanDocument:
    """A plan of 15 actions. `number` varies the words, so that no two are the same document."""
    name = "EXAMPLE: Harbour & Dale Stores Ltd" + (f" No. {number}" if number else "")
    return PlanDocument(
        employer_name=name,
        reference=f"EX{number:08d}",
        version=1 + number % 7,
        prepared_on=DAY,
        prepared_by="Example adviser, Example Business Support",
        signatures=_signatures() if signed_off else (),
        questionnaire=Questionnaire("Part-time talent diagnostic", 1, DAY, 41, 46),
        overall=43,
        maturity="Getting there",
        maturity_meaning="Good practice exists, but it depends on the manager rather than on how "
        "the business works.",
        dimensions=tuple(
            Dimension(key, title, short, score, answered, max(answered, 4), level)
            for key, title, short, score, level, _, answered in _DIMENSIONS
        ),
        legal_flags=_FLAGS,
        strengths=_STRENGTHS,
        gaps=_GAPS,
        quick_wins=tuple(
            QuickWin(row[0], row[3], row[4], DAY + timedelta(days=row[5]))
            for row in (_ROUTES[3], _OPEN[0], _TRAIN[3])
        ),
        goals=tuple(
            Goal(title, benefit, tuple(_action(row, number) for row in rows))
            for title, benefit, rows in _GOALS
        ),
        business_case=case_summary(work_out(_inputs())),
        sources=_SOURCES,
        comparison=Comparison(
            "Of 24 other retail employers with 10 to 49 people who took this diagnostic, 44% "
            "scored lower than you overall.",
            "Similar employers",
            24,
            45,
            {key: middle for key, _, _, _, _, middle, _ in _DIMENSIONS},
        ),
        small_print=(
            "This plan rests on what the employer told us on that date. It is not legal advice.",
            "Example document: the employer, the people and every figure in it are invented.",
        ),
        signed_off=signed_off,
        example=True,
    )


def _action(row: _Row, number: int) -> Action:
    title, because, why, first_step, owner, days, effort, impact, evidence = row
    return Action(
        title=title,
        because=f"You answered that {because}.",
        why=why,
        first_step=first_step + (f" Note {number}." if number else ""),
        owner=owner,
        due=DAY + timedelta(days=days),
        status="Not started",
        effort=effort,
        impact=impact,
        evidence=evidence,
        link=Link("Acas: flexible working", "https://www.acas.org.uk/flexible-working")
        if impact > effort + 1
        else None,
        legal="written statement" in because,
    )


def _signatures() -> tuple[Signature, ...]:
    return (
        Signature("Example Director", "Managing director", DAY),
        Signature("Example Adviser", "Adviser, Example Business Support", DAY, side="adviser"),
    )


def _inputs() -> BusinessCaseInputs:
    read = BusinessCaseInputs.read(
        {"headcount": 36, "leavers": 14, "hourly_pay": 12_71, "weekly_hours": 18},
        as_at=DAY,
    )
    if not isinstance(read, BusinessCaseInputs):  # pragma: no cover - the figures above are valid
        raise TypeError(f"The example's figures are refused: {read}")
    return read


_SOURCES = (
    Source("Flexible Jobs Index 2019", "Timewise", 2019),
    Source("Building Career Ladders: Retail Pioneers Programme", "Timewise"),
    Source(
        "The state of the adult social care sector and workforce in England",
        "Skills for Care",
        2023,
        "https://www.skillsforcare.org.uk",
    ),
    Source(
        "Employment particulars: written statement of terms",
        "GOV.UK",
        None,
        "https://www.gov.uk/employment-contracts-and-conditions",
    ),
)
