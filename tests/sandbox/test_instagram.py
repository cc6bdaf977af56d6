"""The stand-in of Instagram, asked with bare requests and through the unchanged SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import facebook
import pytest
import requests

from sandbox.entries import Entry
from sandbox.instagram import issue_tokens
from tests.sandbox_server import RunningSandbox

US, ANNA = "17841405309211844", "7312694745228715"


@pytest.fixture
def token(sandbox: RunningSandbox) -> dict[str, str]:
    sandbox.world.add_account("instagram", "Exempelby kommun", id=US, handle="exempelby", ours=True)
    sandbox.world.add_account("instagram", "Tuva Ekdahl", id=ANNA, handle="tuvaekdahl")
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
def media(sandbox: RunningSandbox, token: dict[str, str]) -> Entry:
    at = datetime.now(UTC) - timedelta(hours=3)
    return sandbox.world.write("instagram", "post", US, "Badet öppnar", wall=US, at=at)


def comments(sandbox: RunningSandbox, media: Entry, count: int) -> list[Entry]:
    times = [media.created_at + timedelta(minutes=1, seconds=number) for number in range(count)]
    write = sandbox.world.write
    return [write("instagram", "comment", ANNA, f"Fråga {n}", root=media.id, at=at) for n, at in enumerate(times)]


def get(sandbox: RunningSandbox, token: dict[str, str], path: str, **params: Any) -> requests.Response:
    params = {"access_token": token["access_token"], **params}
    return requests.get(f"{sandbox.url}/v26.0/{path}", params=params, timeout=10)


def code(answer: requests.Response) -> tuple[int, int | None]:
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


def test_ids_have_seventeen_digits_as_instagrams_do(sandbox: RunningSandbox, media: Entry) -> None:
    ids = [media.id, *(entry.id for entry in comments(sandbox, media, 3))]
    assert all(len(id) == 17 and id.startswith("17") for id in ids)
    assert ids[1:] == sorted(ids[1:])


def test_the_sdk_reads_comments_newest_first_fifty_a_page(
    sandbox: RunningSandbox, sdk: facebook.GraphAPI, media: Entry
) -> None:
    written = comments(sandbox, media, 60)
    page = sdk.get_connections(media.id, "comments", limit="100")
    assert len(page["data"]) == 50
    newest = written[-1]
    at = newest.created_at.strftime("%Y-%m-%dT%H:%M:%S+0000")
    assert page["data"][0] == {"timestamp": at, "text": "Fråga 59", "id": newest.id}
    rest = requests.get(page["paging"]["next"], timeout=10).json()
    assert [one["id"] for one in rest["data"]] == [entry.id for entry in reversed(written[:10])]
    assert "next" not in rest.get("paging", {})


def test_answers_come_inside_comments_and_are_counted_with_them(
    sandbox: RunningSandbox, sdk: facebook.GraphAPI, media: Entry
) -> None:
    top, alone = comments(sandbox, media, 2)
    made = sdk.put_object(top.id, "replies", message="Klockan nio.")["id"]
    below = sdk.put_object(made, "replies", message="Och tio.")["id"]  # goes to the comment at the top
    fields = "comments_count,comments.limit(5){id,replies.limit(1){id,parent_id,from,username}}"
    shown = sdk.get_object(media.id, fields=fields)
    assert shown["comments_count"] == 4
    first, second = shown["comments"]["data"]
    assert first == {"id": alone.id}  # no key where nothing is
    assert second["replies"]["data"] == [
        {"id": made, "parent_id": top.id, "from": {"id": US, "username": "exempelby"}, "username": "exempelby"}
    ]
    more = requests.get(second["replies"]["paging"]["next"], timeout=10).json()
    assert [one["id"] for one in more["data"]] == [below]


def test_the_sdk_hides_and_deletes(sandbox: RunningSandbox, sdk: facebook.GraphAPI, media: Entry) -> None:
    (theirs,) = comments(sandbox, media, 1)
    sdk.request(f"v26.0/{theirs.id}", post_args={"hide": "true"}, method="POST")
    assert sdk.get_object(theirs.id, fields="hidden")["hidden"] is True
    with pytest.raises(facebook.GraphAPIError, match="hidden"):
        sdk.put_object(theirs.id, "replies", message="Hej")
    assert sdk.delete_object(theirs.id) == {"success": True}
    with pytest.raises(facebook.GraphAPIError, match="does not exist"):
        sdk.get_object(theirs.id)


def test_what_others_put_out_is_only_there_where_it_names_us(
    sandbox: RunningSandbox, token: dict[str, str], media: Entry
) -> None:
    theirs = sandbox.world.write("instagram", "post", ANNA, "Hos @Exempelby", wall=ANNA)
    silent = sandbox.world.write("instagram", "post", ANNA, "Hemma", wall=ANNA)
    assert code(get(sandbox, token, theirs.id)) == (100, 33)
    assert code(get(sandbox, token, ANNA)) == (100, 33)
    answer = get(sandbox, token, US, fields=f"mentioned_media.media_id({theirs.id}){{id,caption}}").json()
    assert answer == {"mentioned_media": {"id": theirs.id, "caption": "Hos @Exempelby"}, "id": US}
    assert code(get(sandbox, token, US, fields=f"mentioned_media.media_id({silent.id}){{id}}")) == (100, 33)


def test_a_hashtag_names_nobody(sandbox: RunningSandbox, token: dict[str, str]) -> None:
    sandbox.world.write("instagram", "post", ANNA, "#exempelby", wall=ANNA)
    id = get(sandbox, token, "ig_hashtag_search", user_id=US, q="Exempelby").json()["data"][0]["id"]
    shown = get(sandbox, token, f"{id}/recent_media", user_id=US, fields="id,caption,timestamp").json()
    assert [one["caption"] for one in shown["data"]] == ["#exempelby"]
    assert code(get(sandbox, token, f"{id}/recent_media", user_id=US, fields="username")) == (100, None)
    assert code(get(sandbox, token, f"{id}/recent_media", fields="id")) == (100, None)
    assert get(sandbox, token, id).json() == {"id": id, "name": "exempelby"}


def test_a_pages_own_token_reads_the_account_that_belongs_to_it(
    sandbox: RunningSandbox, token: dict[str, str], media: Entry
) -> None:
    sandbox.world.add_account("facebook", "Exempelby", id="448506782123020", ours=True, extra={"instagram": US})
    page = sandbox.world.issue_token("facebook", "448506782123020", "page")
    shown = get(sandbox, {"access_token": page.token}, f"{US}/media").json()
    assert [one["id"] for one in shown["data"]] == [media.id]
    stranger = sandbox.world.issue_token("facebook", "1", "page")
    assert code(get(sandbox, {"access_token": stranger.token}, f"{US}/media")) == (100, 33)


def test_it_has_its_own_limit_and_its_own_faults(sandbox: RunningSandbox, token: dict[str, str], media: Entry) -> None:
    sandbox.faults.add("instagram", "rate_limit", times=1)
    answer = get(sandbox, token, f"{US}/media")
    assert code(answer) == (80002, None)
    (rows,) = json.loads(answer.headers["X-Business-Use-Case-Usage"]).values()
    assert (rows[0]["type"], rows[0]["estimated_time_to_regain_access"]) == ("instagram", 37)
    sandbox.faults.add("facebook", "server_error")
    assert get(sandbox, token, "", ids=media.id).status_code == 200
    assert [line["platform"] for line in sandbox.requests] == ["instagram", "instagram"]


def test_what_is_withheld_is_not_shown_and_an_unknown_field_fails_the_call(
    sandbox: RunningSandbox, token: dict[str, str], media: Entry
) -> None:
    (entry,) = comments(sandbox, media, 1)
    sandbox.world.annotate(entry.id, from_withheld=True, withhold=["text"])
    fields = "id,text,from,username"
    assert get(sandbox, token, entry.id, fields=fields).json() == {"id": entry.id, "username": "tuvaekdahl"}
    answer = get(sandbox, token, entry.id, fields="id,message")
    assert (answer.status_code, code(answer)) == (400, (100, None))
