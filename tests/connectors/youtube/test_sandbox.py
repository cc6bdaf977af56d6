"""The sandbox's YouTube answers as Google describes its API, and says no in Google's words."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import requests
from googleapiclient.discovery_cache import get_static_doc

from tests.connectors.youtube.payloads import NAMES, load
from tests.connectors.youtube.stage import ANNA, US, YouTubeStage

DOCUMENT = json.loads(get_static_doc("youtube", "v3"))
FORMATS = {"uint32": {"type": "integer"}, "int32": {"type": "integer"}}


def _schema(node: Any) -> Any:
    """Turn Google's description of a value into JSON Schema that allows nothing besides."""
    if "$ref" in node:
        return {"$ref": f"#/definitions/{node['$ref']}"}
    made = {key: node[key] for key in ("type", "enum") if key in node}
    if "items" in node:
        made["items"] = _schema(node["items"])
    if node.get("type") == "object":
        made["properties"] = {name: _schema(value) for name, value in node.get("properties", {}).items()}
        made["additionalProperties"] = (
            _schema(node["additionalProperties"]) if "additionalProperties" in node else False
        )
    return made


DEFINITIONS = {name: _schema(node) for name, node in DOCUMENT["schemas"].items()}


def fits(name: str, value: Any) -> None:
    jsonschema.validate(value, {"$ref": f"#/definitions/{name}", "definitions": DEFINITIONS})


class Client:
    """Any client that is not Google's."""

    def __init__(self, stage: YouTubeStage) -> None:
        self.root = f"{stage.sandbox.url}/youtube/v3"
        self.headers = {"Authorization": f"Bearer {stage.token['access_token']}"}

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return requests.request(
            method, f"{self.root}/{path}", params=query, json=body, headers=self.headers, timeout=10
        )

    def get(self, path: str, **query: Any) -> Any:
        return self.ask("GET", path, **query).json()

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        answer = self.ask(method, path, body, **query)
        return answer.status_code, answer.json()["error"]["errors"][0]["reason"]


@pytest.fixture
def client(stage: YouTubeStage) -> Client:
    return Client(stage)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("error")])
def test_the_check_itself_takes_what_google_answered(name: str) -> None:
    kind = load(name)["kind"].removeprefix("youtube#")
    fits(kind[0].upper() + kind[1:], load(name))


def test_the_check_itself_refuses_what_google_never_says() -> None:
    with pytest.raises(jsonschema.ValidationError):
        fits("Comment", {"id": "Ug1", "snippet": {"text": "Hej"}})


@pytest.mark.parametrize("text_format", ["html", "plainText"])
def test_lists_of_threads_fit_googles_schema(stage: YouTubeStage, client: Client, text_format: str) -> None:
    first = stage.citizen_writes("Hej & <3 https://example.org/a\nrad två")
    for number in range(7):
        stage.answer(first, f"Svar {number}", by_us=number == 3)
    stage.world.hide(stage.citizen_writes("Dold").id)
    for filters in ({"allThreadsRelatedToChannelId": US}, {"videoId": stage.video.id}, {"id": first.id}):
        answer = client.get("commentThreads", part="id,snippet,replies", textFormat=text_format, **filters)
        fits("CommentThreadListResponse", answer)
        assert [item["id"] for item in answer["items"]] == [first.id]
        assert answer["items"][0]["snippet"]["totalReplyCount"] == 7
        assert len(answer["items"][0]["replies"]["comments"]) == 5
    held = client.get(
        "commentThreads", part="snippet", allThreadsRelatedToChannelId=US, moderationStatus="heldForReview"
    )
    fits("CommentThreadListResponse", held)
    assert [item["snippet"]["topLevelComment"]["snippet"]["textDisplay"] for item in held["items"]] == ["Dold"]


def test_lists_of_comments_channels_and_videos_fit_googles_schema(stage: YouTubeStage, client: Client) -> None:
    first = stage.citizen_writes("Hej")
    stage.answer(first, "Svar")
    fits("CommentListResponse", client.get("comments", part="snippet", parentId=first.id))
    fits("CommentListResponse", client.get("comments", part="snippet", id=first.id))
    parts = "id,snippet,statistics,contentDetails"
    fits("ChannelListResponse", client.get("channels", part=parts, mine="true"))
    fits("VideoListResponse", client.get("videos", part=parts, id=stage.video.id))


def test_what_is_written_fits_googles_schema(stage: YouTubeStage, client: Client) -> None:
    top = {"snippet": {"videoId": stage.video.id, "topLevelComment": {"snippet": {"textOriginal": "Ny tråd"}}}}
    begun = client.ask("POST", "commentThreads", top, part="snippet").json()
    fits("CommentThread", begun)
    body = {"snippet": {"parentId": begun["id"], "textOriginal": "Svar"}}
    answered = client.ask("POST", "comments", body, part="snippet").json()
    fits("Comment", answered)
    assert answered["id"].startswith(f"{begun['id']}.")
    changed = {"id": answered["id"], "snippet": {"textOriginal": "Ändrat"}}
    fits("Comment", client.ask("PUT", "comments", changed, part="snippet").json())
    assert client.ask("DELETE", "comments", id=answered["id"]).status_code == 204


def test_html_is_what_comes_unless_plain_text_is_asked_for(stage: YouTubeStage, client: Client) -> None:
    stage.citizen_writes("A & B\n<3")
    query = {"part": "snippet", "videoId": stage.video.id}
    shown = [client.get("commentThreads", **query, textFormat=f)["items"][0] for f in ("html", "plainText")]
    texts = [item["snippet"]["topLevelComment"]["snippet"]["textDisplay"] for item in shown]
    assert texts == ["A &amp; B<br>&lt;3", "A & B\n<3"]


def test_pages_hold_each_thread_once_though_others_are_written_meanwhile(stage: YouTubeStage, client: Client) -> None:
    written = {stage.citizen_writes(f"Fråga {number}").id for number in range(45)}
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = client.get("commentThreads", part="id", allThreadsRelatedToChannelId=US, maxResults=20, **token)
        seen += [item["id"] for item in answer["items"]]
        stage.citizen_writes("Däremellan")
        if "nextPageToken" not in answer:
            break
        token = {"pageToken": answer["nextPageToken"]}
    assert len(seen) == len(set(seen)) == 45
    assert set(seen) == written


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"videoId": "x"}, "missingRequiredParameter"),
        ({"part": "snippet"}, "missingRequiredParameter"),
        ({"part": "snippet,nonsense", "videoId": "x"}, "unknownPart"),
        ({"part": "snippet", "videoId": "x", "id": "y"}, "incompatibleParameters"),
        ({"part": "snippet", "allThreadsRelatedToChannelId": US, "maxResults": 101}, "invalidValue"),
        ({"part": "snippet", "allThreadsRelatedToChannelId": US, "order": "newest"}, "invalidValue"),
        ({"part": "snippet", "allThreadsRelatedToChannelId": US, "pageToken": "made-up"}, "invalidPageToken"),
        ({"part": "snippet", "allThreadsRelatedToChannelId": US, "since": "2026"}, "badRequest"),
    ],
)
def test_parameters_are_checked_as_google_does(client: Client, query: dict[str, Any], reason: str) -> None:
    assert client.refused("GET", "commentThreads", **query) == (400, reason)


def test_refusals_carry_googles_reasons(stage: YouTubeStage, client: Client) -> None:
    first = stage.citizen_writes("Hej")
    reply = stage.answer(first, "Svar")
    new = {"snippet": {"parentId": "Ugnone", "textOriginal": "Hej"}}
    assert client.refused("POST", "comments", new, part="snippet") == (404, "parentCommentNotFound")
    new["snippet"]["parentId"] = reply.id
    assert client.refused("POST", "comments", new, part="snippet") == (400, "operationNotSupported")
    assert client.refused("DELETE", "comments", id=first.id) == (403, "forbidden")
    assert client.refused("DELETE", "comments", id="Ugnone") == (404, "commentNotFound")
    assert client.refused("GET", "commentThreads", part="id", videoId="none") == (404, "videoNotFound")
    closed = stage.film("Utan kommentarer", comments_disabled=True)
    assert client.refused("GET", "commentThreads", part="id", videoId=closed.id) == (403, "commentsDisabled")


def test_a_token_that_may_only_read_may_not_write(stage: YouTubeStage, client: Client) -> None:
    weak = stage.world.issue_token(
        "youtube", US, "access", extra={"scope": "https://www.googleapis.com/auth/youtube.readonly"}
    )
    client.headers = {"Authorization": f"Bearer {weak.token}"}
    assert client.ask("GET", "channels", part="id", mine="true").status_code == 200
    body = {"snippet": {"parentId": stage.citizen_writes("Hej").id, "textOriginal": "Svar"}}
    assert client.refused("POST", "comments", body, part="snippet") == (403, "insufficientPermissions")


def test_the_days_quota_is_spent_by_units_and_comes_back(stage: YouTubeStage, client: Client) -> None:
    stage.world.add_account("youtube", "Exempelby kommun", id=US, ours=True, extra={"quota": 52})
    body = {"snippet": {"parentId": stage.citizen_writes("Hej").id, "textOriginal": "Svar"}}
    assert client.ask("POST", "comments", body, part="snippet").status_code == 200
    assert client.ask("GET", "channels", part="id", mine="true").status_code == 200
    assert client.refused("POST", "comments", body, part="snippet") == (403, "quotaExceeded")
    assert client.ask("GET", "channels", part="id", mine="true").status_code == 200
    assert client.refused("GET", "channels", part="id", mine="true") == (403, "quotaExceeded")


def test_a_look_up_too_long_for_an_address_comes_as_a_post(stage: YouTubeStage, client: Client) -> None:
    first = stage.citizen_writes("Hej")
    answer = requests.post(
        f"{client.root}/comments",
        data={"part": "snippet", "id": first.id},
        headers={**client.headers, "X-HTTP-Method-Override": "GET"},
        timeout=10,
    )
    assert [item["id"] for item in answer.json()["items"]] == [first.id]


def test_a_thread_that_is_deleted_takes_its_replies_along(stage: YouTubeStage, client: Client) -> None:
    first = stage.citizen_writes("Hej")
    reply = stage.answer(first, "Svar")
    stage.world.delete(first.id)
    assert client.get("comments", part="id", id=f"{first.id},{reply.id}")["items"] == []
    statistics = client.get("videos", part="statistics", id=stage.video.id)["items"][0]["statistics"]
    assert statistics["commentCount"] == "0"


def test_what_somebody_else_wrote_has_no_original_text(stage: YouTubeStage, client: Client) -> None:
    first = stage.citizen_writes("Hej")
    ours = stage.answer(first, "Svar", by_us=True)
    items = client.get("comments", part="snippet", id=f"{first.id},{ours.id}")["items"]
    assert [item["snippet"].get("textOriginal") for item in items] == [None, "Svar"]
    assert items[0]["snippet"]["authorChannelId"] == {"value": ANNA}
