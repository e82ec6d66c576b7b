"""Files made to hurt: each refused in words, in less than a second and less than 50 MB.

Each is judged in a process of its own, which measures what the judging costs; the file is read
from disk there, as a server does.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from portal.caseload.rules import evidence, referral_file
from portal.caseload.rules.evidence_kinds import CSV, TYPES, FileType
from portal.employers.rules import register_file
from portal.kernel.result import Problem
from portal.payments.rules import rate_cards
from portal.toolkit.rules import ladder, rota_file
from tests.factories import files
from tests.factories.bombs import BOMBS, LIMIT, TABLES, holding
from tests.support.measured import Cost, measured

SECONDS, MIB = 1.0, 50.0
_MIB = 1024 * 1024


def judged(data: bytes) -> list[str]:
    found = evidence.recognise(data, at_most=LIMIT)
    return ["taken", found.words] if isinstance(found, FileType) else [found.code, found.message]


def read_register(data: bytes) -> str:
    try:
        return f"{len(register_file.read_register(data, most_rows=50_000).rows)} rows taken"
    except register_file.RegisterFileError as error:
        return str(error)


def read_referrals(data: bytes) -> str:
    try:
        return f"{len(referral_file.read_file(data).rows)} rows taken"
    except register_file.RegisterFileError as error:
        return str(error)


def said_of(found: object) -> str:
    if isinstance(found, list):
        return " ".join(one.message for one in found if isinstance(one, Problem))
    return "taken"


READERS = {
    "register": (read_register, LIMIT),
    "referrals": (read_referrals, referral_file.MAX_BYTES),
    "rota": (lambda data: said_of(rota_file.read(data)), 2_000_000),
    "ladder": (lambda data: said_of(ladder.read_file(data)), 2_000_000),
    "rates": (lambda data: said_of(rate_cards.read_table(data)), rate_cards.MOST_BYTES),
}


def cost_for(path: Path, work) -> Cost:
    return measured(lambda: work(path.read_bytes()))


@pytest.mark.parametrize("name", BOMBS)
def test_every_bomb_is_refused_in_words_quickly_and_in_little_memory(tmp_path: Path, name: str):
    path = tmp_path / "sent"
    path.write_bytes(BOMBS[name]())
    assert path.stat().st_size <= LIMIT, "as sent, it would be refused for its size only"
    cost = cost_for(path, judged)
    code, message = cost.said
    assert code not in {"taken", "too_large"}, cost
    assert cost.seconds < SECONDS, cost
    assert cost.mib < MIB, cost
    # What is wrong, and what to do: at least two sentences that a person can follow.
    assert len(message.split()) >= 8
    assert not {"None", "Error", "Traceback"} & set(message.split())


def test_there_are_at_least_thirty_of_them_and_of_each_kind():
    assert len(BOMBS) >= 30
    ends = {name.rpartition(".")[2] for name in BOMBS}
    assert {"zip", "gz", "xlsx", "docx", "pptx", "png", "jpg", "gif", "webp", "tiff"} <= ends
    assert {"svg", "pdf", "xml", "heic"} <= ends


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_of_tables_bears_hostile_ones(tmp_path: Path, reader: str):
    read, limit = READERS[reader]
    path = tmp_path / "sent"
    for name, make in TABLES.items():
        path.write_bytes(make(limit - 200))
        cost = cost_for(path, read)
        assert cost.said, name
        assert "taken" not in cost.said, (name, cost)
        assert cost.seconds < SECONDS, (name, cost)
        assert cost.mib < MIB, (name, cost)


def test_naive_reading_costs_too_much_and_is_noticed(tmp_path: Path):
    """The control: the same files, opened as whoever does not think of it would."""

    def unpacked(data: bytes) -> int:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entry = archive.open(archive.infolist()[-1])
            entry._expected_crc = None
            return len(entry.read())

    path = tmp_path / "sent"
    path.write_bytes(holding(files.docx(), "word/a.bin", 60 * _MIB))
    assert cost_for(path, unpacked).mib > MIB
    path.write_bytes(TABLES["empty lines.csv"](900_000))
    assert (
        cost_for(path, lambda data: len([line.split(b",") for line in data.splitlines()])).mib > MIB
    )
    assert measured(lambda: sum(range(8_000_000))).seconds > 0.05


def test_what_people_really_send_is_taken():
    """The other control: a judge that refuses everything would pass all of the above."""
    large = bytes(range(256)) * 12_000
    chart = files.xlsx()
    good = [
        files.pdf(),
        files.docx(**{"word/media/photo.jpg": large, "word/embeddings/chart.xlsx": chart}),
        files.xlsx(b"<row><c>1</c></row>" * 200_000),
        files.odt(),
        files.png(6_000, 8_000),
        files.jpeg(6_000, 8_000),
        files.heic(4_032, 3_024),
        files.msg() + files.docx(),
        files.EML,
        b"Dear all,\n<redacted> came late. 3 < 4.\n",
    ]
    for data in good:
        assert evidence.recognise(data, at_most=LIMIT) in TYPES.values(), data[:40]
    assert evidence.recognise(b"Name,Hours\nA,1\n", at_most=LIMIT) is CSV


def test_a_table_of_honest_size_is_read_whole():
    head = "EmployerName,EmployerId,Address\n"
    rows = "".join(
        f'"Example {n} Ltd",{n},"1 High Street,\r\nLeeds"\r\n\r\n' for n in range(20_000)
    )
    found = register_file.read_register((head + rows).encode(), most_rows=50_000)
    assert sum(1 for _ in found.numbered()) == 20_000
    assert found.rows[0] == ["Example 0 Ltd", "0", "1 High Street,\r\nLeeds"]
    with pytest.raises(register_file.RegisterFileError, match="more than 39,"):
        register_file.read_register((head + rows).encode(), most_rows=39_000)
