"""The notice, the consents and the record of processing are whole."""

from __future__ import annotations

from copy import deepcopy
from datetime import date

import pytest
import yaml

from portal.governance.rules import consents, notices, processing
from portal.governance.rules.holdings import DATA, holdings

DAY = date(2026, 11, 22)
FILL = {"controller": "Example LEP", "contact": "privacy@lep.example"}


def test_the_notice_says_what_the_law_asks() -> None:
    found = notices.notice(1, DAY, FILL)
    assert found is not None
    said = " ".join(
        [found.lead]
        + [
            " ".join([s.heading, *s.text, *s.points, *s.after, *(" ".join(row) for row in s.rows)])
            for s in found.sections
        ]
    )
    for needed in (
        *("Example LEP", "privacy@lep.example", "article 6(1)", "Consent"),
        *("How long", "complain", "ico.org.uk", "cookie", "United Kingdom", "within one month"),
        *("Erase", "object", "copy of everything", "take back a consent"),
    ):
        assert needed in said, needed
    assert "{" not in said


def test_a_notice_that_is_not_published_yet_is_not_shown() -> None:
    assert notices.notice(1, date(2026, 11, 21), FILL) is None
    assert notices.published(date(2026, 11, 21)) == []
    assert notices.notice(99, DAY, FILL) is None


def test_a_notice_with_a_hole_is_refused() -> None:
    raw = yaml.safe_load((DATA / "notices" / "1.yaml").read_text())
    table = next(one for one in raw["sections"] if "table" in one)
    table["table"]["rows"][0].append("one too many")
    with pytest.raises(notices.NoticeError):
        notices.parse(raw, FILL)
    with pytest.raises(notices.NoticeError):
        notices.parse({**raw, "sections": [{"heading": "Empty"}]}, FILL)


@pytest.mark.parametrize(
    "fault",
    [
        lambda raw: raw["purposes"].append(raw["purposes"][0]),
        lambda raw: raw["purposes"][0].update(whose="anybody"),
        lambda raw: raw["purposes"][0]["words"][0].update(version=2),
        lambda raw: raw["purposes"][0].update(words=[]),
        lambda raw: raw["purposes"][0]["words"].append(
            {"version": 2, "from": date(2020, 1, 1), "text": "x"}
        ),
    ],
    ids=["twice", "whose", "version", "no words", "earlier"],
)
def test_consents_that_cannot_be_are_refused(fault) -> None:
    raw = deepcopy(yaml.safe_load((DATA / "consents.yaml").read_text()))
    assert consents.parse(raw)
    fault(raw)
    with pytest.raises(consents.ConsentsError):
        consents.parse(raw)


def test_the_record_of_processing_covers_every_table_with_personal_data() -> None:
    found = holdings()
    record = processing.record(found, {}, processing.document())
    listed = [table for one in record for table in one.tables]
    assert sorted(listed) == sorted(one.name for one in found.personal)
    for one in record:
        assert all(one.row), one.key
        assert len(one.row) == len(processing.COLUMNS)


def test_a_purpose_without_an_entry_is_noticed() -> None:
    raw = deepcopy(dict(processing.document()))
    raw["purposes"] = {key: one for key, one in raw["purposes"].items() if key != "money"}
    with pytest.raises(processing.ProcessingError, match="money"):
        processing.record(holdings(), {}, raw)
