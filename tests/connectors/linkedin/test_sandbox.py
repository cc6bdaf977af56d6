"""The stand-in is as strict as LinkedIn where a client could go wrong."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from connectors.linkedin.urns import encoded
from tests.connectors.linkedin.stage import ANNA, US, LinkedInStage


class Wire:
    def __init__(self, stage: LinkedInStage) -> None:
        self.url = stage.sandbox.url
        self.headers = {
            "Authorization": f"Bearer {stage.token['access_token']}",
            "LinkedIn-Version": "202609",
            "X-Restli-Protocol-Version": "2.0.0",
        }

    def __call__(self, method: str, path: str, body: Any = None, **headers: str | None) -> requests.Response:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        sent = {name: value for name, value in sent.items() if value is not None}
        return requests.request(method, f"{self.url}{path}", json=body, headers=sent, timeout=10)


@pytest.fixture
def wire(stage: LinkedInStage) -> Wire:
    return Wire(stage)


def posts(wire: Wire, **headers: str | None) -> requests.Response:
    return wire("GET", f"/rest/posts?q=author&author={encoded(US)}", **headers)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"LinkedIn_Version": None}, 400, "VERSION_MISSING"),
        ({"LinkedIn_Version": "202511"}, 426, "NONEXISTENT_VERSION"),
        ({"LinkedIn_Version": "202613"}, 426, "NONEXISTENT_VERSION"),
        ({"X_Restli_Protocol_Version": None}, 400, "ILLEGAL_ARGUMENT"),
        ({"Authorization": None}, 401, "INVALID_ACCESS_TOKEN"),
        ({"Authorization": "Bearer x"}, 401, "INVALID_ACCESS_TOKEN"),
        ({}, 200, None),
    ],
)
def test_each_call_names_version_protocol_and_token(
    wire: Wire, headers: dict[str, str | None], status: int, code: str | None
) -> None:
    answer = posts(wire, **headers)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_an_expired_token_and_a_revoked_one_are_told_apart(stage: LinkedInStage, wire: Wire) -> None:
    stage.fault("token_expired", times=1)
    assert posts(wire).json()["serviceErrorCode"] == 65602
    stage.revoke()
    assert posts(wire).json()["serviceErrorCode"] == 65601


def test_ids_have_to_be_encoded_wholly(stage: LinkedInStage, wire: Wire) -> None:
    entry = stage.citizen_writes("Fråga")
    half = entry.id.replace(":", "%3A")
    assert wire("GET", f"/rest/socialActions/{half}/comments").status_code == 400
    assert wire("GET", f"/rest/socialActions/{encoded(entry.id)}/comments").status_code == 200
    assert wire("GET", f"/rest/socialMetadata?ids=List({entry.id})").status_code == 400


def test_a_post_is_known_by_its_own_name_and_by_its_activitys(stage: LinkedInStage, wire: Wire) -> None:
    entry = stage.citizen_writes("Fråga")
    activity = wire("GET", f"/rest/socialActions/{encoded(stage.post.id)}/comments").json()["elements"][0]["object"]
    assert activity != stage.post.id
    answer = wire("GET", f"/rest/socialActions/{encoded(activity)}/comments").json()
    assert [each["commentUrn"] for each in answer["elements"]] == [entry.id]


def reply(thread: str, **changes: Any) -> dict[str, Any]:
    activity = thread.partition("(")[2].partition(",")[0]
    body = {"actor": US, "object": activity, "message": {"text": "Svar"}, "parentComment": thread}
    return {**body, **changes}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 201),
        ({"actor": ANNA}, 403),
        ({"object": "urn:li:activity:1"}, 400),
        ({"parentComment": "urn:li:comment:(urn:li:activity:1,2)"}, 400),
        ({"message": {"text": " "}}, 400),
        ({"message": "Svar"}, 400),
    ],
)
def test_a_reply_says_who_where_and_what(
    stage: LinkedInStage, wire: Wire, changes: dict[str, Any], status: int
) -> None:
    thread = stage.citizen_writes("Fråga").id
    answer = wire("POST", f"/rest/socialActions/{encoded(thread)}/comments", reply(thread, **changes))
    assert answer.status_code == status
    if status == 201:
        assert answer.headers["x-restli-id"] == answer.json()["id"]


def test_nobody_answers_an_answer(stage: LinkedInStage, wire: Wire) -> None:
    second = stage.answer(stage.citizen_writes("Fråga"), "Svar").id
    assert wire("POST", f"/rest/socialActions/{encoded(second)}/comments", reply(second)).status_code == 400


def test_the_day_is_counted_and_ends(stage: LinkedInStage, wire: Wire) -> None:
    stage.set_ours(daily_limit=2)
    assert [posts(wire).status_code for _ in range(3)] == [200, 200, 429]
    assert posts(wire).json()["message"].endswith("is reached.")


def test_a_right_to_read_is_no_right_to_write(stage: LinkedInStage, wire: Wire) -> None:
    token = stage.world.issue_token("linkedin", US, extra={"scope": "r_organization_social_feed"}).token
    thread = stage.citizen_writes("Fråga").id
    answer = wire(
        "POST", f"/rest/socialActions/{encoded(thread)}/comments", reply(thread), Authorization=f"Bearer {token}"
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "ACCESS_DENIED")


def test_a_citizen_comments_on_the_pretend_page(stage: LinkedInStage) -> None:
    url = stage.sandbox.url
    requests.post(f"{url}/linkedin/skriv", data={"text": "Är tjänsten tillsatt?", "root": stage.post.id}, timeout=10)
    (written,) = stage.world.entries("linkedin", kind="comment")
    assert written.author.startswith("urn:li:person:")
    page = requests.get(f"{url}/linkedin/", timeout=10)
    assert page.status_code == 200
    assert "Är tjänsten tillsatt?" in page.text
