"""The notice, the consents and the record of processing are whole."""

from __future__ import annotations

from copy import deepcopy
from datetime import date

import pytest
import yaml

from portal.governance.rules import consents, notices, processing
from portal.governance.rules.holdings import DATA, holdings
from portal.governance.rules.retention import RetentionError, classes, in_words, parse, told

DAY = date(2026, 11, 22)
FILL = {"controller": "Example LEP", "contact": "privacy@lep.example"}


@pytest.mark.parametrize("version", [1, 2])
def test_the_notice_says_what_the_law_asks(version: int) -> None:
    found = notices.notice(version, DAY, FILL, [("Mail we sent you", "3 months")])
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


def test_how_long_is_drawn_from_the_periods_in_force() -> None:
    """Every class of records stands in the notice, each that ends with its period of today."""
    months = {key: 7 + number for number, key in enumerate(classes()) if classes()[key].ends}
    found = notices.notice(2, DAY, FILL, told(months))
    assert found is not None
    rows = next(one.rows for one in found.sections if one.heading == "How long")
    assert len(rows) == len(classes())
    for (_what, how_long), (key, one) in zip(rows, classes().items(), strict=True):
        assert (in_words(months[key]) in how_long) if one.ends else "{" not in how_long
    # Another period is other words.
    assert told(months) != told({**months, "mail": 48})
    with pytest.raises(KeyError, match="forum"):
        told({key: value for key, value in months.items() if key != "forum"})


@pytest.mark.parametrize(
    "notice",
    [None, {}, {"what": "Mail"}, {"what": "Mail", "how_long": "For a while"}],
    ids=["none", "empty", "no period", "fixed words"],
)
def test_a_period_without_words_for_everybody_is_refused(notice) -> None:
    raw = deepcopy(yaml.safe_load((DATA / "retention.yaml").read_text()))
    assert parse(raw)
    raw["classes"]["mail"]["notice"] = notice
    with pytest.raises(RetentionError, match="mail: the privacy notice"):
        parse(raw)


def test_a_class_without_an_end_names_no_period() -> None:
    raw = deepcopy(yaml.safe_load((DATA / "retention.yaml").read_text()))
    raw["classes"]["audit"]["notice"]["how_long"] = "{period}"
    with pytest.raises(RetentionError, match="audit"):
        parse(raw)


@pytest.mark.parametrize(
    ("months", "words"), [(1, "1 month"), (12, "1 year"), (30, "30 months"), (84, "7 years")]
)
def test_a_period_is_said_as_people_say_it(months: int, words: str) -> None:
    assert in_words(months) == words


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
