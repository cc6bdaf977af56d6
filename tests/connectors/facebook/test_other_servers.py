"""Facebook's connector against a Graph that does less, or does it otherwise, than the one we know."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.base import AuthExpired, Known, OutcomeUnknown, Permanent, PlatformError, Target, Temporary
from tests.connectors.facebook.odd import PAGE, START, OddGraph
from tests.connectors.reader import Reader, Round

NOW = START + timedelta(hours=1)


@pytest.fixture
def reader() -> Reader:
    return Reader()


def poll(odd: OddGraph, reader: Reader, *, now: datetime = NOW, full: bool = False) -> Round:
    return reader.poll(odd.connector(), "comments", now=now, full=full)


def talk(odd: OddGraph, comments: int = 130) -> set[str]:
    """Two posts, one with many comments, every fourth an answer."""
    odd.post(2, 5)
    busy, written = odd.post(1), set()
    for number in range(comments):
        top = f"1_{1000 + number // 4 * 4}"
        written.add(odd.comment(busy, 1000 + number, 10 + number / 10, parent=top if number % 4 else None))
    return written


@pytest.mark.parametrize(
    "differently",
    [
        {"expands": False},
        {"reads_lists": False},
        {"orders": False},
        {"streams": False},
        {"counts": False},
        {"most": 7},
        {"orders": False, "counts": False, "most": 10},
        {"expands": False, "streams": False, "orders": False, "most": 10},
        {"unknown": ("attachment",)},
        {"unknown": ("comment_count", "updated_time")},
        {"without": ("parent", "comment_count")},
        {"without": ("from",)},
        {"next_host": "https://graph.facebook.com"},
        {"bytes_at_once": 6000},
    ],
    ids=str,
)
def test_nothing_is_lost_on_a_graph_that_does_it(differently: dict[str, Any], reader: Reader, odd: OddGraph) -> None:
    for name, value in differently.items():
        setattr(odd, name, value)
    written = talk(odd)
    done = poll(odd, reader)
    assert (written, []) == (set(reader.items), done.incomplete)
    later = {odd.comment(f"{PAGE}_1", 5000, 55), odd.comment(f"{PAGE}_2", 5001, 56)}
    assert {item.external_id for item in poll(odd, reader, now=NOW + timedelta(minutes=1)).new} == later
    assert poll(odd, reader, now=NOW + timedelta(minutes=2)).is_quiet
    assert poll(odd, reader, full=True).is_quiet


def test_without_field_expansion_a_post_is_read_by_itself(reader: Reader, odd: OddGraph) -> None:
    odd.expands = False
    written = talk(odd)
    assert poll(odd, reader).calls == 1 + 2 + 1  # the feed, two posts, the second page of one
    assert set(reader.items) == written


def test_an_answer_left_out_of_the_stream_is_fetched_once(reader: Reader, odd: OddGraph) -> None:
    odd.streams = False
    top = odd.comment(odd.post(1), 1, 10)
    answer = odd.comment(f"{PAGE}_1", 2, 11, parent=top)
    assert poll(odd, reader).calls == 2
    assert (reader.items[answer].thread, reader.items[answer].parent) == (top, top)
    assert poll(odd, reader).calls == 1
    odd.comment(f"{PAGE}_1", 3, 12, parent=top)
    assert poll(odd, reader).texts == ["Kommentar 3"]


def test_a_deeper_answer_belongs_to_the_thread_of_the_top_comment(reader: Reader, odd: OddGraph) -> None:
    top = odd.comment(odd.post(1), 1, 10)
    middle = odd.comment(f"{PAGE}_1", 2, 11, parent=top)
    deep = odd.comment(f"{PAGE}_1", 3, 12, parent=middle)
    poll(odd, reader)
    assert (reader.items[deep].thread, reader.items[deep].parent) == (top, middle)


def test_a_deep_answer_to_something_long_stored_still_finds_its_thread(reader: Reader, odd: OddGraph) -> None:
    top = odd.comment(odd.post(1), 1, 0)
    middle = odd.comment(f"{PAGE}_1", 2, 1, parent=top)
    for number in range(40):
        odd.comment(f"{PAGE}_1", 100 + number, 2)
    poll(odd, reader)
    deep = odd.comment(f"{PAGE}_1", 900, 50, parent=middle)
    poll(odd, reader, now=NOW + timedelta(minutes=1))
    assert reader.items[deep].thread == top


def test_an_answer_whose_parent_is_gone_is_read_all_the_same(reader: Reader, odd: OddGraph) -> None:
    odd.comment(odd.post(1), 2, 11, parent="1_404")
    poll(odd, reader)
    assert reader.items["1_2"].thread == "1_404"


def test_the_token_never_goes_to_another_server(reader: Reader, odd: OddGraph) -> None:
    other = OddGraph()
    odd.next_host, written = other.url, talk(odd)
    done = poll(odd, reader)
    other.stop()
    assert (done.incomplete, other.log) == (["comments"], [])
    assert any("annan server" in note for note in done.notes)
    assert 0 < len(reader.items) < len(written)


def test_next_is_followed_with_its_parameters_without_value(reader: Reader, odd: OddGraph) -> None:
    talk(odd)
    poll(odd, reader)
    followed = [line for line in odd.log if "__paging_token=" in line]
    assert followed
    assert all("&since" in line and line.count("access_token=") == 1 for line in followed)


def test_a_next_without_token_and_proof_gets_ours(odd: OddGraph) -> None:
    odd.post(1)
    paging = {"next": f"{odd.url}/v26.0/{PAGE}/feed?after=x"}
    odd.answer = lambda path, args: (200, {}, {"data": [], "paging": paging}) if "after" not in args else None
    list(odd.connector(app_secret="hemligt").poll("comments", {}, known=Known(), now=NOW))
    assert all(line.count("access_token=EAAodd") == 1 for line in odd.log)
    assert all(line.count("appsecret_proof=") == 1 for line in odd.log)


def test_no_proof_is_sent_without_an_app_secret(reader: Reader, odd: OddGraph) -> None:
    talk(odd)
    poll(odd, reader)
    assert not [line for line in odd.log if "appsecret_proof" in line]


def test_pages_without_end_are_given_up_and_said(reader: Reader, odd: OddGraph) -> None:
    def endless(path: str, args: dict[str, str]) -> Any:
        number = int(args.get("after", 0)) + 1
        return 200, {}, {"data": [], "paging": {"next": f"{odd.url}/v26.0/{path}?after={number}"}}

    odd.answer = endless
    done = poll(odd, reader)
    assert done.incomplete == ["comments"]
    assert done.calls < 40


def test_the_same_page_for_ever_is_given_up_and_said(reader: Reader, odd: OddGraph) -> None:
    def repeating(path: str, args: dict[str, str]) -> Any:
        number = int(args.get("after", 0)) + 1
        row = {"id": f"{PAGE}_1", "created_time": "2026-11-20T08:00:00+0000"}
        return 200, {}, {"data": [row], "paging": {"next": f"{odd.url}/v26.0/{path}?after={number}"}}

    odd.answer = repeating
    done = poll(odd, reader)
    assert done.incomplete == ["comments"]
    assert done.calls < 10


def test_a_hiccup_in_the_middle_does_not_cost_the_whole_reading(reader: Reader, odd: OddGraph) -> None:
    written, hiccups = talk(odd, 450), [1]

    def once(path: str, args: dict[str, str]) -> Any:
        return (502, {"Content-Type": "text/html"}, b"<html>") if "__paging_token" in args and hiccups.pop() else None

    odd.answer = lambda path, args: once(path, args) if hiccups else None
    assert not poll(odd, reader).incomplete
    assert set(reader.items) == written


def test_one_post_that_may_not_be_read_does_not_stop_the_others(reader: Reader, odd: OddGraph) -> None:
    odd.expands = False
    odd.comment(odd.post(1), 1, 1)
    odd.comment(odd.post(2), 2, 1)
    refused = (403, {}, {"error": {"code": 10, "message": "(#10) no"}})
    odd.answer = lambda path, args: refused if path == f"{PAGE}_2/comments" else None
    done = poll(odd, reader)
    assert done.texts == ["Kommentar 1"]
    assert done.incomplete == ["comments"]


def test_a_post_that_went_while_we_read_is_no_trouble(reader: Reader, odd: OddGraph) -> None:
    odd.expands = False
    odd.comment(odd.post(1), 1, 1)
    odd.post(2)
    odd.answer = lambda path, args: odd.gone(f"{PAGE}_2") if path == f"{PAGE}_2/comments" else None
    assert not poll(odd, reader).incomplete


def test_a_page_that_we_may_not_see_says_so(odd: OddGraph) -> None:
    odd.answer = lambda path, args: odd.gone(PAGE)
    with pytest.raises(Permanent, match="behörighet"):
        list(odd.connector().poll("comments", {}, known=Known(), now=NOW))


@pytest.mark.parametrize("body", [{}, [], {"data": None}, "ja", None, 7, True], ids=str)
def test_an_answer_that_is_no_list_is_not_taken_for_an_empty_one(body: Any, odd: OddGraph) -> None:
    odd.answer = lambda path, args: (200, {}, body)
    with pytest.raises(Temporary):
        list(odd.connector().poll("comments", {}, known=Known(), now=NOW))
    with pytest.raises(Temporary):
        odd.connector().find_sent(Target("1_1", "1_1"), "Hej", since=NOW, exclude=())


@pytest.mark.parametrize("kind", ["text/javascript; charset=UTF-8", "text/html", ""])
def test_json_is_read_whatever_it_is_called(kind: str, odd: OddGraph, reader: Reader) -> None:
    odd.comment(odd.post(1), 1, 1)
    odd.answer = lambda path, args: (200, {"Content-Type": kind}, odd.respond(path, args)[2])
    poll(odd, reader)
    assert set(reader.items) == {"1_1"}


@pytest.mark.parametrize("kind", ["application/json", "text/html", ""])
@pytest.mark.parametrize("content", [b"", b"<html>fel</html>", b"{", b"\xff\xfe", b"access_token=x"])
@pytest.mark.parametrize("status", [200, 204, 302, 400, 403, 404, 500, 503])
def test_whatever_comes_back_is_one_of_our_errors(status: int, content: bytes, kind: str, odd: OddGraph) -> None:
    odd.answer = lambda path, args: (status, {"Content-Type": kind}, b"" if status == 204 else content)
    with pytest.raises(PlatformError):
        list(odd.connector().poll("comments", {}, known=Known(), now=NOW))
    with pytest.raises(OutcomeUnknown):
        odd.connector().reply(Target("1_1", "1_1"), "Hej")
    assert len([line for line in odd.log if line.startswith("POST")]) == 1


def test_an_error_that_is_a_mere_string_is_one_of_ours(odd: OddGraph) -> None:
    odd.answer = lambda path, args: (400, {}, {"error": "invalid_request"})
    with pytest.raises(PlatformError):
        odd.connector().verify()


def test_a_dead_token_on_a_followed_page_stops_the_poll(odd: OddGraph) -> None:
    talk(odd)
    dead = (401, {}, {"error": {"code": 190, "error_subcode": 463, "message": "expired"}})
    odd.answer = lambda path, args: dead if "__paging_token" in args else None
    with pytest.raises(AuthExpired):
        list(odd.connector().poll("comments", {}, known=Known(), now=NOW))


def test_records_without_id_that_come_again_and_again_are_given_up_too(reader: Reader, odd: OddGraph) -> None:
    def repeating(path: str, args: dict[str, str]) -> Any:
        number = int(args.get("after", 0)) + 1
        return 200, {}, {"data": [{"message": "?"}, 7], "paging": {"next": f"{odd.url}/v26.0/{path}?after={number}"}}

    odd.answer = repeating
    done = poll(odd, reader)
    assert done.incomplete == ["comments"]
    assert done.calls < 10
    assert reader.unreadable


def test_comments_that_are_counted_but_not_shown_are_said_and_never_taken_for_gone(
    reader: Reader, odd: OddGraph
) -> None:
    written = {odd.comment(odd.post(1), number, number) for number in range(8)}
    poll(odd, reader)
    silent = {"data": [], "summary": {"total_count": 8}}
    post = {**odd.posts[0], "comments": silent}
    odd.answer = lambda path, args: (
        (200, {}, {"data": [post]})
        if path.endswith("feed")
        else (200, {}, silent)
        if path.endswith("comments")
        else odd.gone(args.get("ids", path).split(",")[0])
    )
    for _ in range(2):
        done = poll(odd, reader, full=True)
        assert done.deleted == []
        assert any("räknar 8 kommentarer men visar inga" in note for note in done.notes)
    assert set(reader.items) == written


def test_under_a_visitors_post_without_a_time_the_comments_are_read(reader: Reader, odd: OddGraph) -> None:
    post = odd.post(1, **{"from": {"id": "77"}})
    odd.comment(post, 2, 3)
    odd.posts[0]["created_time"] = "nyss"
    poll(odd, reader)
    assert (set(reader.items), len(reader.unreadable)) == ({"1_2"}, 1)


def test_a_time_far_ahead_spoils_nothing(reader: Reader, odd: OddGraph) -> None:
    odd.comment(odd.post(1), 1, 60 * 24 * 365 * 50)
    poll(odd, reader)
    assert datetime.fromisoformat(reader.cursors["comments"]["at"]) < NOW + timedelta(days=2)
    odd.comment(f"{PAGE}_1", 2, 50)
    assert poll(odd, reader).texts == ["Kommentar 2"]


def test_many_items_go_out_in_small_pages(reader: Reader, odd: OddGraph) -> None:
    for number in range(12):
        post = odd.post(number)
        for comment in range(90):
            odd.comment(post, comment, comment / 10)
    done = poll(odd, reader)
    assert (len(reader.items), done.calls) == (12 * 90, 1)
    assert max(len(page.items) for page in done.pages) <= 500
