"""Diagnostics completed at the same moment, of one employer and of several: nothing lost, nothing
counted twice, and what is counted beside is what a recount says. `make prove` does many more.
"""

from __future__ import annotations

import os
import threading

import pytest
from flask import Flask

from portal.caseload.service import merge_undo, merging
from portal.db import unit_of_work
from portal.diagnostics.models import Response
from portal.employers.models import Employer
from portal.kernel.people import Author
from portal.kernel.result import Ok
from tests.factories.caseload import author_of, make_lep_officer
from tests.support.completions import answered, complete, complete_in_processes, faults
from tests.support.races import drop_walls, race, without_locks

BIG = os.environ.get("BIG") == "1"
_WALLS = (("diagnostic_responses", "uq_diagnostic_responses_current"),)


def test_processes_lose_nothing(committed_app: Flask) -> None:
    keys = answered(committed_app, employers=3, each=3)
    assert len(keys) == 9
    # Dealt out in turn, so that the three of one employer meet.
    assert complete_in_processes(committed_app, keys, processes=3) == []
    assert faults(committed_app, len(keys)) == []


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 300)
@pytest.mark.parametrize("employers", [1, 40])
def test_many_lose_nothing(committed_app: Flask, employers: int) -> None:
    keys = answered(committed_app, employers=employers, each=(2000 if BIG else 120) // employers)
    assert complete_in_processes(committed_app, keys, processes=6) == []
    assert faults(committed_app, len(keys)) == []


def test_two_of_one_employer_meet(committed_app: Flask) -> None:
    keys = answered(committed_app, employers=1, each=3)
    with committed_app.app_context(), unit_of_work():
        complete(keys.pop())
    found = race(committed_app, *(lambda key=key: complete(key) for key in keys))
    assert all(isinstance(one, Ok) for one in found.results), found.results
    assert faults(committed_app, 3) == []


def test_without_the_lock_it_would_be_seen(committed_app: Flask) -> None:
    """The control: no row held, and no wall behind it."""
    keys = answered(committed_app, employers=1, each=3)
    with committed_app.app_context(), unit_of_work():
        complete(keys.pop())
    drop_walls(committed_app, _WALLS)
    with without_locks(committed_app):
        found = race(committed_app, *(lambda key=key: complete(key) for key in keys))
    failed = [one for one in found.results if not isinstance(one, Ok)]
    assert failed or faults(committed_app, 3), "nothing was lost: this proof proves nothing"


# A merge that is undone meanwhile ----------------------------------------------------------------


def merged_pair(app: Flask) -> tuple[str, list[int], Author]:
    """Two employers, each with a completed diagnostic, merged; and one of each under way."""
    keys = answered(app, employers=2, each=2)
    with app.app_context():
        with unit_of_work() as session:
            by = author_of(make_lep_officer("lep_manager"))
            owners = [session.get_one(Response, key).employer_id for key in keys]
            first, second = dict.fromkeys(owners)
            for key in (keys[0], keys[2]):
                complete(key)
            kept, merged = (session.get_one(Employer, key).reference for key in (first, second))
        with unit_of_work():
            plan = merging.plan(kept=kept, merged=merged)
            assert isinstance(plan, Ok), plan
            done = merging.merge(
                kept=kept, merged=merged, fill=(), reason="Example: entered twice",
                fingerprint=plan.value.fingerprint, by=by,
            )  # fmt: skip
            assert isinstance(done, Ok), done
            return done.value.reference, [keys[1], keys[3]], by


def undone_and_completed(app: Flask, whose: int) -> list[object]:
    """A diagnostic is completed after a merge was undone and before that is committed."""
    made, waiting, by = merged_pair(app)
    said: list[object] = []

    def second() -> None:
        try:
            with app.app_context(), unit_of_work():
                said.append(complete(waiting[whose]))
        except Exception as error:  # noqa: BLE001 - the test judges it
            said.append(error)

    later = threading.Thread(target=second)
    with app.app_context(), unit_of_work():
        undone = merge_undo.undo(reference=made, by=by)
        later.start()
        later.join(0.3)
        assert not any(isinstance(one, Ok) for one in said), "it waits, whatever holds it"
    later.join(60)
    return [undone, *said]


@pytest.mark.parametrize("whose", [0, 1], ids=["kept", "merged"])
def test_a_diagnostic_completed_while_a_merge_is_undone(committed_app: Flask, whose: int) -> None:
    """Undoing locks no diagnostic: whoever lets it happen holds both employers."""
    found = undone_and_completed(committed_app, whose)
    assert all(isinstance(one, Ok) for one in found), found
    assert faults(committed_app, 3) == []


def test_without_the_employers_lock_two_would_stand(committed_app: Flask) -> None:
    """The control of the one above: no row held, and no wall behind it."""
    drop_walls(committed_app, _WALLS)
    with without_locks(committed_app):
        found = undone_and_completed(committed_app, 0)
    assert not all(isinstance(one, Ok) for one in found) or faults(committed_app, 3)


def test_a_merge_undone_while_a_diagnostic_is_completed(committed_app: Flask) -> None:
    """Both begin at once: PostgreSQL may end one of the two, whole; the other stands."""
    made, waiting, by = merged_pair(committed_app)
    found = race(
        committed_app,
        lambda: complete(waiting[1]),
        lambda: merge_undo.undo(reference=made, by=by),
    )
    done = [isinstance(one, Ok) for one in found.results]
    assert any(done), found.results
    assert all(ok or "deadlock" in str(one) for ok, one in zip(done, found.results, strict=True))
    assert faults(committed_app, 2 + done[0]) == []
