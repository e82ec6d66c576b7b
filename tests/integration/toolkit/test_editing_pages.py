"""Writing resources on their pages, as a browser without a script does."""

from __future__ import annotations

from typing import Any

import pytest

from portal.db import current_session, unit_of_work
from portal.kernel.people import PORTAL
from portal.toolkit.models import Resource
from portal.toolkit.queries import resources as queries
from portal.toolkit.service import resources
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import Provider, make_lep_officer, make_provider
from tests.factories.toolkit import make_content, make_draft, make_published
from tests.integration.toolkit.pages import filled, text_of


@pytest.fixture
def provider(session: Any) -> Provider:
    with unit_of_work():
        return make_provider()


@pytest.fixture
def editor(client: Any, provider: Provider) -> Any:
    sign_in(client, provider.adviser)
    return client


def count() -> int:
    return len(current_session().query(Resource).all())


def draft(**changes: Any) -> str:
    with unit_of_work():
        return make_draft(**changes).reference


def content_of(reference: str) -> Any:
    facts = queries.resource(reference)
    assert facts is not None
    return facts.content


def test_a_resource_is_written_and_its_minutes_estimated(editor: Any) -> None:
    answer = editor.submit("/toolkit/manage/new", filled(body=f"{'word ' * 500}[@report-a]"))
    assert "Your draft is kept" in text_of(answer)
    made = current_session().query(Resource).one()
    assert (made.state, made.format, made.minutes) == ("draft", "guide", 3)
    content = content_of(made.reference)
    assert content.sources[0].url == "https://example.org/report"
    assert content.sectors == ("retail",)
    assert "Begun" in text_of(answer)


def test_another_source_is_a_row_more_and_nothing_typed_is_lost(editor: Any) -> None:
    before = filled(title="", **{"review_by-month": "Nov"})
    page = editor.submit("/toolkit/manage/new", before, add_source="1")
    soup = page.get_data(as_text=True)
    assert "Error:" not in soup
    assert 'name="sources-1-key"' in soup
    assert 'value="A Publisher"' in soup
    assert 'value="Nov"' in soup
    assert "Ask each person." in soup
    assert count() == 0


def test_the_preview_is_what_readers_get_and_saves_nothing(editor: Any, client: Any) -> None:
    page = editor.submit("/toolkit/manage/new", filled(), preview="1").get_data(as_text=True)
    assert "Preview, not saved" in page
    assert count() == 0
    with unit_of_work():
        shown = make_published(body=filled()["body"].replace("report-a", "example-source"))
    public = client.get(f"/toolkit/{shown.slug}").get_data(as_text=True)
    part = page[page.index('<p class="govuk-body">Start') : page.index("Ask each person.</p>")]
    assert part in public


def test_what_is_wrong_is_said_and_what_was_typed_stays(editor: Any) -> None:
    wrong = filled(title="", audiences=[], body="No heading [@nobody]")
    page = editor.submit("/toolkit/manage/new", wrong)
    said = text_of(page)
    for words in (
        "Enter a title",
        "Choose at least one audience",
        "cites [@nobody], which is not a source",
        "Nothing in the text cites [@report-a]",
    ):
        assert words in said
    assert "No heading [@nobody]" in page.get_data(as_text=True)
    assert count() == 0


def test_a_paste_from_word_is_cleaned_and_said_before_it_is_saved(editor: Any) -> None:
    pasted = (
        "<p class=MsoNormal>Start with one post [@report-a]<o:p></o:p></p>"
        "<script>alert(1)</script><p><a href='javascript:x()'>go</a></p>"
        "<img src='data:image/png;base64,AAAA' alt='A chart'>"
    )
    page = editor.submit("/toolkit/manage/new", filled(body=pasted))
    said = text_of(page)
    assert "Taken out of the text, before anything is saved" in said
    for words in ("a script: alert(1)", "javascript:x()", "a picture: A chart", "marks of Word"):
        assert words in said
    assert count() == 0
    area = page.get_data(as_text=True).partition('name="body"')[2].partition("</textarea>")[0]
    kept = area.partition(">")[2].strip()
    assert kept == "Start with one post [@report-a]\n\ngo"
    saved = editor.submit("/toolkit/manage/new", filled(body=kept))
    assert "Your draft is kept" in text_of(saved)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("word " * 20_000, "it has 100,000 characters and may have 60,000"),
        ("word " * 600_000, "it has 3,000,000 characters and may have 60,000"),
    ],
    ids=["over the limit", "megabytes"],
)
def test_a_text_too_long_is_refused_with_the_reason_and_kept(
    editor: Any, body: str, reason: str
) -> None:
    page = editor.submit("/toolkit/manage/new", filled(body=body))
    assert page.status_code == 200
    said = page.get_data(as_text=True)
    assert reason in said
    assert body.strip()[:2000] in said
    assert said.count("word ") > len(body) // 5 - 10
    assert count() == 0


def test_control_characters_are_taken_out_and_said_first(editor: Any) -> None:
    page = editor.submit("/toolkit/manage/new", filled(body="One\x00two\x07 [@report-a]"))
    assert "2 control or hidden characters" in text_of(page)
    assert "Onetwo [@report-a]" in page.get_data(as_text=True)
    assert count() == 0


def test_a_later_version_leaves_readers_with_the_published_one(editor: Any, client: Any) -> None:
    with unit_of_work():
        shown = make_published()
        reference, slug = shown.reference, shown.slug
    page = editor.submit(
        f"/toolkit/manage/{reference}/edit", {"title": "A better title", "change_note": "Clearer"}
    )
    assert "Version 2 is kept" in text_of(page)
    assert "Clearer" in text_of(page)
    assert "A better title" not in text_of(client.get(f"/toolkit/{slug}"))
    unchanged = editor.submit(f"/toolkit/manage/{reference}/edit")
    assert "Nothing was changed" in text_of(unchanged)
    facts = queries.resource(reference)
    assert facts is not None
    assert facts.latest_number == 2


def test_a_workbook_stays_with_a_text_that_is_edited(editor: Any) -> None:
    book = {
        "sheets": [{"name": "Tasks", "columns": [{"title": "Task", "kind": "text"}], "blank": 5}]
    }
    reference = draft(kind="template", downloads=("docx", "xlsx"), workbook=book)
    editor.submit(f"/toolkit/manage/{reference}/edit", {"title": "Another title"})
    content = content_of(reference)
    assert (content.title, content.workbook) == ("Another title", book)
    assert content.downloads == ("docx", "xlsx")


def test_what_somebody_else_wrote_stands_beside_what_was_typed(editor: Any) -> None:
    reference = draft()
    path = f"/toolkit/manage/{reference}/edit"
    page = editor.soup(path)
    token = page.find("input", {"name": "csrf_token"})["value"]
    mine = filled(csrf_token=token, revision="0", body="Mine is here [@report-a]", format=None)
    mine = {key: value for key, value in mine.items() if value is not None}
    with unit_of_work():
        resources.save_version(
            reference=reference,
            revision=0,
            content=make_content(title="Theirs", body="Theirs is here [@example-source]"),
            change_note="Quick fix",
            by=PORTAL,
        )
    answer = editor.post(path, data=mine)
    said = text_of(answer)
    assert "has saved version 2 while you were writing" in said
    assert "Quick fix" in said
    assert "Theirs is here" in said
    assert "Mine is here [@report-a]" in answer.get_data(as_text=True)
    assert len(queries.versions(queries.resource(reference).id)) == 2  # type: ignore[union-attr]
    again = answer.get_data(as_text=True).partition('name="revision" value="')[2]
    saved = editor.post(path, data={**mine, "revision": again.partition('"')[0]})
    assert saved.status_code == 302
    facts = queries.resource(reference)
    assert facts is not None
    assert facts.latest_number == 3
    assert facts.content.body.startswith("Mine is here")
    second = queries.resource(reference, number=2)
    assert second is not None
    assert second.content.title == "Theirs"


def test_two_versions_are_compared_and_one_brought_back(editor: Any) -> None:
    reference = draft(title="First title", body="Ask on Monday [@example-source]\n\n## A\n\nb")
    editor.submit(
        f"/toolkit/manage/{reference}/edit",
        {"title": "Second title", "body": "Ask on Friday [@example-source]\n\n## A\n\nb"},
    )
    page = editor.soup(f"/toolkit/manage/{reference}/compare?from=1&to=2")
    assert [tag.get_text() for tag in page.select(".app-diff del")] == [" [taken out: Monday] "]
    assert [tag.get_text() for tag in page.select(".app-diff ins")] == [" [added: Friday] "]
    facts = page.select_one(".app-diff-facts").get_text(" ", strip=True)
    assert "Only in version 1: First title" in facts
    assert "Only in version 2: Second title" in facts
    back = editor.submit(
        f"/toolkit/manage/{reference}/versions/1",
        form=f"/toolkit/manage/{reference}/versions/1/restore",
    )
    assert "Version 1 is the latest again" in text_of(back)
    assert content_of(reference).title == "First title"
    for path in ("versions/9", "compare?from=1&to=99", "versions/0"):
        assert editor.get(f"/toolkit/manage/{reference}/{path}").status_code == 404


def test_readers_and_employers_do_not_manage(client: Any, session: Any) -> None:
    reference = draft()
    paths = (
        "/toolkit/manage",
        "/toolkit/manage/new",
        "/toolkit/manage/comments",
        *(
            f"/toolkit/manage/{reference}{part}"
            for part in ("", "/edit", "/versions/1", "/compare", "/tests", "/publish", "/retire")
        ),
    )
    for path in paths:
        assert client.get(path).status_code == 302, path
    with unit_of_work():
        reader = make_user()
    sign_in(client, reader)
    for path in paths:
        assert client.get(path).status_code == 403, path


def test_publishing_takes_a_manager_or_the_lep(client: Any, provider: Provider) -> None:
    reference = draft()
    with unit_of_work():
        officer = make_lep_officer()
    for user, status in ((provider.adviser, 403), (provider.manager, 302), (officer, 302)):
        sign_in(client, user)
        assert client.get(f"/toolkit/manage/{reference}/publish").status_code == status
