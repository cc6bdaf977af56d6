"""The audit trail: refused by the database, found by the check, searched and taken out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import Client

from accounts import audit, trail
from accounts.models import AuditEvent, AuditSeal, Role
from accounts.trail_words import subject_of, subject_words
from tests.commands.conftest import shell
from tests.commands.run import Shell
from tests.factories import NOW, UserFactory

__all__ = ["shell"]
pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def write(count: int = 3, **data: Any) -> list[int]:
    """Write events, and let the database seal them as it does when they are committed."""
    made = [audit.record("reply.queued", f"conversation:{n}", by=None, now=NOW, **data).pk for n in range(count)]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return made


def as_somebody_with_the_database_in_hand(*statements: str) -> None:
    """Run statements with the triggers switched off, as only the owner of the tables can."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")


def test_every_event_is_linked_to_the_one_before() -> None:
    write(3)
    report = trail.check()
    assert (report.events, report.broken) == (3, ())
    assert report.head == AuditSeal.objects.latest("id").hash


def test_an_empty_trail_is_whole() -> None:
    assert trail.check().is_whole


@pytest.mark.parametrize("table", ["accounts_auditevent", "accounts_auditseal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id + 1000", "DELETE FROM {}"])
def test_the_database_refuses_a_change(table: str, statement: str) -> None:
    write(2)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditevent SET action = 'reply.sent' WHERE id = {}",
        "UPDATE accounts_auditevent SET at = at + interval '1 microsecond' WHERE id = {}",
        "UPDATE accounts_auditevent SET subject = 'conversation:9' WHERE id = {}",
        """UPDATE accounts_auditevent SET data = '{{"to": "x"}}' WHERE id = {}""",
        "DELETE FROM accounts_auditevent WHERE id = {}",
        "DELETE FROM accounts_auditseal WHERE event_id = {}",
        "UPDATE accounts_auditseal SET hash = repeat('0', 64) WHERE event_id = {}",
    ],
)
def test_what_was_changed_behind_the_triggers_is_found(statement: str) -> None:
    first, second, _third = write(3)
    as_somebody_with_the_database_in_hand(statement.format(second))
    assert second in trail.check().broken
    assert first not in trail.check().broken


def test_somebody_elses_name_on_an_event_is_found() -> None:
    _first, second, _third = write(3)
    other = UserFactory()
    as_somebody_with_the_database_in_hand(f"UPDATE accounts_auditevent SET actor_id = {other.pk} WHERE id = {second}")
    assert trail.check().broken == (second,)


def test_an_event_slipped_in_without_a_link_is_found() -> None:
    write(2)
    as_somebody_with_the_database_in_hand(
        "INSERT INTO accounts_auditevent (at, action, subject, data) VALUES (now(), 'reply.sent', 'x:1', '{}')"
    )
    assert len(trail.check().broken) == 1


def test_the_last_events_cut_off_are_found_by_whoever_noted_the_head() -> None:
    _first, _second, third = write(3)
    head = trail.check().head
    as_somebody_with_the_database_in_hand(
        f"DELETE FROM accounts_auditseal WHERE event_id = {third}",
        f"DELETE FROM accounts_auditevent WHERE id = {third}",
    )
    assert trail.check().is_whole
    assert not trail.check(head).is_whole


def test_odd_texts_and_numbers_are_linked_as_they_are_stored() -> None:
    write(2, name='Åsa | "x" \\ 😀\n', share=1.10, many=[1, None, {"b": 1, "a": 2}])
    assert trail.check().is_whole


@committed
def test_many_at_once_make_one_chain() -> None:
    def one(number: int) -> None:
        try:
            with transaction.atomic():
                audit.record("reply.queued", f"conversation:{number}", by=None, now=NOW)
                audit.record("reply.sent", f"conversation:{number}", by=None, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(40)))
    report = trail.check()
    assert (report.events, report.broken) == (80, ())


@committed
def test_what_is_rolled_back_leaves_no_link() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record("reply.queued", "conversation:1", by=None, now=NOW)
        raise RuntimeError
    audit.record("reply.queued", "conversation:2", by=None, now=NOW)
    assert AuditSeal.objects.count() == 1
    assert trail.check().is_whole


def test_every_admin_is_told_of_a_broken_link_at_night() -> None:
    UserFactory(role=Role.ADMIN, email="lars@example.org")
    _first, second, _third = write(3)
    as_somebody_with_the_database_in_hand(f"UPDATE accounts_auditevent SET action = 'x' WHERE id = {second}")
    trail.check_nightly(NOW)
    assert [message.to for message in mail.outbox] == [["lars@example.org"]]
    assert str(second) in mail.outbox[0].body


def test_the_command_gives_the_head_and_takes_it_again(shell: Shell) -> None:
    write(2)
    (line,) = shell("audit", "check")
    assert line["events"] == 2
    assert shell("audit", "check", "--head", line["head"]) == [line]
    assert shell.fails("audit", "check", "--head", "0" * 64)["code"] == "head_gone"


def test_the_command_names_what_is_broken(shell: Shell) -> None:
    _first, second, _third = write(3)
    as_somebody_with_the_database_in_hand(f"UPDATE accounts_auditevent SET action = 'x' WHERE id = {second}")
    error = shell.fails("audit", "check")
    assert error["code"] == "broken"
    assert str(second) in error["message"]


@pytest.fixture
def manager(sign_in: Callable[..., Client]) -> Client:
    return sign_in(Role.MANAGER, "Karin Åberg")


def rows(client: Client, query: str = "") -> list[AuditEvent]:
    return [event for event, _words, _address in client.get(f"/logg/{query}").context["rows"]]


def test_the_trail_is_searched_by_who_what_about_what_and_when(manager: Client) -> None:
    bo = UserFactory(name="Bo Ek")
    wanted = audit.record("channel.paused", "channel:7", by=bo, now=NOW - timedelta(days=3))
    audit.record("channel.added", "channel:8", by=None, now=NOW)
    assert rows(manager, f"?vem={bo.pk}") == [wanted]
    assert rows(manager, "?vad=channel.paused") == [wanted]
    assert rows(manager, "?om=channel:7") == [wanted]
    assert rows(manager, "?till=2026-11-21") == [wanted]
    assert rows(manager, "?fran=2026-11-21&till=2026-11-21") == [wanted]


def test_the_page_tells_what_is_stored_in_words_and_is_searched_by_them(manager: Client) -> None:
    audit.record("verdict.no_reply", "conversation:7", by=None, now=NOW, reason="citizen_answered", event=3, first=None)
    page = manager.get("/logg/?om=Konversation+7").content.decode()
    assert ">konversation 7</a>" in page and 'value="konversation 7"' in page
    assert "händelse: 3, first: –, skäl: Invånare svarar invånare" in page


@pytest.mark.parametrize("subject", ["conversation:7", "policy:se24", "barrier:2", "trail:0", "house:1", "x:1", ""])
def test_what_an_event_is_about_is_found_again_by_its_words(subject: str) -> None:
    assert subject_of(subject_words(subject)) == subject


@pytest.mark.parametrize(
    "query", ["?vem=x", "?vem=99999999999999999999", "?fran=2026-02-31", "?fran=i+dag", "?fore=-1", "?om=%00"]
)
def test_a_query_that_makes_no_sense_is_no_error(manager: Client, query: str) -> None:
    assert manager.get(f"/logg/{query}").status_code == 200


def test_older_events_are_a_page_further(manager: Client) -> None:
    write(trail.PAGE + 1)
    page = manager.get("/logg/")
    (last,) = rows(manager, f"?{page.context['older']}")
    assert last.subject == "conversation:0"


def test_taking_it_out_is_an_event_and_no_cell_is_a_formula(manager: Client) -> None:
    audit.record("redirect.added", "redirect:1", by=UserFactory(name="=HYPERLINK(1)"), now=NOW, name="x")
    lines = b"".join(manager.get("/logg/logg.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert "trail.exported" in lines[1]
    assert "'=HYPERLINK(1)" in lines[2]


def test_a_communicator_does_not_read_the_trail(anna: Client) -> None:
    assert anna.get("/logg/").status_code == 403
    assert anna.get("/logg/logg.csv").status_code == 403


def test_the_page_asks_at_most_twelve_queries(
    manager: Client, django_assert_max_num_queries: Callable[..., Any], at: datetime
) -> None:
    for _ in range(30):
        audit.record("user.added", "user:1", by=UserFactory(), now=at)
    with django_assert_max_num_queries(12):
        manager.get("/logg/")
