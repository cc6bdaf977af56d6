"""The one suite that every connector passes: a platform subclasses `ConnectorContract` and gives its `Stage`.

class TestContract(ConnectorContract):
    @pytest.fixture
    def stage(self, sandbox): return TwitterStage(sandbox)
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from connectors import http
from connectors.base import (
    AuthExpired,
    Capability,
    Connector,
    Exhausted,
    Known,
    OutcomeUnknown,
    Permanent,
    PlatformError,
    Temporary,
)
from connectors.surfaces import FOUND, When, found
from tests.connectors.reader import Reader
from tests.connectors.stage import Stage

NOBODY_LISTENS = "http://127.0.0.1:9"  # the discard port: refused at once

READ_FAULTS: dict[str, type[PlatformError]] = {
    "rate_limit": Exhausted,
    "quota": Exhausted,
    "token_revoked": AuthExpired,
    "server_error": Temporary,
    "html_502": Temporary,
    "empty_200": Temporary,
    "drop_before": Temporary,
    "drop_after": Temporary,
}

WRITE_FAULTS: dict[str, type[PlatformError]] = {
    "rate_limit": Exhausted,
    "quota": Exhausted,
    "token_revoked": AuthExpired,
    "server_error": OutcomeUnknown,
    "html_502": OutcomeUnknown,
    "html_502_after": OutcomeUnknown,
    "empty_200": OutcomeUnknown,
    "drop_before": OutcomeUnknown,
    "drop_after": OutcomeUnknown,
}


class ConnectorContract:
    """Subclass with a fixture `stage`; add to the two tables what only that platform knows."""

    read_faults: ClassVar[dict[str, type[PlatformError]]] = READ_FAULTS
    write_faults: ClassVar[dict[str, type[PlatformError]]] = WRITE_FAULTS
    write_method: ClassVar[str] = "POST"

    @pytest.fixture
    def stage(self) -> Stage:
        raise NotImplementedError

    @pytest.fixture
    def connector(self, stage: Stage) -> Iterator[Connector]:
        yield stage.connector()
        stage.mend()

    @pytest.fixture
    def reader(self) -> Reader:
        return Reader()

    # What a poll finds

    def test_a_poll_finds_what_a_citizen_wrote(self, stage: Stage, connector: Connector, reader: Reader) -> None:
        entry = stage.citizen_writes("När öppnar badet? å & ö <3")
        reader.poll(connector)
        item = reader.find(entry.text)
        assert (item.external_id, item.thread, item.parent) == (entry.id, entry.thread, None)
        assert item.author is not None
        assert item.author.external_id == entry.author
        assert item.author.name
        assert abs(item.posted_at - entry.created_at) < timedelta(seconds=1)
        assert not item.from_us
        assert item.addressed
        assert item.edited_at is None

    def test_a_poll_finds_a_nested_answer_with_its_parent(
        self, stage: Stage, connector: Connector, reader: Reader
    ) -> None:
        first = stage.citizen_writes("När öppnar badet?")
        ours = stage.answer(first, "Klockan nio.", by_us=True)
        reader.poll(connector)
        second = stage.answer(ours, "Även på söndagar?")
        reader.poll(connector)
        item = reader.find(second.text)
        assert item.thread == first.thread
        assert item.parent == second.parent

    def test_polling_again_brings_nothing_new(self, stage: Stage, connector: Connector, reader: Reader) -> None:
        first = stage.citizen_writes("När öppnar badet?")
        stage.answer(first, "Klockan nio.", by_us=True)
        reader.poll(connector)
        reader.poll(connector)  # a thread is known to be ours only now, and may bring its older parts
        assert reader.poll(connector).is_quiet
        assert reader.poll(connector, full=True).is_quiet
        assert reader.poll(stage.connector()).is_quiet

    def test_a_poll_without_news_is_cheap(self, stage: Stage, connector: Connector, reader: Reader) -> None:
        for number in range(2 * stage.page_size):
            stage.citizen_writes(f"Fråga {number}")
        reader.poll(connector)
        reader.poll(connector)
        assert reader.poll(connector, stage.surface).calls <= 3

    def test_an_edit_is_the_same_item_with_the_new_text(
        self, stage: Stage, connector: Connector, reader: Reader
    ) -> None:
        entry = stage.citizen_writes("När öpnar badet?")
        reader.poll(connector)
        edited = stage.world.edit(entry.id, entry.text.replace("öpnar", "öppnar"))
        done = reader.poll(connector, full=True)
        assert [item.text for item in done.changed] == [edited.text]
        assert done.changed[0].edited_at is not None
        assert abs(done.changed[0].posted_at - entry.created_at) < timedelta(seconds=1)
        assert not done.new

    def test_a_deletion_is_seen_within_two_full_polls(self, stage: Stage, connector: Connector, reader: Reader) -> None:
        gone, stays = stage.citizen_writes("Ångrar mig"), stage.citizen_writes("Står kvar")
        reader.poll(connector)
        stage.world.delete(gone.id)
        deleted = reader.poll(connector, full=True).deleted + reader.poll(connector, full=True).deleted
        assert deleted == [gone.id]
        assert stays.id not in reader.deleted

    def test_what_the_platform_shows_late_is_found(self, stage: Stage, connector: Connector, reader: Reader) -> None:
        now = datetime.now(UTC)
        late = stage.citizen_writes("Sen", at=now - timedelta(hours=2), visible_at=now + timedelta(days=1))
        stage.citizen_writes("I tid", at=now - timedelta(hours=1))
        reader.poll(connector)
        assert late.text not in reader.texts
        stage.show(late)
        assert reader.poll(connector).texts == [late.text]

    # What connectors/surfaces.py promises

    def test_the_table_of_surfaces_names_those_there_are(self, stage: Stage) -> None:
        kinds = {name.partition(":")[0] for name in stage.connector(hashtags=("fritid",)).surfaces()}
        assert kinds | ({"hashtag"} & FOUND[stage.platform].keys()) == FOUND[stage.platform].keys()

    def test_without_news_each_surface_keeps_to_the_calls_of_the_table(self, stage: Stage, reader: Reader) -> None:
        connector = stage.connector(hashtags=("fritid",))
        for number in range(5):
            stage.citizen_writes(f"Fråga {number} #fritid")
        reader.poll(connector)
        reader.poll(connector)
        for surface in connector.surfaces():
            assert reader.poll(connector, surface).calls <= found(stage.platform, surface).calls, surface

    def test_what_changes_is_seen_when_the_table_says(self, stage: Stage, connector: Connector, reader: Reader) -> None:
        promise = found(stage.platform, stage.surface)
        edited, gone = stage.citizen_writes("När öpnar badet?"), stage.citizen_writes("Ångrar mig")
        reader.poll(connector)
        stage.world.edit(edited.id, edited.text.replace("öpnar", "öppnar"))
        stage.world.delete(gone.id)
        news = stage.citizen_writes("Ny fråga")
        done = reader.poll(connector)
        assert news.text in done.texts
        assert len(done.changed) == 1 or promise.edited is not When.NEXT
        done = reader.poll(connector, full=True)
        assert {"öppnar" in item.text for item in reader.items.values()} >= {True}
        assert done.deleted == [gone.id] or promise.deleted is not When.FULL
        reader.poll(connector, full=True)
        assert reader.deleted == {gone.id}

    def test_our_answer_in_the_app_is_known_as_ours(self, stage: Stage, connector: Connector, reader: Reader) -> None:
        first = stage.citizen_writes("När öppnar badet?")
        ours = stage.answer(first, "Klockan nio.", by_us=True)
        reader.poll(connector)
        reader.poll(connector)
        item = reader.find(ours.text)
        assert item.from_us
        assert (item.external_id, item.thread, item.parent) == (ours.id, first.thread, first.id)

    def test_nothing_of_ours_is_ever_a_parent_at_top_level(
        self, stage: Stage, connector: Connector, reader: Reader
    ) -> None:
        stage.citizen_writes("När öppnar badet?")
        reader.poll(connector, full=True)
        assert not {item.parent for item in reader.items.values()} & reader.posts.keys()

    # Paging

    def test_a_poll_follows_all_pages(self, stage: Stage, connector: Connector, reader: Reader) -> None:
        written = {stage.citizen_writes(f"Fråga {number}").id for number in range(2 * stage.page_size + 7)}
        done = reader.poll(connector)
        assert written <= {item.external_id for item in reader.items.values()}
        assert not done.incomplete

    def test_an_empty_page_in_the_middle_is_no_end(self, stage: Stage, connector: Connector, reader: Reader) -> None:
        written = {stage.citizen_writes(f"Fråga {number}").id for number in range(stage.page_size + 7)}
        stage.fault("empty_page")
        reader.poll(connector)
        assert written <= {item.external_id for item in reader.items.values()}

    def test_a_repeated_page_ends_the_poll_and_it_says_so(
        self, stage: Stage, connector: Connector, reader: Reader
    ) -> None:
        written = {stage.citizen_writes(f"Fråga {number}").id for number in range(2 * stage.page_size + 7)}
        stage.fault("repeat_page")
        done = reader.poll(connector, stage.surface)
        assert done.incomplete == [stage.surface]
        assert done.notes
        assert stage.surface not in reader.cursors
        stage.mend()
        reader.poll(connector, stage.surface)
        assert written <= {item.external_id for item in reader.items.values()}

    def test_a_missing_next_ends_the_poll_and_a_full_one_finds_the_rest(
        self, stage: Stage, connector: Connector, reader: Reader
    ) -> None:
        written = {stage.citizen_writes(f"Fråga {number}").id for number in range(stage.page_size + 7)}
        stage.fault("missing_next")
        reader.poll(connector)
        stage.mend()
        reader.poll(connector, full=True)
        assert written <= {item.external_id for item in reader.items.values()}

    def test_a_poll_that_breaks_off_leaves_the_cursor(self, stage: Stage, connector: Connector, reader: Reader) -> None:
        written = {stage.citizen_writes(f"Fråga {number}").id for number in range(stage.page_size + 7)}
        pages = connector.poll(stage.surface, {}, known=reader.known(), now=datetime.now(UTC))
        next(iter(pages))
        stage.fault("server_error")
        with pytest.raises(Temporary):
            list(pages)
        stage.mend()
        reader.poll(connector)
        assert written <= {item.external_id for item in reader.items.values()}

    def test_one_odd_record_does_not_stop_the_poll(self, stage: Stage, connector: Connector, reader: Reader) -> None:
        before, odd, after = (stage.citizen_writes(text) for text in ("Före", "Konstig", "Efter"))
        stage.spoil(odd)
        reader.poll(connector)
        assert {before.text, after.text} <= reader.texts
        assert reader.unreadable
        assert reader.unreadable[0].raw.isascii()

    # Who we are, and what it costs

    def test_verify_tells_who_we_are(self, stage: Stage, connector: Connector) -> None:
        identity = connector.verify()
        assert identity.external_id == stage.our_id
        assert identity.name

    def test_every_request_is_counted(self, stage: Stage, connector: Connector, reader: Reader) -> None:
        stage.citizen_writes("När öppnar badet?")
        stage.forget_wire()
        done = reader.poll(connector, full=True)
        assert done.calls == connector.calls == len(stage.wire())
        assert all(page.cost.amount >= 0 for page in done.pages)

    # Writes

    def test_a_reply_stands_on_the_platform_once_and_word_for_word(
        self, stage: Stage, connector: Connector, reader: Reader
    ) -> None:
        entry = stage.citizen_writes("När öppnar badet?")
        text = "Klockan nio & tio <3 \n\nVälkommen!  /Anna"
        sent = connector.reply(stage.target(entry), text)
        assert [each.id for each in stage.our_entries(text)] == [sent.external_id]
        reader.poll(connector)
        reader.poll(connector)
        assert reader.find(text).external_id == sent.external_id
        assert reader.find(text).from_us

    def test_a_sent_reply_is_found_and_can_be_excluded(self, stage: Stage, connector: Connector) -> None:
        entry, since = stage.citizen_writes("När öppnar badet?"), datetime.now(UTC)
        target, text = stage.target(entry), "Klockan nio & tio."
        sent = connector.reply(target, text)
        found = connector.find_sent(target, text, since=since, exclude=())
        assert found is not None
        assert found.external_id == sent.external_id
        assert connector.find_sent(target, text, since=since, exclude={sent.external_id}) is None

    def test_what_was_never_sent_is_not_found(self, stage: Stage, connector: Connector) -> None:
        first, second = stage.citizen_writes("När öppnar badet?"), stage.citizen_writes("Och biblioteket?")
        since = datetime.now(UTC)
        connector.reply(stage.target(first), "Klockan nio.")
        for target, text in ((first, "Klockan tio."), (second, "Klockan nio.")):
            assert connector.find_sent(stage.target(target), text, since=since, exclude=()) is None

    def test_an_answer_lost_after_the_write_is_one_request_and_is_found(
        self, stage: Stage, connector: Connector
    ) -> None:
        entry, since = stage.citizen_writes("När öppnar badet?"), datetime.now(UTC)
        stage.fault("drop_after", method=self.write_method)
        stage.forget_wire()
        with pytest.raises(OutcomeUnknown):
            connector.reply(stage.target(entry), "Klockan nio.")
        assert len(stage.writes()) == 1
        stage.mend()
        found = connector.find_sent(stage.target(entry), "Klockan nio.", since=since, exclude=())
        assert found is not None
        assert [each.id for each in stage.our_entries("Klockan nio.")] == [found.external_id]

    def test_a_write_dropped_before_it_was_read_is_one_request_and_unknown(
        self, stage: Stage, connector: Connector
    ) -> None:
        entry = stage.citizen_writes("När öppnar badet?")
        stage.fault("drop_before", method=self.write_method)
        stage.forget_wire()
        with pytest.raises(OutcomeUnknown):
            connector.reply(stage.target(entry), "Klockan nio.")
        assert len(stage.writes()) == 1
        assert stage.our_entries("Klockan nio.") == []

    def test_a_write_that_waits_too_long_is_unknown(
        self, stage: Stage, connector: Connector, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entry = stage.citizen_writes("När öppnar badet?")
        monkeypatch.setattr(http, "TIMEOUT", (0.5, 0.5))
        stage.fault("hold_after", method=self.write_method)
        with pytest.raises(OutcomeUnknown):
            connector.reply(stage.target(entry), "Klockan nio.")

    def test_a_failed_look_up_is_not_an_absence(self, stage: Stage, connector: Connector) -> None:
        entry = stage.citizen_writes("När öppnar badet?")
        for kind in ("server_error", "html_502", "empty_200", "drop_before"):
            stage.fault(kind)
            with pytest.raises(PlatformError):
                connector.find_sent(stage.target(entry), "Klockan nio.", since=datetime.now(UTC), exclude=())
            stage.mend()

    # Errors

    def test_each_fault_of_a_read_is_the_right_error(self, stage: Stage, connector: Connector) -> None:
        stage.citizen_writes("När öppnar badet?")
        for kind, expected in self.read_faults.items():
            stage.fault(kind)
            with pytest.raises(expected) as caught:
                list(stage.connector().poll(stage.surface, {}, known=Known(), now=datetime.now(UTC)))
            stage.mend()
            assert_sentence(caught.value, stage, kind)

    def test_each_fault_of_a_write_is_the_right_error(self, stage: Stage, connector: Connector) -> None:
        entry = stage.citizen_writes("När öppnar badet?")
        for kind, expected in self.write_faults.items():
            stage.fault(kind, method=self.write_method)
            stage.forget_wire()
            with pytest.raises(expected) as caught:
                stage.connector().reply(stage.target(entry), f"Klockan nio, {kind}.")
            assert len(stage.writes()) == 1, kind
            stage.mend()
            assert_sentence(caught.value, stage, kind)

    def test_a_connection_that_was_never_made_is_temporary(self, stage: Stage) -> None:
        target, nowhere = (
            stage.target(stage.citizen_writes("När öppnar badet?")),
            stage.connector(base_url=NOBODY_LISTENS),
        )
        with pytest.raises(Temporary):
            nowhere.reply(target, "Klockan nio.")
        with pytest.raises(Temporary):
            list(nowhere.poll(stage.surface, {}, known=Known(), now=datetime.now(UTC)))

    def test_a_revoked_token_needs_a_person(self, stage: Stage, connector: Connector) -> None:
        entry = stage.citizen_writes("När öppnar badet?")
        stage.revoke()
        with pytest.raises(AuthExpired):
            connector.verify()
        with pytest.raises(AuthExpired):
            connector.reply(stage.target(entry), "Klockan nio.")

    def test_a_reply_to_something_deleted_is_refused_for_good(self, stage: Stage, connector: Connector) -> None:
        entry = stage.citizen_writes("Ångrar mig")
        stage.world.delete(entry.id)
        with pytest.raises(Permanent) as caught:
            connector.reply(stage.target(entry), "Klockan nio.")
        assert_sentence(caught.value, stage, "gone")

    def test_a_text_that_is_too_long_is_refused_and_not_cut(self, stage: Stage, connector: Connector) -> None:
        entry, since = stage.citizen_writes("När öppnar badet?"), datetime.now(UTC) - timedelta(minutes=1)
        with pytest.raises(Permanent) as caught:
            connector.reply(stage.target(entry), stage.too_long)
        assert_sentence(caught.value, stage, "too long")
        assert not [
            each for each in stage.world.entries(stage.platform, author=stage.our_id) if each.created_at > since
        ]

    # Moderation

    def test_what_can_be_hidden_can_be_shown_again(self, stage: Stage, connector: Connector) -> None:
        if not {Capability.HIDE, Capability.UNHIDE} <= connector.capabilities:
            pytest.skip("This platform hides nothing through its API.")
        entry = stage.citizen_answers_our_post("Opassande")
        connector.moderate(stage.target(entry), Capability.HIDE)
        assert stage.world.entry(entry.id).hidden
        connector.moderate(stage.target(entry), Capability.UNHIDE)
        assert not stage.world.entry(entry.id).hidden

    def test_what_is_not_a_capability_is_refused(self, stage: Stage, connector: Connector) -> None:
        target = stage.target(stage.citizen_writes("Hej"))
        for action in {Capability.LIKE, Capability.EDIT, Capability.HIDE} - connector.capabilities:
            with pytest.raises(Permanent):
                connector.moderate(target, action)


def assert_sentence(error: PlatformError, stage: Stage, what: str) -> None:
    """Hold an error to what a communicator can use: a Swedish sentence, no token, a stable code, a time to come."""
    words = str(error)
    assert words.endswith((".", "!")), (what, words)
    assert not [secret for secret in stage.secrets if secret in words], what
    assert "Klockan nio" not in words
    assert error.code
    if isinstance(error, Exhausted):
        assert error.until > datetime.now(UTC), what
