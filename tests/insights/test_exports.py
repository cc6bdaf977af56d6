"""Files: what the page shows is what is taken out, read back by other libraries, whatever people wrote."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import openpyxl
import pypdf
import pytest
import time_machine
from django.test import Client

from accounts.models import AuditEvent, Surface
from inbox.models import Contact, Conversation, RedirectTarget, ReplyCycle
from insights import figures, report
from insights.definitions import FIGURES
from insights.scope import Scope
from tests import factories
from tests.insights import histories
from tests.insights.recount import Raw
from tests.insights.test_recount import MONDAY

pytestmark = pytest.mark.django_db
HOSTILE = [
    "=HYPERLINK(\"http://evil\";\"klicka\")", "+46 70", "-1+1", "@SUM(A1)", "#import \"x\": *", "<b>åäö</b> & {{ 7 }}",
    'rad ett\nrad "två"; tre', "*fet* _kursiv_ $x^2$ `kod` \\u{1}",
]  # fmt: skip


@pytest.fixture
def take(client: Client, now: datetime) -> Callable[..., bytes]:
    """Take out a file as a reader, at the time of the tests."""
    client.force_login(factories.UserFactory(role="reader"))

    def taken(path: str, **query: str) -> bytes:
        with time_machine.travel(now, tick=False):
            answer = client.get(f"/uppfoljning/{path}", query)
        assert answer.status_code == 200
        return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]

    return taken


def lines_of(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_every_file_holds_the_numbers_of_the_page(take: Callable[..., bytes], now: datetime) -> None:
    histories.make(21, histories.channels(), now, size=60)
    shown = report.of(Scope(MONDAY, weeks=13), now)
    page = {key: shown.number(key).count for key in FIGURES}
    sheet = openpyxl.load_workbook(io.BytesIO(take("siffror.xlsx", veckor="13")))["Tal"]
    files = {
        "csv": {row["Nyckel"]: int(row["Antal"]) for row in lines_of(take("siffror.csv", veckor="13"))},
        "xlsx": {row[0].value: row[2].value for row in sheet.iter_rows(min_row=2)},
        "json": {row["key"]: row["count"] for row in json.loads(take("siffror.json", veckor="13"))["figures"]},
    }
    assert {key: n for key, n in page.items() if n}
    for form, found in files.items():
        assert {key: found[key] for key in page} == page, form


@pytest.mark.parametrize("key", ["owed", "late", "first_answer", "open_first", "redirected"])
def test_every_file_of_rows_holds_exactly_the_rows(key: str, take: Callable[..., bytes], now: datetime) -> None:
    histories.make(22, histories.channels(), now, size=40)
    with time_machine.travel(now, tick=False):
        rows = ReplyCycle.objects.filter(pk__in=figures.rows(FIGURES[key], Scope(MONDAY, weeks=13), now).values("pk"))
    wanted = sorted(rows.values_list("conversation", flat=True))
    query = {"figur": key, "veckor": "13"}
    sheet = openpyxl.load_workbook(io.BytesIO(take("rader.xlsx", **query))).worksheets[0]
    assert wanted
    assert sorted(int(row["Konversation"]) for row in lines_of(take("rader.csv", **query))) == wanted
    assert sorted(row[0].value for row in sheet.iter_rows(min_row=2)) == wanted
    assert sorted(row["conversation"] for row in json.loads(take("rader.json", **query))["rows"]) == wanted


def test_what_people_write_comes_out_as_they_wrote_it_and_never_as_a_formula(
    take: Callable[..., bytes], now: datetime
) -> None:
    histories.make(23, histories.channels(), now, size=len(HOSTILE), weeks=20)
    for row, text in zip(Conversation.objects.order_by("pk"), HOSTILE, strict=True):
        Conversation.objects.filter(pk=row.pk).update(preview=text)
        Contact.objects.filter(pk=row.contact_id).update(name=text[:200])
    query = {"figur": "arrived", "veckor": "52"}
    texts = {row["Text"] for row in lines_of(take("rader.csv", **query))}
    assert not any(text.startswith(("=", "+", "-", "@")) for text in texts)
    assert {text.removeprefix("'") for text in texts} <= set(HOSTILE)
    sheet = openpyxl.load_workbook(io.BytesIO(take("rader.xlsx", **query))).worksheets[0]
    cells = [row[5] for row in sheet.iter_rows(min_row=2)]
    assert {cell.value for cell in cells} <= set(HOSTILE) and {cell.data_type for cell in cells} == {"s"}
    paper = pypdf.PdfReader(io.BytesIO(take("rader.pdf", **query)))
    words = " ".join(page.extract_text() for page in paper.pages)
    assert "<b>åäö</b>" in words and "*fet*" in words


def test_decimals_have_a_comma_and_small_numbers_no_percentage(take: Callable[..., bytes], now: datetime) -> None:
    histories.make(24, histories.channels(), now, size=90)
    rows = {row["Nyckel"]: row for row in lines_of(take("siffror.csv", veckor="52"))}
    assert "," in rows["kept"]["Procent"] or rows["kept"]["Procent"].endswith(",0")
    assert all(not row["Procent"] for row in rows.values() if row["Nämnare"] and int(row["Nämnare"]) < 10)


def test_no_file_holds_what_members_wrote_on_linkedin(take: Callable[..., bytes], now: datetime) -> None:
    channel = factories.ChannelFactory(platform="linkedin")
    histories.make(25, [channel], now, size=5)
    Conversation.objects.update(preview="Hemligt på LinkedIn")
    query = {"figur": "arrived", "veckor": "52"}
    for form in ("csv", "json"):
        assert "Hemligt" not in take(f"rader.{form}", **query).decode()
    assert "Åsa" not in take("rader.csv", **query).decode()


def test_the_paper_is_tagged_and_its_words_can_be_read(take: Callable[..., bytes], now: datetime) -> None:
    histories.make(26, histories.channels(), now, size=60)
    paper = pypdf.PdfReader(io.BytesIO(take("siffror.pdf", veckor="13")))
    root = paper.trailer["/Root"]
    words = " ".join(page.extract_text() for page in paper.pages)
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root and root["/Lang"].startswith("sv")
    assert "pdfuaid" in paper.xmp_metadata.stream.get_data().decode()  # type: ignore[union-attr]
    assert "Löftet, vecka" in words and "Så räknar vi" in words


def test_taking_out_rows_leaves_a_mark_in_the_trail(take: Callable[..., bytes], now: datetime) -> None:
    take("rader.csv", figur="late")
    event = AuditEvent.objects.get(action="figures.rows_exported")
    assert event.data["form"] == "csv" and "figur=late" in event.data["query"]


def test_no_file_ranks_colleagues_or_holds_a_draft(take: Callable[..., bytes], now: datetime) -> None:
    histories.make(27, histories.channels(), now, size=20)
    colleague = factories.UserFactory(name="Kollegan Svensson")
    Conversation.objects.update(assignee=colleague)
    for path in ("siffror.json", "siffror.csv"):
        assert "Kollegan" not in take(path, veckor="52").decode()
    assert "Kollegan" not in take("rader.csv", figur="arrived", veckor="52").decode()


@pytest.mark.parametrize("name", ["Vatten/avlopp [ny]: 'A*B?'", "🏊 Simhallen & <b>", "Ä" * 100, "///"])
def test_any_name_can_be_a_sheet_and_stand_on_paper(name: str, take: Callable[..., bytes], now: datetime) -> None:
    channel = factories.ChannelFactory(name=name)
    histories.make(28, [channel], now, size=8, weeks=3)
    target = RedirectTarget.objects.create(name=name, text="…")
    Surface.objects.create(channel=channel, name="comments", last_success_at=now - timedelta(hours=9))
    book = openpyxl.load_workbook(io.BytesIO(take("rader.xlsx", figur=f"redirected-{target.pk}", veckor="4")))
    assert len(book.sheetnames) == 1
    assert take("siffror.pdf", veckor="4").startswith(b"%PDF")
    assert take("rader.pdf", figur="arrived", veckor="4").startswith(b"%PDF")


def test_a_recount_the_figures_their_rows_and_every_file_are_one(take: Callable[..., bytes], now: datetime) -> None:
    channels = histories.channels()
    histories.make(29, channels, now, size=70, weeks=16)
    raw, scope, every = Raw(now), Scope(MONDAY, weeks=13), {channel.pk for channel in channels}
    asked = {"veckor": "13"}
    as_json = {row["key"]: row["count"] for row in json.loads(take("siffror.json", **asked))["figures"]}
    as_csv = {row["Nyckel"]: int(row["Antal"]) for row in lines_of(take("siffror.csv", **asked))}
    for key in FIGURES:
        ids = raw.ids(key, scope.start, scope.end, every)
        wanted = sorted(raw.conversation_of(pk) for pk in ids)
        assert as_json[key] == as_csv[key] == len(ids), key
        rows = json.loads(take("rader.json", figur=key, **asked))
        assert (rows["count"], sorted(row["conversation"] for row in rows["rows"])) == (len(ids), wanted), key
