"""Ties the managing of resources to the application: worker, timeline, merging and downloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Flask

from portal.caseload.merging import Effect, MergePolicy, register_merge_policy
from portal.employers.panels import register_held_records
from portal.integrations.jobs import register_daily, register_handler
from portal.toolkit import held
from portal.toolkit.queries import testing as queries
from portal.toolkit.rules.readers import TEST_STATES
from portal.toolkit.service import added_files, testing


def same_tests(kept_id: int, merged_id: int) -> Effect:
    """An employer says what it thinks of a version once: the merged one's answer stays behind."""
    return Effect(
        staying={
            key: f"{words}: the employer that is kept was asked about it too"
            for key, words in queries.same_tests(kept_id, merged_id).items()
        }
    )


def _words(row: Mapping[str, Any]) -> str:
    return f"{row['reference']}: asked {row['to_name']}, {TEST_STATES[row['state']].lower()}"


TESTS: Final = MergePolicy(
    "resource_tests.employer_id",
    "Tests of resources",
    _words,
    ("reference", "to_name", "state"),
    rule=same_tests,
)


def _remind() -> None:
    testing.remind_due()


def wire_managing(app: Flask) -> None:
    """Install what the pages of editors need beside them."""
    register_daily(app, "toolkit.test_reminders", _remind)
    register_handler(app, added_files.SCAN_KIND, added_files.scan)
    register_merge_policy(app, TESTS)
    register_held_records(app, held.RESOURCE_TESTS)
