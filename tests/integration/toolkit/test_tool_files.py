"""The tools that take files: the ladder and the rota, as anybody uses them."""

from __future__ import annotations

import io
import re

from sqlalchemy import select

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.toolkit.models import ToolResult
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer, make_membership
from tests.support.client import PortalClient

LADDER = b"Grade,Staff,Part-time\nCrew,60,45\nTeam leader,12,2\n"


def rota_csv() -> bytes:
    lines = ["Person,Date,Start,End,Published,Changed"]
    lines += [
        f"Example Person {person},2026-03-{day:02},09:00,13:00,2026-02-20,"
        for person in (1, 2)
        for day in range(2, 30)
    ]
    return "\n".join(lines).encode()


def upload(client: PortalClient, path: str, data: bytes, **more: str) -> str:
    answer = client.submit(path, {**more, "file": (io.BytesIO(data), "example.csv")})
    assert answer.status_code == 200
    return answer.text


def test_grades_are_typed_and_rows_are_added(client: PortalClient) -> None:
    page = client.submit("/tools/ladder", {"grades-0-grade": "Crew", "do": "rows"})
    assert 'name="grades-5-grade"' in page.text
    assert 'value="Crew"' in page.text
    wrong = client.submit(
        "/tools/ladder",
        {"grades-0-grade": "Crew", "grades-0-staff": "60", "grades-0-part_time": "75"},
    )
    assert "There cannot be more part-time staff than staff" in wrong.text
    done = client.submit(
        "/tools/ladder",
        {
            "grades-0-grade": "Crew",
            "grades-0-staff": "60",
            "grades-0-part_time": "45",
            "grades-1-grade": "Team leader",
            "grades-1-staff": "12",
            "grades-1-part_time": "2",
        },
    )
    assert "Part-time staff stop at the step from Crew to Team leader" in done.text


def test_a_file_of_grades_fills_the_rows(client: PortalClient) -> None:
    page = upload(client, "/tools/ladder", LADDER)
    assert "Part-time staff stop at the step from Crew to Team leader" in page
    assert 'value="Team leader"' in page
    broken = upload(client, "/tools/ladder", b"Grade;Staff\nCrew;many\n")
    assert "Missing: Part-time" in broken


def test_a_rota_is_scored_and_no_name_comes_back(client: PortalClient) -> None:
    page = upload(client, "/tools/rota", rota_csv())
    assert "out of 100: people know a shift" in page
    assert "Example Person" not in page
    broken = upload(client, "/tools/rota", b"Person,Date,Start,End\nA,soon,9:00,10:00\n")
    assert "“soon” is not a date" in broken
    assert "out of 100" not in broken
    nothing = client.submit("/tools/rota", {})
    assert "Choose a rota file" in nothing.text
    example = client.get("/tools/rota/example.csv").data
    assert "out of 100" in upload(client, "/tools/rota", example)


def test_a_member_keeps_a_rota_score_without_sending_the_file_again(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        user, employer = make_user(), make_employer()
        make_membership(employer_id=employer.id, user_id=user.id)
    sign_in(client, user)
    page = upload(client, "/tools/rota", rota_csv())
    payload = re.search(r'name="payload" value="([^"]+)"', page)
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert payload is not None
    assert token is not None
    answer = client.post(
        "/tools/keep",
        data={"payload": payload[1], "employer": employer.reference, "csrf_token": token[1]},
    )
    assert answer.status_code == 302
    kept = session.scalars(select(ToolResult)).one()
    assert kept.tool == "rota"
    assert kept.inputs == {"file_name": "example.csv", "shifts": 56}
    assert "Example Person" not in str(kept.result)
    assert "out of 100" in client.get(answer.location).text
