"""Servers that do it another way than the sandbox, within what the API's manual allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Known, KnownThread
from connectors.youtube.connector import YouTube
from tests.connectors.reader import Reader
from tests.connectors.youtube.odd_server import Asked, OddServer
from tests.connectors.youtube.payloads import comment, error, thread, threads
from tests.connectors.youtube.test_transport import connector

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(number: int) -> str:
    return (START + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Channel:
    """A channel's threads, newest first in pages of 100; what is asked besides is answered by `other`."""

    def __init__(self, count: int) -> None:
        self.threads = {f"Ug{n:04}": thread(f"Ug{n:04}", f"Fråga {n}", at(n)) for n in range(count)}
        self.replies: dict[str, list[dict[str, Any]]] = {}

    def reply(self, top: str, text: str, number: int) -> None:
        replies = self.replies.setdefault(top, [])
        replies.insert(0, comment(f"{top}.{text}", text, at(number), parentId=top))
        self.threads[top]["snippet"]["totalReplyCount"] = len(replies)

    def __call__(self, asked: Asked) -> Any:
        match asked.path.removeprefix("/youtube/v3/"), asked.query:
            case "commentThreads", {"id": ids}:
                return self.by_id(ids.split(","))
            case "commentThreads", query:
                start = int(query.get("pageToken", 0))
                newest = sorted(self.threads.values(), key=lambda t: t["id"], reverse=True)
                more = str(start + 100) if start + 100 < len(newest) else None
                return threads(*newest[start : start + 100], token=more)
            case "comments", {"parentId": top}:
                return {"items": self.replies.get(top, [])}
            case "comments", {"id": ids}:
                found = [self.threads[id]["snippet"]["topLevelComment"] for id in ids.split(",") if id in self.threads]
                return {"items": found}
            case _:
                return self.videos()

    def by_id(self, ids: list[str]) -> Any:
        return threads(*(self.threads[id] for id in ids if id in self.threads))

    def videos(self) -> Any:
        return error(404, "notFound")


class DenyingChannel(Channel):
    """A look-up by id in which one is missing is refused as a whole, as the manual says."""

    def by_id(self, ids: list[str]) -> Any:
        if any(id not in self.threads for id in ids):
            return error(404, "commentThreadNotFound")
        return super().by_id(ids)


def test_a_server_without_videos_and_without_embedded_replies_is_read_whole() -> None:
    channel, reader = Channel(120), Reader()
    with OddServer(channel) as server:
        youtube = connector(server.url)
        channel.reply("Ug0005", "Ett", 200)
        reader.poll(youtube, "comments")
        channel.reply("Ug0005", "Tva", 201)
        reader.poll(youtube, "comments")
        assert {"Ett", "Tva"} <= reader.texts
        assert reader.poll(youtube, "comments").calls <= 3


def test_replies_that_are_counted_but_never_shown_are_not_read_each_time() -> None:
    channel, reader = Channel(3), Reader()
    channel.reply("Ug0001", "Ett", 200)
    channel.threads["Ug0001"]["snippet"]["totalReplyCount"] = 9
    with OddServer(channel) as server:
        youtube = connector(server.url)
        reader.poll(youtube, "comments")
        reader.poll(youtube, "comments")
        assert server.paths().count("comments") == 1


def test_a_reply_that_takes_the_place_of_a_deleted_one_is_found() -> None:
    channel, reader = Channel(3), Reader()
    for number in range(8):
        channel.reply("Ug0001", f"Svar{number}", 200 + number)
    with OddServer(channel) as server:
        youtube = connector(server.url)
        reader.poll(youtube, "comments")
        del channel.replies["Ug0001"][4]
        channel.reply("Ug0001", "Nytt", 300)
        channel.threads["Ug0001"]["replies"] = {"comments": channel.replies["Ug0001"][:5]}
        reader.poll(youtube, "comments")
    assert "Nytt" in reader.texts


def test_a_look_up_refused_for_one_missing_thread_still_reads_the_others() -> None:
    channel, reader = DenyingChannel(140), Reader()
    with OddServer(channel) as server:
        youtube = connector(server.url)
        reader.poll(youtube, "comments")
        del channel.threads["Ug0007"]
        channel.reply("Ug0003", "Sent", 300)
        done = reader.poll(youtube, "comments")
        assert "Sent" in reader.texts
        assert {id for page in done.pages for id in page.missing} == {"Ug0007"}
        assert reader.poll(youtube, "comments").calls <= 3  # it is not asked for again


def test_a_look_up_that_is_cut_short_counts_nothing_as_gone() -> None:
    class ShortChannel(Channel):
        def by_id(self, ids: list[str]) -> Any:
            return super().by_id(ids[:20])

    channel, reader = ShortChannel(140), Reader()
    with OddServer(channel) as server:
        youtube = connector(server.url)
        reader.poll(youtube, "comments")
        done = reader.poll(youtube, "comments")
    assert not [id for page in done.pages for id in page.missing]


def test_a_look_up_of_threads_that_is_refused_costs_no_new_comment() -> None:
    class RefusingChannel(Channel):
        def by_id(self, ids: list[str]) -> Any:
            return error(400, "operationNotSupported")

    channel, reader = RefusingChannel(140), Reader()
    with OddServer(channel) as server:
        youtube = connector(server.url)
        reader.poll(youtube, "comments")
        channel.threads["Ug0999"] = thread("Ug0999", "Ny", at(999))
        done = reader.poll(youtube, "comments")
    assert done.texts == ["Ny"]
    assert not done.incomplete
    assert done.notes


def test_a_comment_from_the_future_stops_no_later_one() -> None:
    channel, reader = Channel(3), Reader()
    channel.threads["Ug0900"] = thread("Ug0900", "Framtid", "2099-01-01T00:00:00Z")
    with OddServer(channel) as server:
        youtube = connector(server.url)
        reader.poll(youtube, "comments")
        for number in range(901, 1120):
            channel.threads[f"Ug{number:04}"] = thread(f"Ug{number:04}", f"Ny {number}", at(number))
        reader.poll(youtube, "comments")
    assert {f"Ny {number}" for number in range(901, 1120)} <= reader.texts


def test_times_with_an_offset_are_the_same_instants() -> None:
    record = thread("Ug1", "Hej", "2026-11-20T11:00:00+01:00")
    with OddServer(lambda asked: threads(record)) as server:
        pages = list(connector(server.url).poll("comments", {}, known=Known(), now=START))
    assert pages[0].items[0].posted_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_html_where_plain_text_was_asked_for_is_unescaped() -> None:
    record = thread("Ug1", "n&#39;n &amp; &lt;3<br>rad två")
    with OddServer(lambda asked: threads(record)) as server:
        pages = list(connector(server.url).poll("comments", {}, known=Known(), now=START))
        assert server.asked[0].query["textFormat"] == "plainText"
    assert pages[0].items[0].text == "n'n & <3\nrad två"


def test_only_documented_parameters_are_sent() -> None:
    documented = {
        "commentThreads": {"allThreadsRelatedToChannelId", "videoId", "id", "order", "maxResults", "pageToken",
                           "textFormat", "part", "alt"},
        "comments": {"parentId", "id", "maxResults", "pageToken", "textFormat", "part", "alt"},
        "videos": {"id", "part", "alt"},
    }  # fmt: skip
    channel, reader = Channel(250), Reader()
    channel.reply("Ug0249", "Svar", 300)
    with OddServer(channel) as server:
        youtube = connector(server.url)
        reader.poll(youtube, "comments")
        del channel.threads["Ug0003"]
        reader.poll(youtube, "comments")
        reader.poll(youtube, "comments", full=True)
    for asked in server.asked:
        path = asked.path.removeprefix("/youtube/v3/")
        assert asked.query.keys() <= documented[path]
        if "id" in asked.query:
            assert not {"maxResults", "pageToken", "order"} & asked.query.keys()
            assert len(asked.query["id"].split(",")) <= 50


def test_a_hundred_thousand_known_threads_cost_no_more_calls() -> None:
    known = [KnownThread(f"Uk{n:06}", "eIKfUWv1Y0E", START) for n in range(100_000)]
    channel = Channel(100)
    with OddServer(channel) as server:
        youtube: YouTube = connector(server.url)
        everything = Known(item_ids=set, threads=lambda: known)
        pages = list(youtube.poll("comments", {}, known=everything, now=START + timedelta(days=60)))
        calls = youtube.calls
        cursor = pages[-1].cursor
        list(youtube.poll("comments", cursor, known=everything, now=START + timedelta(days=60)))
        assert youtube.calls - calls <= 3


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_root_may_end_in_a_slash(slash: str) -> None:
    with OddServer(lambda asked: {"items": [{"id": "UC1"}]}) as server:
        connector(server.url + slash).verify()
    assert server.asked[0].path == "/youtube/v3/channels"
