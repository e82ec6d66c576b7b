"""A campaign month for a whole country, simulated from what one page was seen to cost.

    python -m tests.bench.campaign                      every share of employers on every size
    python -m tests.bench.campaign --share 0.1 --size 2 one of them
    python -m tests.bench.campaign --seconds 60         a shorter look at the busiest minutes

It plays the busiest minutes of the month: requests of every kind arrive as they please (Poisson),
wait for a free web process, for a core of the database and for the audit trail of their programme,
which one writer extends at a time. Their costs are those in demands.json, spread as measured pages
are; who comes, how often and when are assumptions, each with its reason in ``Assumptions``.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import simpy

DEMANDS = Path(__file__).with_name("demands.json")
BUSINESSES = 5_500_000
AREAS = 38
# More work than this for its size is not played: the queue would only grow.
HOPELESS = 1.2
SHARES = (0.01, 0.03, 0.10, 0.30, 1.0)
GIB = 1024**3


@dataclass(frozen=True)
class Assumptions:
    """What no measurement says. Each can be changed on the command line by its name."""

    # Of an employer's month, in 22 working days; the day after a campaign's mail takes three
    # times its part, and its busiest hour (ten in the morning) a sixth of the day.
    working_days: float = 22
    busy_day: float = 3
    busy_hour: float = 1 / 6
    # The first minutes after a mail arrives are busier than their hour.
    busy_minutes: float = 2
    # Employers who begin and finish; those who finish register and ask for a plan.
    finish: float = 0.6
    plans: float = 0.5
    # A page of answers is saved by itself once and once by its button. Public pages are looked
    # at beside it.
    saves_a_page: float = 2
    public_pages: float = 6
    sign_ins: float = 1.5
    # Mails to each who registers: confirm, welcome, plan, a reminder, a notice.
    mails: float = 5
    # One adviser for so many employers who finished; each does so many things in a busy hour.
    employers_an_adviser: float = 400
    adviser_contacts: float = 6
    adviser_pages: float = 40
    # The largest area has this share of all businesses (London's); the others share the rest.
    largest_area: float = 0.19
    # A commit waits for the disk: an SSD with a cache that survives a power cut. Milliseconds.
    disk: float = 1.0
    # Pages differ: a request's cost is spread around its mean like this (log-normal sigma).
    spread: float = 0.5
    # Tables keep room for what changes: so much more than what is in them.
    room: float = 1.5
    # Prices to multiply by, in pounds a month, for an idea only: ask your supplier.
    core_month: float = 25
    gigabyte_month: float = 0.10
    thousand_mails: float = 0.20


@dataclass(frozen=True)
class Size:
    """What runs it: processes that answer, cores of the database, processes that print."""

    name: str
    web: int
    database: int
    printing: int

    @property
    def cores(self) -> int:
        return self.web + self.database + self.printing


SIZES = (
    Size("one machine", 2, 1, 1),
    Size("small", 6, 2, 2),
    Size("medium", 24, 8, 8),
    Size("large", 96, 32, 32),
    Size("very large", 288, 96, 96),
)


def load() -> dict[str, Any]:
    """What was measured."""
    found: dict[str, Any] = json.loads(DEMANDS.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True)
class Month:
    """What a month with this share of the country's employers amounts to."""

    begun: float
    finished: float
    plans: float
    peak: dict[str, float]
    mails: float
    growth: float
    files: float

    @property
    def requests(self) -> float:
        """Requests a second in the busiest minutes."""
        return sum(rate for name, rate in self.peak.items() if name != "print a plan")


def month_of(share: float, told: Assumptions, measured: dict[str, Any]) -> Month:
    """Counts of a month, and requests a second of each kind in its busiest minutes."""
    begun = BUSINESSES * share
    finished, plans = begun * told.finish, begun * told.finish * told.plans
    # Who gives up has answered half of it.
    answered = measured["question_pages"] * (told.finish + (1 - told.finish) / 2)
    each = {
        "public page": told.public_pages,
        "start": 1.0,
        "question page": answered,
        "save": answered * told.saves_a_page,
        "finish": told.finish,
        "results": told.finish * 2,
        "sign in": told.finish * told.sign_ins,
        "employer's page": told.finish * 2,
        "plan page": told.finish * told.plans * 4,
        "ask for the PDF": told.finish * told.plans,
        "fetch the PDF": told.finish * told.plans,
        "print a plan": told.finish * told.plans,
    }
    busiest = told.busy_day / told.working_days * told.busy_hour / 3600 * told.busy_minutes
    peak = {name: begun * times * busiest for name, times in each.items()}
    advisers = finished / told.employers_an_adviser
    peak["log a contact"] = advisers * told.adviser_contacts / 3600
    peak["case"] = peak["adviser's home"] = advisers * told.adviser_pages / 2 / 3600
    size = measured["bytes"]
    return Month(
        begun=begun,
        finished=finished,
        plans=plans,
        peak=peak,
        mails=finished * told.mails,
        growth=(begun * size["diagnostic"] + plans * size["plan"]) * told.room,
        files=plans * size["file"],
    )


def offered(size: Size, month: Month, measured: dict[str, Any]) -> dict[str, float]:
    """Work that comes in for each part, 1 being all it can do; what waits is not in it."""
    demands = measured["demands"]

    def seconds(what: str) -> float:
        pages = (
            rate * demands[name][what]
            for name, rate in month.peak.items()
            if name != "print a plan"
        )
        return sum(pages) / 1000

    prints = month.peak.get("print a plan", 0.0)
    web, database = seconds("web"), seconds("database")
    return {
        "web processes": (web + database) / size.web,
        "database": database / size.database,
        "printing": prints * demands["print a plan"]["web"] / 1000 / size.printing if prints else 0,
    }


@dataclass
class Seen:
    """What came of the busiest minutes."""

    waits: list[float] = field(default_factory=list)
    printed: list[float] = field(default_factory=list)
    busy: Counter[str] = field(default_factory=Counter)
    chains: Counter[int] = field(default_factory=Counter)
    unfinished: int = 0
    unprinted: int = 0
    asked: int = 0

    def at(self, share: float) -> float:
        """Seconds within which this share of the requests was answered."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else math.nan


class Busiest:
    """The busiest minutes on machines of one size."""

    def __init__(
        self, size: Size, month: Month, told: Assumptions, measured: dict[str, Any], seconds: float
    ) -> None:
        self.size, self.told, self.seconds = size, told, seconds
        self.demands: dict[str, dict[str, float]] = measured["demands"]
        self.chance = random.Random(5_500_000)
        self.world = simpy.Environment()
        self.web = simpy.Resource(self.world, size.web)
        self.database = simpy.Resource(self.world, size.database)
        self.printing = simpy.Resource(self.world, size.printing)
        self.chains = [simpy.Resource(self.world, 1) for _ in range(AREAS)]
        rest = (1 - told.largest_area) / (AREAS - 1)
        self.areas = [told.largest_area] + [rest] * (AREAS - 1)
        self.seen = Seen()
        for name, rate in month.peak.items():
            if rate > 0:
                self.world.process(self._arrivals(name, rate))

    def run(self) -> Seen:
        """Play it; what has waited longest at the end is counted as waiting, not left out."""
        self.world.run(until=self.seconds)
        return self.seen

    def _arrivals(self, name: str, rate: float) -> Iterator[Any]:
        act = self._printed if name == "print a plan" else self._request
        while True:
            yield self.world.timeout(self.chance.expovariate(rate))
            self.world.process(act(name))

    def _cost(self, name: str, what: str) -> float:
        """Seconds of one, around the mean that was measured."""
        mean, sigma = self.demands[name][what] / 1000, self.told.spread
        if not mean:
            return 0.0
        return self.chance.lognormvariate(math.log(mean) - sigma * sigma / 2, sigma)

    def _request(self, name: str) -> Iterator[Any]:
        came = self.world.now
        self.seen.asked += 1
        self.seen.unfinished += 1
        with self.web.request() as process:
            yield process
            taken = self.world.now
            yield self.world.timeout(self._cost(name, "web"))
            yield from self._ask_database(name)
            self.seen.busy["web processes"] += self.world.now - taken
        self.seen.unfinished -= 1
        self.seen.waits.append(self.world.now - came)

    def _ask_database(self, name: str) -> Iterator[Any]:
        work, held = self._cost(name, "database"), self._cost(name, "held")
        if not held or not self.demands[name]["log"]:
            yield from self._on_core(work)
            if self.demands[name]["log"]:
                yield self.world.timeout(self.told.disk / 1000)
            return
        area = self.chance.choices(range(AREAS), self.areas)[0]
        with self.chains[area].request() as chain:
            yield chain
            taken = self.world.now
            yield from self._on_core(work)
            yield self.world.timeout(held + self.told.disk / 1000)
            self.seen.chains[area] += self.world.now - taken

    def _on_core(self, work: float) -> Iterator[Any]:
        with self.database.request() as core:
            yield core
            yield self.world.timeout(work)
            self.seen.busy["database"] += work

    def _printed(self, name: str) -> Iterator[Any]:
        came = self.world.now
        self.seen.unprinted += 1
        with self.printing.request() as process:
            yield process
            work = self._cost(name, "web")
            yield self.world.timeout(work)
            self.seen.busy["printing"] += work
        self.seen.unprinted -= 1
        self.seen.printed.append(self.world.now - came)


@dataclass(frozen=True)
class Line:
    """One size under one load."""

    size: Size
    share: float
    month: Month
    seen: Seen
    seconds: float

    def load(self, what: str) -> float:
        """How busy a part is, 1 being all of the time."""
        if what == "audit trail":
            return max(self.seen.chains.values(), default=0.0) / self.seconds
        parts = {"web processes": self.size.web, "database": self.size.database}
        return self.seen.busy[what] / self.seconds / parts.get(what, self.size.printing)

    @property
    def holds(self) -> bool:
        """Whether pages come as they should: 99 of 100 within a second, and no queue at the end."""
        return self.seen.at(0.99) <= 1.0 and self.seen.unfinished <= self.size.web * 10

    @property
    def fullest(self) -> str:
        """Which part is the busiest."""
        parts = ("web processes", "database", "printing", "audit trail")
        return max(parts, key=self.load)

    def words(self) -> str:
        """The line in the table."""
        seen = self.seen
        prints = sorted(seen.printed)
        waited = prints[int(len(prints) * 0.95)] if prints else 0.0
        return (
            f"{self.share:5.0%} {self.size.name:<12} {self.size.cores:4} "
            f"{self.month.requests:8,.1f} {seen.at(0.5) * 1000:8,.0f} {seen.at(0.99) * 1000:8,.0f} "
            f"{self.load('web processes'):5.0%} {self.load('database'):5.0%} "
            f"{self.load('printing'):5.0%} {self.load('audit trail'):5.0%} "
            f"{seen.unfinished:8,} {waited:7,.1f} {seen.unprinted:7,}  "
            f"{'holds' if self.holds else 'breaks: ' + self.fullest}"
        )


def simulate(
    size: Size, share: float, told: Assumptions, measured: dict[str, Any], seconds: float
) -> Line:
    """The busiest minutes of a month with this share of employers, on this size."""
    month = month_of(share, told, measured)
    return Line(size, share, month, Busiest(size, month, told, measured, seconds).run(), seconds)


def paper(month: Month, share: float, size: Size | None, told: Assumptions) -> str:
    """What the month leaves behind, and what it would cost."""
    kept = (month.growth + month.files) / GIB
    costs = kept * told.gigabyte_month + month.mails / 1000 * told.thousand_mails
    machines = "" if size is None else f"; {size.cores} cores {size.cores * told.core_month:,.0f} £"
    return (
        f"{share:5.0%}: {month.begun:,.0f} begin, {month.finished:,.0f} finish, "
        f"{month.plans:,.0f} plans, {month.mails:,.0f} mails, "
        f"{month.growth / GIB:,.1f} GiB of database, {month.files / GIB:,.1f} GiB of files "
        f"(mail and disk {costs:,.0f} £{machines} a month)"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.campaign", description=__doc__)
    parser.add_argument("--share", type=float, action="append", help="share of businesses")
    parser.add_argument("--size", type=int, action="append", help="0 (one machine) to 4")
    parser.add_argument("--seconds", type=float, default=60, help="how long the peak is played")
    for one in fields(Assumptions):
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=float, default=None)
    return parser.parse_args()


def main() -> None:
    """Print the table and what it means."""
    options = _options()
    changed = {
        one.name: value
        for one in fields(Assumptions)
        if (value := getattr(options, one.name)) is not None
    }
    told, measured = replace(Assumptions(), **changed), load()
    sizes = [SIZES[place] for place in options.size] if options.size else list(SIZES)
    print(f"Costs measured {measured['at']} on {measured['machine']}")
    print(
        "share size        cores    req/s   p50 ms   p99 ms   web    db print chain  waiting"
        "  PDF s  unprinted"
    )
    enough: dict[float, Size | None] = {}
    shares = options.share or SHARES
    for share in shares:
        enough[share] = None
        for size in sizes:
            parts = offered(size, month_of(share, told, measured), measured)
            fullest = max(parts, key=lambda part: parts[part])
            if parts[fullest] > HOPELESS:
                print(
                    f"{share:5.0%} {size.name:<12} {size.cores:4} breaks: "
                    f"{parts[fullest]:.1f} times what its {fullest} can do"
                )
                continue
            line = simulate(size, share, told, measured, options.seconds)
            print(line.words(), flush=True)
            if line.holds:
                enough[share] = size
                break
    print()
    for share in shares:
        print(paper(month_of(share, told, measured), share, enough[share], told))


if __name__ == "__main__":
    main()
