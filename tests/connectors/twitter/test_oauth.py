"""X's OAuth 2.0 keys: fresh in time, by one process at a time, stored before they are used, never two writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import AuthExpired, Known, Temporary
from connectors.twitter import oauth
from connectors.twitter.connector import Twitter
from sandbox.twitter import issue_app, issue_oauth2
from tests.connectors.twitter.stage import OURS, TwitterStage
from tests.sandbox_server import RunningSandbox

PUBLIC = {"client_id": "appen"}


class Store:
    """Keeps a channel's token as the database would: one row, one lock."""

    def __init__(self, token: Mapping[str, Any]) -> None:
        self.token = dict(token)
        self.saved: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def save(self, token: Mapping[str, Any]) -> None:
        self.token = dict(token)
        self.saved.append(dict(token))

    @contextmanager
    def lock(self) -> Iterator[Mapping[str, Any]]:
        with self._lock:
            yield dict(self.token)


@pytest.fixture
def stage(sandbox: RunningSandbox) -> Iterator[TwitterStage]:
    made = TwitterStage(sandbox)
    yield made
    made.mend()


def connected(stage: TwitterStage, store: Store) -> Twitter:
    context = stage.context(token=dict(store.token), save_token=store.save, refresh_lock=store.lock)
    return Twitter(context)


def old(stage: TwitterStage, **more: Any) -> Store:
    """Give keys whose two hours are over."""
    return Store(issue_oauth2(stage.world, OURS, lifetime=timedelta(hours=-1), **more))


def test_a_fresh_token_is_used_as_it_is(stage: TwitterStage) -> None:
    store = Store(issue_oauth2(stage.world, OURS))
    assert connected(stage, store).verify().external_id == OURS
    assert store.saved == []


@pytest.mark.parametrize("more", [{}, {"client": PUBLIC}])
def test_an_old_token_is_refreshed_and_stored_first(stage: TwitterStage, more: dict[str, Any]) -> None:
    store = old(stage, **more)
    before = dict(store.token)
    connector = connected(stage, store)
    assert connector.verify().external_id == OURS
    assert connector.calls == 2
    assert len(store.saved) == 1
    assert store.token["refresh_token"] != before["refresh_token"]
    assert oauth.expires_at(store.token) > datetime.now(UTC) + timedelta(hours=1)


def test_a_token_that_ends_unannounced_is_refreshed_once_for_a_read(stage: TwitterStage) -> None:
    store = old(stage)
    del store.token["expires_at"]
    connector = connected(stage, store)
    assert connector.verify().external_id == OURS
    assert connector.calls == 3
    assert connector.verify()
    assert len(store.saved) == 1


def test_a_write_refused_for_its_token_is_not_sent_again_but_the_token_is_fresh(stage: TwitterStage) -> None:
    target, store = stage.target(stage.citizen_writes("När?")), old(stage)
    del store.token["expires_at"]
    connector = connected(stage, store)
    with pytest.raises(Temporary) as caught:
        connector.reply(target, "Klockan nio.")
    assert caught.value.code == "token_refreshed"
    assert len(stage.writes()) == 1
    assert stage.our_entries("Klockan nio.") == []
    connector.reply(target, "Klockan nio.")
    assert len(stage.our_entries("Klockan nio.")) == 1


def test_a_write_with_an_old_token_refreshes_it_first(stage: TwitterStage) -> None:
    target, store = stage.target(stage.citizen_writes("När?")), old(stage)
    connected(stage, store).reply(target, "Klockan nio.")
    assert len(stage.writes()) == 1
    assert len(stage.our_entries("Klockan nio.")) == 1


def test_a_used_refresh_token_needs_a_person(stage: TwitterStage) -> None:
    store = old(stage)
    copy = Store(store.token)
    connected(stage, store).verify()
    with pytest.raises(AuthExpired):
        connected(stage, copy).verify()


def test_of_many_at_once_one_refreshes(stage: TwitterStage) -> None:
    store = old(stage)
    connectors = [connected(stage, store) for _ in range(6)]
    found: list[str] = []
    threads = [threading.Thread(target=lambda c=each: found.append(c.verify().external_id)) for each in connectors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [OURS] * 6
    assert len(store.saved) == 1


def test_a_revoked_grant_needs_a_person_for_reads_and_writes(stage: TwitterStage) -> None:
    target, store = stage.target(stage.citizen_writes("När?")), Store(issue_oauth2(stage.world, OURS))
    stage.revoke()
    with pytest.raises(AuthExpired):
        connected(stage, store).verify()
    with pytest.raises(AuthExpired):
        connected(stage, store).reply(target, "Klockan nio.")


@pytest.mark.parametrize("kind", ["server_error", "html_502", "empty_200", "drop_before"])
def test_a_refresh_that_fails_for_now_sends_nothing(stage: TwitterStage, kind: str) -> None:
    target, store = stage.target(stage.citizen_writes("När?")), old(stage)
    stage.fault(kind, path="oauth2/token")
    with pytest.raises(Temporary):
        connected(stage, store).reply(target, "Klockan nio.")
    assert stage.writes() == []
    assert store.saved == []


def test_a_wrong_client_secret_needs_a_person(stage: TwitterStage) -> None:
    store = old(stage)
    store.token["client_secret"] = "fel"
    with pytest.raises(AuthExpired):
        connected(stage, store).verify()


def test_a_token_without_a_refresh_token_says_when_it_ends(stage: TwitterStage) -> None:
    token = issue_oauth2(stage.world, OURS)
    bare = {"access_token": token["access_token"], "expires_at": token["expires_at"]}
    identity = Twitter(stage.context(token=bare)).verify()
    assert identity.expires_at == datetime.fromisoformat(token["expires_at"])


@pytest.mark.parametrize("token", [{}, {"access_token": ""}, {"access_token": None, "refresh_token": ""}])
def test_without_keys_a_person_is_asked(stage: TwitterStage, token: dict[str, Any]) -> None:
    with pytest.raises(AuthExpired):
        Twitter(stage.context(token=token)).verify()


def test_an_apps_own_token_can_read_but_not_write(stage: TwitterStage) -> None:
    entry = stage.citizen_writes("När?")
    connector = Twitter(stage.context(token={"access_token": issue_app(stage.world)}))
    pages = connector.poll("mentions", {}, known=Known(), now=datetime.now(UTC))
    assert [item.external_id for page in pages for item in page.items] == [entry.id]
    with pytest.raises(AuthExpired) as caught:
        connector.reply(stage.target(entry), "Klockan nio.")
    assert caught.value.code == "wrong_token"


@pytest.mark.parametrize(
    "said", [1795169700, 1795169700.0, "2026-11-20T10:15:00Z", "2026-11-20T10:15:00", "2026-11-20T11:15:00+01:00"]
)
def test_the_end_of_a_token_is_read_in_any_form(said: object) -> None:
    assert oauth.expires_at({"expires_at": said}) == datetime(2026, 11, 20, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize("said", [None, "", "igår", True, [], 10**30, "0001-01-01T00:00:00+23:59"])
def test_an_odd_end_of_a_token_never_crashes(said: object) -> None:
    token = {"access_token": "a", "refresh_token": "b", "expires_at": said}
    assert oauth.is_due(token, datetime.now(UTC)) in (True, False)


def test_no_key_shows_in_an_error(stage: TwitterStage) -> None:
    store = old(stage)
    stage.revoke()
    with pytest.raises(AuthExpired) as caught:
        connected(stage, store).verify()
    assert not [value for value in store.token.values() if value in str(caught.value)]
