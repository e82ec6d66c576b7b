"""What a soak's minutes say: whether memory stays, queues empty, and nothing failed.

Pure arithmetic on what was noted each minute.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# Memory may rise over the second half of a run by the greater of these: what a heap does that is
# full, and what caches with an upper bound still take.
GROWTH_MIB = 8.0
GROWTH_SHARE = 0.10
# A queue this short is one at work.
USUAL_QUEUE = 20
# Of the requests that were due; fewer means that the load was never there.
LEAST_MADE = 0.95


@dataclass(frozen=True)
class Minute:
    """What was seen in one minute. Times in milliseconds, memory in MiB."""

    at: float
    requests: int
    errors: int
    p50: float
    p99: float
    memory: Mapping[str, float] = field(default_factory=dict)
    queue: int = 0
    outbox: int = 0
    connections: int = 0

    def line(self) -> str:
        """The minute in one line of text."""
        memory = "  ".join(f"{name} {mib:.0f}" for name, mib in self.memory.items())
        return (
            f"{self.at:6.1f} min {self.requests:>7,} requests {self.errors:>3} errors  "
            f"p50 {self.p50:7.1f} p99 {self.p99:7.1f} ms  MiB: {memory}  "
            f"queue {self.queue} outbox {self.outbox} connections {self.connections}"
        )


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    fine: bool
    words: str

    def line(self) -> str:
        """In one line of text."""
        return f"{'fine  ' if self.fine else 'FAILED'}  {self.what}: {self.words}"


def slope(points: Sequence[tuple[float, float]]) -> float:
    """How much the second value rises with one of the first: the line of least squares."""
    if len(points) < 2:
        return 0.0
    mean_x = statistics.fmean(x for x, _y in points)
    mean_y = statistics.fmean(y for _x, y in points)
    across = sum((x - mean_x) ** 2 for x, _y in points)
    if not across:
        return 0.0
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / across


def second_half(minutes: Sequence[Minute]) -> Sequence[Minute]:
    """The later half; everything of a run with fewer than four minutes."""
    return minutes[len(minutes) // 2 :] if len(minutes) >= 4 else minutes


def memory_finding(name: str, minutes: Sequence[Minute]) -> Finding:
    """Whether a process takes about as much at the end as in the middle of the run."""
    points = [(one.at, one.memory[name]) for one in second_half(minutes) if name in one.memory]
    if len(points) < 2:
        return Finding(f"memory of {name}", fine=False, words="seen less than twice")
    each_minute = slope(points)
    lasted = points[-1][0] - points[0][0]
    middle = statistics.median(mib for _at, mib in points)
    allowed = max(GROWTH_MIB, GROWTH_SHARE * middle)
    rise = each_minute * lasted
    return Finding(
        f"memory of {name}",
        fine=rise <= allowed,
        words=f"{middle:.0f} MiB, {rise:+.1f} MiB in the last {lasted:.0f} minutes by its slope "
        f"({each_minute * 60:+.1f} an hour), allowed {allowed:.1f}",
    )


def queue_finding(what: str, lengths: Sequence[int]) -> Finding:
    """Whether what waits at the end is no more than what waited before, or little."""
    if not lengths:
        return Finding(what, fine=False, words="never seen")
    quarter = max(1, len(lengths) // 4)
    # The first quarter is a start: caches are empty, and nothing has queued yet.
    before = statistics.median(lengths[quarter : 2 * quarter] or lengths[:quarter])
    end = statistics.median(lengths[-quarter:])
    return Finding(
        what,
        fine=end <= max(USUAL_QUEUE, 2 * before),
        words=f"{end:g} at the end, {before:g} before, {max(lengths)} at most",
    )


def connections_finding(seen: Sequence[int]) -> Finding:
    """Whether connections to the database are as many at the end as they were before."""
    if not seen:
        return Finding("database connections", fine=False, words="never seen")
    half = max(1, len(seen) // 2)
    before, after = max(seen[:half]), seen[-1]
    return Finding(
        "database connections",
        fine=after <= before + 2,
        words=f"{after} at the end, {before} at most in the first half",
    )


def verdict(
    minutes: Sequence[Minute], *, due: int, left: int, faults: Sequence[str] = ()
) -> list[Finding]:
    """Everything that was looked at.

    ``due`` requests were to be made; ``left`` pieces of work were not done some time after the end.
    """
    errors = sum(one.errors for one in minutes)
    made = sum(one.requests for one in minutes) + errors
    findings = [
        Finding(
            "errors",
            fine=errors == 0,
            words=f"{errors:,} of {made:,}" + "".join(f"; {fault}" for fault in faults),
        ),
        Finding(
            "the load was there",
            fine=made > 0 and made >= LEAST_MADE * due,
            words=f"{made:,} requests answered of {due:,} due",
        ),
    ]
    names = {name: None for one in minutes for name in one.memory}
    findings += [memory_finding(name, minutes) for name in names]
    findings += [
        queue_finding("jobs in the queue", [one.queue for one in minutes]),
        queue_finding("promises in the outbox", [one.outbox for one in minutes]),
        connections_finding([one.connections for one in minutes]),
        Finding(
            "work left behind", fine=left == 0, words=f"{left} not done a minute after the end"
        ),
    ]
    return findings
