"""The pretend Graph API, spoken to by facebook-sdk as it comes, and by plain requests."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import facebook
import pytest
import requests

from sandbox.entries import Entry
from sandbox.facebook import issue_tokens
from sandbox.facebook_fields import BadFields, parse
from tests.sandbox_server import RunningSandbox

US, ANNA = "448506782123020", "7312694745228715"


@pytest.fixture
def token(sandbox: RunningSandbox) -> dict[str, str]:
    sandbox.world.add_account("facebook", "Exempelby kommun", id=US, handle="exempelby", ours=True)
    sandbox.world.add_account("facebook", "Tuva Ekdahl", id=ANNA)
    return issue_tokens(sandbox.world, US)


@pytest.fixture
def sdk(sandbox: RunningSandbox, token: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[facebook.GraphAPI]:
    """facebook-sdk unchanged, but for its host and version."""
    monkeypatch.setattr(facebook, "FACEBOOK_GRAPH_URL", f"{sandbox.url}/")
    graph = facebook.GraphAPI(token["access_token"], timeout=10)
    graph.version = "v26.0"
    yield graph
    graph.session.close()


@pytest.fixture
def post(sandbox: RunningSandbox, token: dict[str, str]) -> Entry:
    at = datetime.now(UTC) - timedelta(hours=3)
    return sandbox.world.write("facebook", "post", US, "Badet öppnar", wall=US, at=at)


def comments(sandbox: RunningSandbox, post: Entry, count: int) -> list[Entry]:
    began = post.created_at + timedelta(minutes=1)
    times = [began + timedelta(seconds=number) for number in range(count)]
    write = sandbox.world.write
    return [write("facebook", "comment", ANNA, f"Fråga {n}", root=post.id, at=at) for n, at in enumerate(times)]


def get(sandbox: RunningSandbox, token: dict[str, str], path: str, **params: Any) -> requests.Response:
    params = {"access_token": token["access_token"], **params}
    return requests.get(f"{sandbox.url}/v26.0/{path}", params=params, timeout=10)


def code(answer: requests.Response) -> tuple[int, int | None]:
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


# The SDK


def test_the_sdk_reads_all_comments_of_a_post(sandbox: RunningSandbox, sdk: facebook.GraphAPI, post: Entry) -> None:
    written = comments(sandbox, post, 60)
    found = list(sdk.get_all_connections(post.id, "comments", limit="25"))
    assert [comment["id"] for comment in found] == [entry.id for entry in written]
    assert found[0] == {
        "created_time": written[0].created_at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "from": {"id": ANNA, "name": "Tuva Ekdahl"},
        "message": "Fråga 0",
        "id": written[0].id,
    }


def test_the_sdk_comments_likes_hides_edits_and_deletes(
    sandbox: RunningSandbox, sdk: facebook.GraphAPI, post: Entry
) -> None:
    theirs = comments(sandbox, post, 1)[0]
    made = sdk.put_comment(theirs.id, "Klockan nio.")["id"]
    sdk.put_like(theirs.id)
    sdk.request(f"v26.0/{theirs.id}", post_args={"is_hidden": "true"}, method="POST")
    sdk.request(f"v26.0/{made}", post_args={"message": "Klockan tio."}, method="POST")
    shown = sdk.get_object(theirs.id, fields="is_hidden,like_count,comment_count,comments{message,parent,from}")
    below = shown["comments"]["data"]
    assert (shown["is_hidden"], shown["like_count"], shown["comment_count"]) == (True, 1, 1)
    assert [(one["message"], one["parent"]["id"], one["from"]["id"]) for one in below] == [
        ("Klockan tio.", theirs.id, US)
    ]
    assert sdk.delete_object(theirs.id) == {"success": True}
    with pytest.raises(facebook.GraphAPIError) as caught:
        sdk.get_object(made)  # gone with what it answered
    assert caught.value.code == 100


def test_the_sdk_reads_several_at_once_and_one_that_is_gone_fails_them_all(
    sandbox: RunningSandbox, sdk: facebook.GraphAPI, post: Entry
) -> None:
    first, second = comments(sandbox, post, 2)
    assert set(sdk.get_objects([first.id, second.id], fields="message")) == {first.id, second.id}
    sandbox.world.delete(second.id)
    with pytest.raises(facebook.GraphAPIError, match=second.id):
        sdk.get_objects([first.id, second.id])


def test_the_sdk_asks_about_a_token(sandbox: RunningSandbox, sdk: facebook.GraphAPI, token: dict[str, str]) -> None:
    about = sdk.debug_access_token(token["access_token"], token["app_id"], token["app_secret"])["data"]
    assert (about["is_valid"], about["profile_id"], about["expires_at"]) == (True, US, 0)
    sandbox.world.revoke(token["access_token"])
    assert not sdk.debug_access_token(token["access_token"], token["app_id"], token["app_secret"])["data"]["is_valid"]


def test_me_is_the_page(sdk: facebook.GraphAPI) -> None:
    assert sdk.get_object("me", fields="id,name") == {"id": US, "name": "Exempelby kommun"}


# Fields and edges


def test_fields_expand_with_arguments_and_inner_paging(
    sandbox: RunningSandbox, token: dict[str, str], post: Entry
) -> None:
    written = comments(sandbox, post, 5)
    answer = sandbox.world.write("facebook", "comment", US, "Svar", parent=written[0].id)
    fields = "id,comments.limit(2).filter(stream).order(reverse_chronological).summary(true){id,parent{id},from{name}}"
    (shown,) = get(sandbox, token, f"{US}/feed", fields=fields).json()["data"]
    inner = shown["comments"]
    assert [one["id"] for one in inner["data"]] == [answer.id, written[4].id]
    assert inner["data"][0]["parent"] == {"id": written[0].id}
    assert inner["summary"]["total_count"] == 6
    rest = requests.get(inner["paging"]["next"], timeout=10).json()
    assert [one["id"] for one in rest["data"]] == [written[3].id, written[2].id]
    assert set(rest["data"][0]) == {"id", "from"}
    assert requests.get(rest["paging"]["previous"], timeout=10).json()["data"] == inner["data"]


def test_the_top_level_alone_is_shown_unless_the_stream_is_asked_for(
    sandbox: RunningSandbox, token: dict[str, str], post: Entry
) -> None:
    top = comments(sandbox, post, 1)[0]
    sandbox.world.write("facebook", "comment", US, "Svar", parent=top.id)
    edge = f"{post.id}/comments"
    assert len(get(sandbox, token, edge).json()["data"]) == 1
    assert len(get(sandbox, token, edge, filter="stream").json()["data"]) == 2
    assert get(sandbox, token, edge, summary="true").json()["summary"]["total_count"] == 1
    assert len(get(sandbox, token, f"{top.id}/comments").json()["data"]) == 1


def test_feed_holds_everybody_posts_ours_and_visitor_posts_theirs(
    sandbox: RunningSandbox, token: dict[str, str], post: Entry
) -> None:
    visitor = sandbox.world.write("facebook", "post", ANNA, "Lampan är trasig", wall=US)
    shown = {edge: [one["id"] for one in get(sandbox, token, f"{US}/{edge}").json()["data"]]
             for edge in ("feed", "posts", "visitor_posts")}  # fmt: skip
    assert shown == {"feed": [visitor.id, post.id], "posts": [post.id], "visitor_posts": [visitor.id]}


def test_since_and_until_narrow_a_feed(sandbox: RunningSandbox, token: dict[str, str], post: Entry) -> None:
    moment = int(post.created_at.timestamp())
    assert len(get(sandbox, token, f"{US}/feed", since=moment, until=moment + 5).json()["data"]) == 1
    assert get(sandbox, token, f"{US}/feed", since=moment + 5).json()["data"] == []
    assert get(sandbox, token, f"{US}/feed", until=moment - 5).json()["data"] == []


def test_a_page_of_a_storm_stays_whole_while_people_go_on_writing(
    sandbox: RunningSandbox, token: dict[str, str], post: Entry
) -> None:
    written = comments(sandbox, post, 30)
    page = get(sandbox, token, f"{post.id}/comments", order="reverse_chronological", limit=10).json()
    sandbox.world.write("facebook", "comment", ANNA, "Ny", root=post.id)
    sandbox.world.delete(page["data"][-1]["id"])  # even where the cursor stands
    page = requests.get(page["paging"]["next"], timeout=10).json()
    assert [one["id"] for one in page["data"]] == [entry.id for entry in written[19:9:-1]]


def test_many_written_in_the_same_instant_are_each_shown_once(
    sandbox: RunningSandbox, token: dict[str, str], post: Entry
) -> None:
    for number in range(23):
        sandbox.world.write("facebook", "comment", ANNA, f"{number}", root=post.id, at=post.created_at)
    seen, page = [], get(sandbox, token, f"{post.id}/comments", limit=5).json()
    while "next" in page["paging"]:
        seen += page["data"]
        page = requests.get(page["paging"]["next"], timeout=10).json()
    assert [one["message"] for one in seen + page["data"]] == [str(number) for number in range(23)]


def test_what_is_withheld_is_not_shown(sandbox: RunningSandbox, token: dict[str, str], post: Entry) -> None:
    entry = comments(sandbox, post, 1)[0]
    sandbox.world.annotate(entry.id, from_withheld=True, withhold=["message"])
    assert set(get(sandbox, token, entry.id).json()) == {"id", "created_time"}


def test_an_unknown_field_fails_the_call(sandbox: RunningSandbox, token: dict[str, str], post: Entry) -> None:
    answer = get(sandbox, token, post.id, fields="id,colour")
    assert (answer.status_code, code(answer)) == (400, (100, None))
    assert "nonexistent field (colour)" in answer.json()["error"]["message"]


@pytest.mark.parametrize("text", ["id,comments{", "id}", "a.limit(1", "a.", "{}", "a(b)"])
def test_broken_fields_are_refused(text: str) -> None:
    with pytest.raises(BadFields):
        parse(text)


def test_fields_are_read_with_spaces_aliases_and_empty_parts() -> None:
    first, second = parse(" id , reactions.type(LIKE).limit(0).as(like) ,")
    assert (first.name, second.name, second.alias, second.args) == (
        "id", "reactions", "like", {"type": "LIKE", "limit": "0"},
    )  # fmt: skip


# Who may


def test_tokens_are_checked(sandbox: RunningSandbox, token: dict[str, str]) -> None:
    ended = sandbox.world.issue_token("facebook", US, "page", expires_at=datetime.now(UTC) - timedelta(days=1))
    assert code(requests.get(f"{sandbox.url}/v26.0/me", timeout=10)) == (104, None)
    assert code(get(sandbox, {"access_token": "nonsens"}, "me")) == (190, None)
    assert code(get(sandbox, {"access_token": ended.token}, "me")) == (190, 463)
    sandbox.world.revoke(token["access_token"])
    assert code(get(sandbox, token, "me")) == (190, 460)


def test_a_token_may_come_in_the_header(sandbox: RunningSandbox, token: dict[str, str]) -> None:
    header = {"Authorization": f"Bearer {token['access_token']}"}
    assert requests.get(f"{sandbox.url}/v26.0/me", headers=header, timeout=10).json()["id"] == US


def test_a_wrong_proof_is_refused_and_a_missing_one_where_it_is_demanded(
    sandbox: RunningSandbox, token: dict[str, str]
) -> None:
    secret, own = token["app_secret"].encode(), token["access_token"].encode()
    right = hmac.new(secret, own, hashlib.sha256).hexdigest()
    assert get(sandbox, token, "me", appsecret_proof=right).status_code == 200
    assert code(get(sandbox, token, "me", appsecret_proof="å" + right)) == (100, None)
    strict = sandbox.world.issue_token("facebook", US, "page", extra={"app_secret": "x", "require_proof": True})
    assert code(get(sandbox, {"access_token": strict.token}, "me")) == (100, None)


def test_the_version_is_checked_and_a_dead_one_answered_by_the_oldest(
    sandbox: RunningSandbox, token: dict[str, str]
) -> None:
    def asked(version: str) -> requests.Response:
        return requests.get(f"{sandbox.url}/{version}/me", params={"access_token": token["access_token"]}, timeout=10)

    assert asked("v26.0").headers["facebook-api-version"] == "v26.0"
    assert asked("v3.1").headers["facebook-api-version"] == "v21.0"
    assert code(asked("v99.0")) == (2500, None)


def test_others_texts_are_not_ours_to_change(sandbox: RunningSandbox, token: dict[str, str], post: Entry) -> None:
    entry = comments(sandbox, post, 1)[0]
    data = {"access_token": token["access_token"], "message": "Annat"}
    assert code(requests.post(f"{sandbox.url}/v26.0/{entry.id}", data=data, timeout=10)) == (200, None)
    assert sandbox.world.entry(entry.id) == entry


def test_usage_headers_count_and_the_day_ends(sandbox: RunningSandbox, token: dict[str, str]) -> None:
    sandbox.world.add_account("facebook", "Exempelby kommun", id=US, ours=True, extra={"calls_a_day": 4})
    shares = []
    for _ in range(4):
        header = get(sandbox, token, "me").headers["X-Business-Use-Case-Usage"]
        shares.append(json.loads(header)[US][0]["call_count"])
    assert shares == [25, 50, 75, 100]
    assert code(get(sandbox, token, "me")) == (80001, None)


# Faults


def test_an_empty_page_in_the_middle_leads_on(sandbox: RunningSandbox, token: dict[str, str], post: Entry) -> None:
    written = comments(sandbox, post, 3)
    page = get(sandbox, token, f"{post.id}/comments", limit=2).json()
    sandbox.faults.add("facebook", "empty_page")
    empty = requests.get(page["paging"]["next"], timeout=10).json()
    assert (empty["data"], "cursors" in empty["paging"]) == ([], False)
    assert requests.get(empty["paging"]["next"], timeout=10).json()["data"][0]["id"] == written[2].id


def test_a_repeated_page_repeats_for_ever(sandbox: RunningSandbox, token: dict[str, str], post: Entry) -> None:
    comments(sandbox, post, 5)
    page = get(sandbox, token, f"{post.id}/comments", limit=2).json()
    sandbox.faults.add("facebook", "repeat_page")
    again = requests.get(page["paging"]["next"], timeout=10).json()
    assert again["data"] == page["data"]
    assert requests.get(again["paging"]["next"], timeout=10).json()["data"] == page["data"]


def test_next_can_go_missing(sandbox: RunningSandbox, token: dict[str, str], post: Entry) -> None:
    comments(sandbox, post, 5)
    sandbox.faults.add("facebook", "missing_next")
    assert set(get(sandbox, token, f"{post.id}/comments", limit=2).json()["paging"]) == {"cursors"}


def test_rate_limit_says_how_many_minutes_it_lasts(sandbox: RunningSandbox, token: dict[str, str]) -> None:
    sandbox.faults.add("facebook", "rate_limit", times=1)
    answer = get(sandbox, token, "me")
    assert code(answer) == (80001, None)
    (rows,) = json.loads(answer.headers["X-Business-Use-Case-Usage"]).values()
    assert rows[0]["estimated_time_to_regain_access"] == 37
    assert get(sandbox, token, "me").status_code == 200
