"""How a list is walked to its end, and where the next poll begins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import KnownThread
from connectors.twitter import conversations, snowflake
from connectors.twitter.mapping import Batch
from connectors.twitter.paging import OVERLAP, Mark, clock, walk

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def batch(ids: str, token: str | None) -> Batch:
    return Batch(ids=tuple(ids), next_token=token)


def walked(*pages: Batch, max_pages: int = 9) -> tuple[str, str]:
    """Give the ids seen and why the walk ended."""
    answers = iter(pages)
    steps = list(walk(lambda token: next(answers), max_pages=max_pages))
    return "".join("".join(step.batch.ids) for step in steps), steps[-1].end


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([batch("", None)], ("", "end")),
        ([batch("ab", "1"), batch("cd", None)], ("abcd", "end")),
        ([batch("a", "1"), batch("", "2"), batch("", "3"), batch("b", None)], ("ab", "end")),
        ([batch("ab", "1"), batch("bc", None)], ("abbc", "end")),
        ([batch("ab", "1"), batch("ab", "2")], ("abab", "repeated")),
        ([batch("ab", "1"), batch("ab", None)], ("abab", "repeated")),
        ([batch("ab", "1"), batch("cd", "1")], ("abcd", "repeated")),
        ([batch("", "1"), batch("", "1")], ("", "repeated")),
        ([batch("a", "1"), batch("b", "2"), batch("a", "3")], ("aba", "repeated")),
    ],
)
def test_a_walk_follows_tokens_and_nothing_else(pages: list[Batch], expected: tuple[str, str]) -> None:
    assert walked(*pages) == expected


def test_a_walk_that_never_ends_is_cut() -> None:
    assert walked(*(batch(chr(97 + n), str(n)) for n in range(9)), max_pages=4) == ("abcd", "too many")


def test_ids_sort_as_numbers() -> None:
    assert sorted(["1000", "999", "20", "9"], key=snowflake.order) == ["9", "20", "999", "1000"]


@pytest.mark.parametrize("id", ["", "5", "999999", "x" * 19, "２１２３３２９３０２８２２１７９７４６", "9" * 30, "-5"])
def test_an_id_that_is_no_snowflake_tells_no_time(id: str) -> None:
    assert snowflake.time_of(id) is None


def test_an_id_made_from_a_time_tells_it() -> None:
    assert snowflake.time_of(snowflake.id_at(NOW)) == NOW
    assert snowflake.id_at(datetime(2000, 1, 1, tzinfo=UTC)) == "0"


def test_a_mark_survives_being_stored() -> None:
    mark = Mark("50", "40", NOW, True, turn=3)
    assert Mark.read(mark.written()) == mark


@pytest.mark.parametrize("cursor", [{}, {"newest_id": 5, "read_at": 5, "turn": "x"}, {"read_at": "igår"}])
def test_an_odd_cursor_reads_everything(cursor: dict[str, object]) -> None:
    assert Mark.read(cursor).begin() is None


def test_real_snowflakes_are_read_again_from_a_day_before_the_last_poll() -> None:
    id = snowflake.id_at(NOW - timedelta(days=30))
    mark = Mark().moved([id], {id: NOW - timedelta(days=30)}, NOW)
    begin = mark.begin()
    assert begin is not None
    assert snowflake.time_of(begin) == NOW - OVERLAP


def test_ids_that_tell_no_time_are_read_again_from_the_newest_that_is_a_day_old() -> None:
    times = {"7": NOW - timedelta(days=3), "8": NOW - timedelta(days=2), "12": NOW - timedelta(hours=1)}
    mark = Mark().moved(times, times, NOW)
    assert (mark.newest_id, mark.begin()) == ("12", "8")
    assert mark.moved([], {}, NOW + timedelta(hours=1)).begin() == "8"


def test_the_newest_is_the_highest_number_whatever_the_answer_says() -> None:
    assert Mark("999").moved(["1000", "20"], {}, NOW).newest_id == "1000"


def test_a_page_is_behind_the_mark_only_if_all_of_it_is() -> None:
    mark = Mark("1000")
    assert mark.reaches(["999", "1000"])
    assert not mark.reaches(["1001", "999"])
    assert not Mark().reaches(["1"])


def test_the_clock_is_the_platforms_unless_ours_is_earlier() -> None:
    assert clock({"date": "Tue, 24 Nov 2026 08:00:00 UTC"}, NOW) == NOW - timedelta(hours=1)
    assert clock({"date": "Tue, 24 Nov 2026 10:00:00 GMT"}, NOW) == NOW
    assert clock({}, NOW) == clock({"date": "igår"}, NOW) == NOW


# Conversations


def thread(id: str, *, hours: float, we_wrote: bool = True) -> KnownThread:
    return KnownThread(id, post=None, last_activity=NOW - timedelta(hours=hours), we_wrote=we_wrote)


def queries(
    threads: list[KnownThread], posts: Sequence[str] = (), *, turn: int = 0, full: bool = False
) -> tuple[str, ...]:
    return conversations.plan(threads, posts, turn=turn, now=NOW, full=full).queries


def test_conversations_where_we_wrote_share_a_query() -> None:
    asked = queries([thread("11", hours=1), thread("12", hours=2), thread("13", hours=3, we_wrote=False)])
    assert asked == ("conversation_id:11 OR conversation_id:12",)


def test_no_conversations_are_no_query() -> None:
    assert queries([]) == ()


def test_queries_are_short_enough_and_leave_nobody_out() -> None:
    threads = [thread(str(2123329302822179746 + n), hours=1) for n in range(100)]
    asked = queries(threads)
    assert max(map(len, asked)) <= conversations.QUERY_LENGTH
    assert sum(each.count("conversation_id:") for each in asked) == 100


def test_older_conversations_take_turns() -> None:
    threads = [thread("5", hours=1), *(thread(str(2123329302822179746 + n), hours=60) for n in range(30))]
    rounds = [" ".join(queries(threads, turn=turn)) for turn in range(3)]
    assert all("conversation_id:5 " in each for each in rounds)
    assert len({part for each in rounds for part in each.split() if part != "OR"}) == 31


def test_a_full_poll_asks_for_the_month() -> None:
    threads = [thread("5", hours=24 * 20), thread("6", hours=24 * 40)]
    assert queries(threads) == ()
    assert queries(threads, full=True) == ("conversation_id:5",)


def test_our_own_posts_are_conversations_too() -> None:
    young, old = snowflake.id_at(NOW - timedelta(hours=1)), snowflake.id_at(NOW - timedelta(days=9))
    assert queries([], [young, old]) == (f"conversation_id:{young}",)
    assert len(queries([], [str(n) for n in range(50)])[0].split(" OR ")) == conversations.POSTS_WITHOUT_TIME
