"""What people type becomes a value or a plain sentence, and never goes missing."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from portal.kernel.result import Problem
from portal.web import forms
from portal.web.text import clean_line, clean_text, count_characters
from portal.web.widgets import component, foreign

from .dom import normalise

FAMILY = "👩‍👩‍👧‍👦"


@pytest.fixture(autouse=True)
def _request():
    app = Flask(__name__)
    app.config.update(SECRET_KEY="test", WTF_CSRF_ENABLED=False)
    with app.test_request_context("/", method="POST"):
        yield


def fill(typed=None, /, **fields):
    """A form of these fields with what was typed."""
    made = type("Made", (forms.Form,), fields)
    form = made(formdata=MultiDict(typed) if typed is not None else None)
    if typed is not None:
        form.validate()
    return form


def one(field, typed):
    form = fill(typed if isinstance(typed, dict) else {"it": typed}, it=field)
    return form.it.data, (form.it.errors or [None])[0]


# Text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Sainsbury's  ", "Sainsbury's"),
        ("a\x00b\x07c", "abc"),
        ("cafe\u0301", "caf\u00e9"),
        ("two\r\nlines\there", "two  lines here"),
        ("مؤسسة النور", "مؤسسة النور"),
        ("evil\u202ename", "evilname"),
        (FAMILY, FAMILY),
    ],
)
def test_a_line_is_cleaned(typed, kept):
    assert clean_line(typed) == kept
    assert one(forms.StringField("Name"), typed) == (kept, None)


def test_several_lines_keep_their_ends():
    assert clean_text(" one\r\ntwo\rthree\x0b ") == "one\ntwo\nthree"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("abc", 3),
        ("e\u0301", 1),
        (FAMILY, 1),
        ("🇬🇧🇫🇷", 2),
        ("👍🏽!", 2),
        ("नमस्ते", 4),
        ("a\nb", 3),
    ],
)
def test_characters_are_counted_as_people_do(text, count):
    # the Devanagari conjunct counts by its marks, as most scripts of browsers did before 2023
    assert count_characters(text) == count


def test_a_line_has_a_limit_and_nothing_is_cut_off():
    typed = "x" * 201
    assert one(forms.StringField("Name"), "x" * 200)[1] is None
    assert one(forms.StringField("Name"), typed) == (
        typed,
        "Name must be 200 characters or fewer",
    )


def test_a_text_counts_a_family_once():
    assert one(forms.TextAreaField("Notes", max_length=10), FAMILY * 5)[1] is None
    assert one(forms.TextAreaField("Notes"), "y" * 10_000)[1] == (
        "Notes must be 2,000 characters or fewer"
    )
    assert one(forms.TextAreaField("Notes", max_length=10), FAMILY * 10)[1] is not None


def test_line_ends_count_once():
    assert one(forms.TextAreaField("Notes", max_length=5), "ab\r\ncd") == ("ab\ncd", None)


def test_a_question_is_not_repeated_in_a_message():
    field = forms.StringField("What is your name?", max_length=1)
    assert one(field, "ab")[1] == "Your answer must be 1 characters or fewer"


@pytest.mark.parametrize("typed", ["", "   ", "\u202e"])
def test_an_empty_line_is_refused_in_the_words_given(typed):
    data, error = one(forms.StringField("Name", required="Enter a name"), typed)
    assert (data, error) == ("", "Enter a name")


@pytest.mark.parametrize("typed", ["a", "a@", "a@b", "a b@example.com", "a@example..com"])
def test_a_faulty_address_is_explained(typed):
    assert one(forms.EmailField("Email"), typed) == (
        typed,
        "Enter an email address in the correct format, like name@example.com",
    )


def test_an_address_is_kept():
    assert one(forms.EmailField("Email"), " Jo@EXAMPLE.com ") == ("Jo@example.com", None)
    assert one(forms.EmailField("Email"), "") == ("", None)


def test_a_password_stays_as_typed_and_is_not_shown_again():
    form = fill({"it": " pa ss "}, it=forms.PasswordField("Password"))
    assert form.it.data == " pa ss "
    assert "pa ss" not in form.it()


# Numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("12", 12),
        ("1,200", 1200),
        (" 1 200 ", 1200),
        ("1,234,567", 1_234_567),
        ("0", 0),
        ("", None),
    ],
)
def test_whole_numbers_are_read(typed, number):
    assert one(forms.IntegerField("Number of employees"), typed) == (number, None)


@pytest.mark.parametrize("typed", ["twelve", "1,2", "12.5", "1e3", "--1", "12 people", "£5"])
def test_what_is_no_whole_number_is_explained_and_kept(typed):
    form = fill({"it": typed}, it=forms.IntegerField("Number of employees"))
    assert form.it.errors == ["Number of employees must be a whole number, like 12"]
    assert f'value="{typed}"' in form.it()


def test_numbers_have_limits():
    field = forms.IntegerField("Number of employees", minimum=1, maximum=5000)
    assert one(field, "0")[1] == "Number of employees must be 1 or more"
    assert one(field, "-3")[1] == "Number of employees must be 1 or more"
    assert one(field, "5,001")[1] == "Number of employees must be 5,000 or fewer"


@pytest.mark.parametrize(
    ("typed", "pence"),
    [("12", 1200), ("£12.50", 1250), ("1,234.5", 123_450), (".99", 99), ("£ 3", 300), ("", None)],
)
def test_pounds_become_pence(typed, pence):
    assert one(forms.PoundsField("Cost"), typed) == (pence, None)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("1.234", "Cost must have no more than 2 decimal places, like 12.50"),
        ("ten", "Cost must be an amount in pounds, like 12.50"),
        ("1.", "Cost must be an amount in pounds, like 12.50"),
        ("1,2.00", "Cost must be an amount in pounds, like 12.50"),
        ("-1", "Cost must be £0.00 or more"),
    ],
)
def test_faulty_amounts_are_explained(typed, error):
    assert one(forms.PoundsField("Cost"), typed)[1] == error


@pytest.mark.parametrize(("pence", "shown"), [(1200, "12"), (1205, "12.05"), (0, "0")])
def test_pence_are_shown_as_pounds(pence, shown):
    form = fill(it=forms.PoundsField("Cost", default=pence))
    assert f'value="{shown}"' in form.it()


# Dates --------------------------------------------------------------------------------------


def day(day="", month="", year=""):
    return {"it-day": day, "it-month": month, "it-year": year}


@pytest.mark.parametrize("month", ["3", "03", "March", "march", "MAR", "Mar."])
def test_dates_are_read(month):
    assert one(forms.DateField("Start date"), day("7", month, "2026")) == (
        dt.date(2026, 3, 7),
        None,
    )


@pytest.mark.parametrize(
    ("typed", "error", "wrong"),
    [
        (day("", "3", "2026"), "Start date must include a day", ("day",)),
        (day("1", "", ""), "Start date must include a month and a year", ("month", "year")),
        (day("31", "2", "2026"), "Start date must be a real date, like 27 3 2026", ()),
        (day("32", "1", "2026"), "Start date must be a real date, like 27 3 2026", ("day",)),
        (day("1", "Smarch", "2026"), "Start date must be a real date, like 27 3 2026", ("month",)),
        (day("1", "1", "26"), "Start date must have a year of 4 numbers, like 2026", ("year",)),
        (day("1", "1", "1850"), "Start date must be 1 January 1900 or later", ()),
        (
            day("x", "y", "z"),
            "Start date must be a real date, like 27 3 2026",
            ("day", "month", "year"),
        ),
    ],
)
def test_dates_say_what_is_wrong(typed, error, wrong):
    form = fill(typed, it=forms.DateField("Start date"))
    assert (form.it.errors, form.it.wrong) == ([error], wrong)
    page = form.it()
    for name, value in typed.items():
        assert not value or f'name="{name}" type="text" value="{value}"' in page
    assert form.summary()[0]["href"] == f"#it-{wrong[0] if wrong else 'day'}"
    assert page.count("govuk-input--error") == (len(wrong) or 3)


def test_dates_have_bounds_and_may_be_empty():
    field = forms.DateField("Start date", latest=lambda: dt.date(2026, 11, 22))
    assert (
        one(field, day("23", "11", "2026"))[1] == "Start date must be 22 November 2026 or earlier"
    )
    assert one(field, day()) == (None, None)
    assert one(forms.DateField("Start", required="Enter the start date"), day())[1] == (
        "Enter the start date"
    )


def test_a_kept_date_is_shown():
    form = fill(it=forms.DateField("Start date", default=dt.date(2026, 3, 7)))
    page = form.it()
    assert 'value="7"' in page
    assert 'value="2026"' in page


# Choices ------------------------------------------------------------------------------------

SIZES = [("micro", "Micro"), ("small", "Small", "10 to 49 people"), ("none", "Not sure")]


def test_radios_take_only_what_is_offered():
    assert one(forms.RadioField("Size", choices=SIZES), "small") == ("small", None)
    assert one(forms.RadioField("Size", choices=SIZES), "huge")[1] == (
        "Choose one of the options on the page"
    )
    assert one(forms.RadioField("Size", choices=SIZES), {}) == (None, None)
    assert one(forms.RadioField("Size", choices=SIZES, required="Select a size"), {})[1] == (
        "Select a size"
    )


def test_radios_render_as_the_macro_does():
    field = forms.RadioField("Size", choices=SIZES, hint="Roughly", divider_before="none")
    form = fill({"it": "small"}, it=field)
    items = [
        {"value": "micro", "text": "Micro"},
        {"value": "small", "text": "Small", "hint": "10 to 49 people", "checked": True},
        {"divider": "or"},
        {"value": "none", "text": "Not sure"},
    ]
    expected = component("radios")("it", items, legend="Size", hint="Roughly")
    assert normalise(form.it()) == normalise(expected)


def test_a_choice_may_reveal_another_field():
    form = fill({"it": "small"}, it=forms.RadioField("Size", choices=SIZES))
    page = form.it(conditional={"small": Markup("<p>More</p>")})
    assert 'data-aria-controls="conditional-it-2"' in page
    assert "<p>More</p>" in page


def test_checkboxes_keep_the_order_of_the_page():
    field = forms.CheckboxesField("Sizes", choices=SIZES)
    form = fill(MultiDict([("it", "small"), ("it", "micro"), ("it", "small")]), it=field)
    assert form.it.data == ["micro", "small"]
    assert form.it().count(" checked") == 2


def test_an_exclusive_box_stands_alone():
    field = forms.CheckboxesField("Sizes", choices=SIZES, exclusive=("none",))
    form = fill(MultiDict([("it", "micro"), ("it", "none")]), it=field)
    assert form.it.errors == ["Choose either “Not sure” or the other options, not both"]
    assert 'data-behaviour="exclusive"' in form.it()


def test_a_list_has_an_empty_first_line():
    page = fill({"it": "micro"}, it=forms.SelectField("Size", choices=SIZES))["it"]()
    assert '<option value="">Choose</option>' in page
    assert '<option value="micro" selected>Micro</option>' in page


def test_a_tick_can_be_required():
    field = forms.BooleanField("I agree", required="Tick the box to agree")
    assert one(field, {})[1] == "Tick the box to agree"
    assert one(field, "y") == (True, None)


# Forms --------------------------------------------------------------------------------------


def test_ids_tie_hint_and_error_to_the_input():
    field = forms.StringField("Name", hint="As on the sign", required="Enter a name")
    page = fill({"it": ""}, it=field).it(label_class="govuk-label--m")
    assert 'aria-describedby="it-hint it-error"' in page
    assert 'id="it-hint"' in page
    assert 'id="it-error"' in page
    assert " required" not in page


def test_the_summary_links_to_first_inputs_and_shows_what_a_service_refused():
    form = fill(
        {"name": ""},
        name=forms.StringField("Name", required="Enter a name"),
        size=forms.RadioField("Size", choices=SIZES, required="Select a size"),
    )
    form.refuse(Problem("taken", "That name is taken", "name"))
    form.refuse(Problem("closed", "The programme is closed"))
    assert form.summary() == [
        {"text": "The programme is closed"},
        {"text": "Enter a name", "href": "#name"},
        {"text": "Select a size", "href": "#size"},
    ]
    page = component("error_summary")(form)
    assert '<a href="#size">Select a size</a>' in page


def test_a_form_without_mistakes_has_no_summary():
    assert component("error_summary")(fill({"it": "a"}, it=forms.StringField("Name"))) == ""


def test_what_is_typed_is_escaped():
    page = fill({"it": '"><script>'}, it=forms.StringField("<b>Name</b>")).it()
    assert "<script>" not in page
    assert "&lt;b&gt;Name" in page


def test_a_librarys_own_form_renders_in_our_markup():
    from flask_wtf import FlaskForm
    from wtforms import BooleanField, PasswordField, RadioField, StringField, TextAreaField
    from wtforms.fields.choices import SelectChoice
    from wtforms.validators import DataRequired

    class Theirs(FlaskForm):
        email = StringField("Email", [DataRequired("Enter your email")])
        password = PasswordField("Password")
        remember = BooleanField("Keep me signed in")
        way = RadioField("Way", choices=[SelectChoice("a", "An app"), SelectChoice("b", "A key")])
        note = TextAreaField("Note")

    form = Theirs(formdata=MultiDict({"email": "", "way": "b"}))
    form.validate()
    page = Markup("").join(foreign(field) for field in form)
    assert page.count("govuk-form-group") >= 5
    assert 'type="password"' in page
    assert 'value="b" checked' in page
    assert " required" not in page
    assert "#email" in component("error_summary")(form)
