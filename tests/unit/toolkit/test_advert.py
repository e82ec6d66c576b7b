"""The advert checker against adverts with known answers, and against anything at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.toolkit.rules.advert import findings, outcome
from portal.toolkit.rules.advert_checks import experience_quotes
from portal.toolkit.rules.advert_flexible import mentions
from portal.toolkit.rules.advert_pay import pay_of
from portal.toolkit.rules.advert_text import LONGEST, clean, read, reading_age
from portal.toolkit.rules.tools import Outcome
from tests.unit.toolkit.adverts import ADVERTS, FILLER, Labelled

PLACES = {"title": "title", "first lines": "first", "middle": "middle", "end": "end"}


def found_in(one: Labelled) -> dict[str, object]:
    advert = read(one.text, one.title)
    by_key = {finding.key: finding for finding in findings(advert)}
    flexible = by_key["flexible"].line.value
    offered = [m for m in mentions(advert) if m.polarity == "offered"]
    if flexible == "Refused":
        where = "refused"
    elif flexible == "Not mentioned":
        where = "none"
    else:
        order = list(PLACES)
        where = PLACES[min((m.place for m in offered), key=order.index)]
    return {
        "flexible": where,
        "pay": pay_of(advert).kind,
        "number": by_key["number"].points > 0,
        "pattern": by_key["pattern"].points > 0,
        "guaranteed": by_key["guaranteed"].points > 0,
        "contract": by_key["contract"].points > 0,
        "place": by_key["place"].points > 0,
        "training": by_key["training"].points > 0,
        "progress": by_key["progress"].points > 0,
        "shuts_out": by_key["returners"].points == 0,
        "puts_off": by_key["wording"].points == 0,
    }


@pytest.mark.parametrize("one", ADVERTS, ids=lambda one: one.name)
def test_labelled_adverts(one: Labelled) -> None:
    found = found_in(one)
    wanted = {key: getattr(one, key) for key in found}
    assert found == wanted


def test_there_are_enough_adverts_of_every_sector() -> None:
    assert len(ADVERTS) >= 25
    for sector in ("retail", "hospitality", "social_care"):
        assert sum(one.sector == sector for one in ADVERTS) >= 8


@pytest.mark.parametrize("one", ADVERTS, ids=lambda one: one.name)
def test_every_quote_stands_in_the_advert_and_points_add_up(one: Labelled) -> None:
    advert = read(one.text, one.title)
    result = outcome(advert)
    assert result.faults == []
    whole = " ".join([clean(one.title), clean(one.text)])
    for line in result.parts[0].lines:
        for quote in line.quotes:
            assert quote.removesuffix("…") in whole
        assert line.state == "good" or line.paste or line.total
    found = findings(advert)
    assert sum(finding.most for finding in found) == 100
    assert all(0 <= finding.points <= finding.most for finding in found)
    assert result.figures[0].value == sum(finding.points for finding in found)
    assert Outcome.from_data(result.to_data()) == result


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("Part-time welcome.", "offered"),
        ("P/T or job share available.", "offered"),
        ("We don't just hire full-time: part-time is fine.", "offered"),
        ("Part-time is no problem.", "offered"),
        ("No weekends, part-time.", "offered"),
        ("Sorry, we can't do part-time.", "refused"),
        ("Job share isn't possible.", "refused"),
        ("We do not consider part-time applicants.", "refused"),
        ("Part time workers need not apply.", "refused"),
        ("Strictly full time.", "refused"),
        ("A flexible approach to shifts is needed.", "demanded"),
        ("Flexibility is essential.", "demanded"),
        ("You will need to be flexible with your hours.", "demanded"),
    ],
)
def test_polarity(text: str, polarity: str) -> None:
    assert {m.polarity for m in mentions(read(f"Job in Leeds now.\n{text}"))} == {polarity}


@pytest.mark.parametrize(
    ("text", "kind", "period"),
    [
        ("£12.21 per hour", "amount", "hour"),
        ("£24-26k", "amount", "year"),
        ("£24,000 to £26,000", "amount", "year"),
        ("GBP 24,000 per annum", "amount", "year"),
        ("£95 a day", "amount", "day"),
        ("Earn up to £14 an hour", "ceiling", "hour"),
        ("£250 referral bonus", "none", ""),
        ("Manage a £2 million budget", "none", ""),
        ("Pay is competitive", "vague", ""),
        ("Lunch for £3 a day", "none", ""),
    ],
)
def test_pay(text: str, kind: str, period: str) -> None:
    found = pay_of(read(f"{text}.", "Job"))
    assert (found.kind, found.period) == (kind, period)


def test_html_from_word_is_cleaned_and_scripts_are_gone() -> None:
    pasted = (
        "<html><head><style>p {color: red}</style></head><body><h1>Supervisor</h1>"
        "<p class='MsoNormal'>Part&#8209;time&nbsp;hours, <b>20 hours</b> a week.<o:p></o:p></p>"
        "<script>alert('full-time only')</script><p>Pay &pound;12.60 an hour</p></body></html>"
    )
    text = clean(pasted)
    assert "alert" not in text
    assert "color" not in text
    assert "Pay £12.60 an hour" in text
    advert = read(pasted)
    assert advert.title == "Supervisor"
    assert pay_of(advert).kind == "amount"
    assert clean("Salary < £20k & > £18k") == "Salary < £20k & > £18k"


def test_reading_age_grows_with_long_words_and_sentences() -> None:
    plain = read(FILLER * 2)
    hard = read(
        "The incumbent's multidisciplinary responsibilities necessitate comprehensive familiarity "
        "with organisational prioritisation methodologies alongside demonstrable interpersonal "
        "communication capabilities facilitating collaborative implementation of operational "
        "transformation initiatives " * 4
    )
    young, old = reading_age(plain), reading_age(hard)
    assert young is not None
    assert old is not None
    assert young < 14 < old
    assert reading_age(read("Staff wanted.")) is None


def test_demands_are_quoted_and_softened_ones_are_not() -> None:
    advert = read("Leeds.\nDegree required.\nTwo years of retail experience preferred.")
    assert experience_quotes(advert) == ["Degree required."]


@given(st.text(max_size=400), st.text(max_size=60))
def test_anything_at_all_gives_a_whole_result(text: str, title: str) -> None:
    result = outcome(read(text, title))
    assert result.faults == []
    assert result.figures[0].value is not None
    assert 0 <= result.figures[0].value <= 100


@given(st.integers(1, 40))
def test_length_alone_is_no_merit(times: int) -> None:
    short, long = (
        outcome(read("Part-time, Leeds. " + FILLER)),
        outcome(read("Part-time, Leeds. " + FILLER * times)),
    )
    assert short.figures[0].value == long.figures[0].value


@pytest.mark.parametrize(
    "text",
    ["flexible " * 2200, "not " * 5000, "£" * LONGEST, "<" * LONGEST, "a-" * 9999, "1" * LONGEST,
     "part-time, " * 1800, ("no " * 20 + "part-time ") * 300, "<p>" * 6000, "must be a " * 1900],
)  # fmt: skip
@pytest.mark.timeout(10)
def test_the_longest_text_is_looked_at_in_good_time(text: str) -> None:
    assert outcome(read(text[:LONGEST])).faults == []


@pytest.mark.parametrize(
    ("words", "state", "says"),
    [
        ("Part-time may be considered for the right candidate.", "watch", "Perhaps"),
        ("A job share might be possible.", "watch", "Perhaps"),
        ("Part-time or full-time, 16 to 37 hours.", "good", "Part-time"),
        ("Part-time welcome. A job share may be possible.", "good", "Part-time"),
    ],
)
def test_an_offer_that_leaves_people_guessing_is_not_a_good_one(
    words: str, state: str, says: str
) -> None:
    text = f"Team leader in Leeds\nYou lead a shop team.\n{words}\n" + "You serve customers. " * 20
    flexible = findings(read(text, ""))[0]
    assert flexible.line.state == state
    assert flexible.line.value.startswith(says)
    assert (flexible.points * 2 > flexible.most) is (state == "good")
