"""A job design as a one-page outline: who does what, what goes, and whether it can work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from portal.toolkit.rules.job_design import LEVELS, PEAKS, Design, Job, Share, design, total
from portal.toolkit.rules.tools import Figure, Line, Outcome, Part, Suggestion, say_hours

# file 004, note 34: part-time is fewer than 30 hours a week.
PART_TIME_BELOW: Final = 30 * 60
_TITLE_SHOWN: Final = 60
_HEAD: Final = ("Task", "Hours a week", "When", "Who can decide")


def outcome(job: Job) -> Outcome:
    """The outline of a job. Equal jobs give equal outlines."""
    made = design(job)
    checks = _checks(made)
    wrong = [line for line in checks if line.state == "bad"]
    kind = "job share" if job.shared else "part-time job"
    name = job.title or "The job"
    headline = f"{name} can be a {kind}: {_hours_said(job)}"
    state, text = "good", "Every check below is met."
    if wrong:
        state, headline = "bad", f"{name} is not a workable {kind} yet"
        text = f"{wrong[0].value}."
    elif any(line.state == "watch" for line in checks):
        state, text = "watch", "Look again at what is marked below."
    return Outcome(
        tool="job-design",
        title=f"{'Job share' if job.shared else 'Part-time design'}: {name}"[:_TITLE_SHOWN],
        headline=headline,
        text=text,
        state=state,
        figures=_figures(made),
        parts=(*_tables(made), Part("Checks", lines=checks)),
        given=_given(job),
        suggestions=_suggestions(made),
        notes=(
            "Hours are exact to the minute, and every minute of the job is accounted for.",
            (
                "Talk it through with the person in the job before anything changes. Changing"
                " somebody's contract needs their agreement."
            ),
        ),
    )


def _hours_said(job: Job) -> str:
    if job.shared:
        return f"{say_hours(job.first)} and {say_hours(job.second)} a week"
    return f"{say_hours(job.first)} a week"


# --- Who does what -------------------------------------------------------------------------------


def _tables(made: Design) -> list[Part]:
    job = made.job
    if job.shared:
        found = [
            _table("First person", made.first, _room(job.first, job, made.first, made.first_spare)),
            _table(
                "Second person", made.second, _room(job.second, job, made.second, made.second_spare)
            ),
        ]
    else:
        intro = _room(job.first, job, made.first, made.first_spare)
        found = [_table("Kept in the job", made.first, intro)]
    more = (
        ("Handed over to somebody else", made.handed_over, "Agree who takes each, and when."),
        ("No longer done", made.dropped, "Tell whoever relied on it."),
        ("Nobody's yet", made.nobody, "This fits into nobody's hours."),
    )
    found += [_table(title, shares, intro) for title, shares, intro in more if shares]
    return found


def _room(minutes: int, job: Job, shares: Sequence[Share], spare: int) -> str:
    said = f"{say_hours(minutes)} a week: {say_hours(total(shares))} of tasks"
    if job.handover:
        said += f", {say_hours(job.handover)} of handover"
    if spare > 0:
        said += f", {say_hours(spare)} free"
    return f"{said}, {say_hours(-spare)} too many." if spare < 0 else f"{said}."


def _table(title: str, shares: Sequence[Share], intro: str) -> Part:
    rows = tuple(
        (
            share.task.name,
            _share_said(share),
            "Fixed time" if share.task.fixed else "Any time",
            LEVELS[share.task.level],
        )
        for share in shares
    )
    return Part(title, intro, head=_HEAD if rows else (), rows=rows)


def _share_said(share: Share) -> str:
    if share.minutes == share.task.minutes:
        return say_hours(share.minutes)
    return f"{say_hours(share.minutes)} of {say_hours(share.task.minutes)}"


# --- Checks --------------------------------------------------------------------------------------


def _checks(made: Design) -> tuple[Line, ...]:
    return (
        _workload(made),
        _handover(made.job),
        _fixed_times(made),
        _peak(made),
        _decisions(made),
        _cost(made),
    )


def _workload(made: Design) -> Line:
    label = "The work fits the hours"
    over = [-spare for spare in (made.first_spare, made.second_spare) if spare < 0]
    if over or made.nobody:
        minutes = sum(over) + total(made.nobody)
        if made.job.shared:
            value = f"{say_hours(minutes)} of work fits into neither person's hours"
        else:
            value = (
                f"{say_hours(minutes)} too many: that would be more than part-time work for"
                " part-time pay"
            )
        words = "Mark more tasks that somebody else can do, stop one, or give more hours"
        return Line(label, value, words, "bad")
    spare = max(made.first_spare, 0) + max(made.second_spare, 0)
    if spare:
        words = "Use it for training, or keep a task that goes elsewhere now"
        return Line(label, f"Yes, with {say_hours(spare)} free", words, "good")
    return Line(label, "Yes, exactly", "Tasks and handover fill the hours", "good")


def _handover(job: Job) -> Line:
    label = "Time for handover is in the hours"
    if job.handover:
        each = " for each of the two" if job.shared else ""
        return Line(label, f"{say_hours(job.handover)} a week{each}", state="good")
    if job.shared:
        words = "Two people who never meet hand over in their own time, or not at all"
        return Line(label, "No handover time", words, "bad")
    words = "Notes to whoever is there on the other days take time too"
    return Line(label, "No handover time", words, "watch")


def _fixed_times(made: Design) -> Line:
    label = "Fixed times are covered"
    left = [share.task.name for share in made.nobody if share.task.fixed]
    if left:
        return Line(label, f"Nobody covers {_listed(left)}", state="bad")
    if made.job.shared:
        said = [
            f"{who}: {_listed([share.task.name for share in shares if share.task.fixed])}"
            for who, shares in (("First person", made.first), ("Second person", made.second))
            if any(share.task.fixed for share in shares)
        ]
        return Line(label, ". ".join(said) or "No task has a fixed time", state="good")
    gone = [share.task.name for share in made.handed_over if share.task.fixed]
    if gone:
        words = "Whoever takes them must be at work at those times"
        return Line(label, f"Somebody else must cover {_listed(gone)}", words, "watch")
    kept = [share.task.name for share in made.first if share.task.fixed]
    value = f"The job itself covers {_listed(kept)}" if kept else "No task has a fixed time"
    return Line(label, value, state="good")


def _peak(made: Design) -> Line:
    job = made.job
    label = "A leader is there at the busiest time"
    words = f"Busiest: {job.peak_when}" if job.peak_when else ""
    if job.peak == "nobody":
        return Line(label, "Nobody leads at the busiest time yet", words, "bad")
    if job.peak != "job":
        return Line(label, PEAKS[job.peak], words, "good")
    if any(s.task.fixed and s.task.level == "leader" for s in (*made.first, *made.second)):
        return Line(label, PEAKS["job"], words, "good")
    value = "The job leads then, but keeps no leader's task at a fixed time"
    return Line(label, value, words or "Add that time as a task, or name another leader", "watch")


def _decisions(made: Design) -> Line:
    label = "Decisions stay with a leader"
    gone = [s.task.name for s in (*made.handed_over, *made.nobody) if s.task.level == "leader"]
    if gone:
        words = "Hand the right to decide over with the task, in writing"
        return Line(label, f"Another leader must take {_listed(gone)}", words, "watch")
    return Line(label, "Every leader's task stays in the job", state="good")


def _cost(made: Design) -> Line:
    label = "Hours paid beside today's"
    if made.extra > 0:
        value = f"{say_hours(made.extra)} a week more than now"
        return Line(label, value, "Handover and overlap cost this much", "watch")
    if made.extra < 0:
        gone = total(made.handed_over)
        words = f"{say_hours(gone)} of it is work for somebody else: pay them for it"
        value = f"{say_hours(-made.extra)} a week fewer than now"
        return Line(label, value, words if gone else "", "note")
    return Line(label, "The same as now", state="good")


def _listed(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    return unique[0] if len(unique) == 1 else f"{', '.join(unique[:-1])} and {unique[-1]}"


# --- The rest ------------------------------------------------------------------------------------


def _figures(made: Design) -> tuple[Figure, ...]:
    job = made.job
    return (
        Figure("job", "The job now", job.minutes, "minutes"),
        Figure("paid", "Hours in the new design", job.first + job.second, "minutes"),
        Figure("handed_over", "Handed over", total(made.handed_over), "minutes"),
        Figure("dropped", "No longer done", total(made.dropped), "minutes"),
        Figure(
            "over",
            "Too many for the hours",
            max(-made.first_spare, 0) + max(-made.second_spare, 0) + total(made.nobody),
            "minutes",
            "lower",
        ),
    )


def _given(job: Job) -> tuple[Line, ...]:
    lines = [Line("Hours of the job", say_hours(job.minutes)), Line("New hours", _hours_said(job))]
    lines.append(Line("Handover", say_hours(job.handover)))
    lines.append(Line("Leader at the busiest time", PEAKS.get(job.peak, PEAKS["none"])))
    if job.first >= PART_TIME_BELOW or job.second >= PART_TIME_BELOW:
        words = "This programme counts fewer than 30 hours a week as part-time"
        lines.append(Line("Part-time", "30 hours or more", words))
    return tuple(lines)


def _suggestions(made: Design) -> tuple[Suggestion, ...]:
    job = made.job
    name = job.title or "this job"
    form = "a job share" if job.shared else "a part-time job"
    found = [
        Suggestion(
            "offer",
            f"Offer {name} as {form}"[:200],
            "The tasks and hours have been worked through, so you can say which hours are fixed"
            " and which can be talked about.",
            "Show the outline to the person in the job and to two part-timers who could step up.",
            "open_jobs",
            "job_design",
            effort=2,
            impact=3,
            evidence="The job outline, and who was told about the job",
        )
    ]
    if made.handed_over:
        found.append(
            Suggestion(
                "hand-over",
                f"Agree who takes the tasks that leave {name}"[:200],
                f"{say_hours(total(made.handed_over))} a week go to somebody else. Unless it is"
                " agreed and paid, the work comes back to the part-timer.",
                "Ask for a volunteer for the longest task, and take the same time off them.",
                "open_jobs",
                "job_design",
                effort=1,
                impact=2,
                evidence="A name beside each task",
            )
        )
    return (*found, *_working_together(job, name))


def _working_together(job: Job, name: str) -> tuple[Suggestion, ...]:
    """What two people, or a leader and the rest, need to agree."""
    found = []
    if not job.handover or job.shared:
        found.append(
            Suggestion(
                "handover-note",
                f"Set a fixed handover time and one page of notes for {name}"[:200],
                "Work is shared between people who are not always there at the same time.",
                "Choose the day and time, and put it on the next rota as paid time.",
                "open_jobs",
                "job_design",
                effort=1,
                impact=2,
                evidence="The handover on the rota",
            )
        )
    if job.peak == "nobody":
        found.append(
            Suggestion(
                "peak-leader",
                "Find and train a leader for the busiest time",
                "Nobody leads then yet, so the job cannot be done in part-time hours.",
                "Ask the part-timers who work then who would lead, and for how many hours.",
                "build_skills",
                "progression",
                effort=3,
                impact=3,
                evidence="Name and start date of the leader",
            )
        )
    return tuple(found)
