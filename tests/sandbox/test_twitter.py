"""The stand-in of X API v2, asked with bare requests: fields, pages, search, refusals, keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from requests.auth import HTTPBasicAuth

from sandbox.entries import Entry
from sandbox.twitter import issue_app, issue_oauth1, issue_oauth2
from sandbox.twitter.keys import signature_of
from sandbox.twitter.routes import weighted_length
from tests.sandbox_server import RunningSandbox

OURS, BO, ASA = "1184207733", "1257988477547873845", "1424701995218518541"


class X:
    """Asks the stand-in as one of our accounts."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox, self.world = sandbox, sandbox.world
        self.world.add_account("twitter", "Exempelby kommun", id=OURS, handle="exempelby", ours=True)
        self.world.add_account("twitter", "Bo Ek", id=BO, handle="bo_ek")
        self.world.add_account("twitter", "Åsa Öst", id=ASA, handle="AsaOst")
        self.bearer = issue_oauth2(self.world, OURS)["access_token"]

    def send(self, method: str, path: str, *, bearer: str | None = None, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {bearer or self.bearer}"}
        return requests.request(method, self.sandbox.url + path, headers=headers, timeout=5, **more)

    def get(self, path: str, **params: Any) -> Any:
        params = {name.replace("__", "."): value for name, value in params.items()}
        return self.send("GET", path, params=params).json()

    def mentions(self, **params: Any) -> Any:
        return self.get(f"/2/users/{OURS}/mentions", **params)

    def found(self, query: str, **params: Any) -> list[str]:
        answer = self.get("/2/tweets/search/recent", query=query, **params)
        return [each["text"] for each in answer.get("data", [])]

    def write(self, text: str, author: str = BO, **more: Any) -> Entry:
        return self.world.write("twitter", "tweet", author, text, **more)

    def reply(self, text: str, to: str) -> requests.Response:
        return self.send("POST", "/2/tweets", json={"text": text, "reply": {"in_reply_to_tweet_id": to}})


@pytest.fixture
def x(sandbox: RunningSandbox) -> X:
    return X(sandbox)


def test_a_tweet_has_three_fields_unless_more_are_asked_for(x: X) -> None:
    entry = x.write("Hej @exempelby & <alla>")
    expected = {"id": entry.id, "text": "Hej @exempelby &amp; &lt;alla&gt;", "edit_history_tweet_ids": [entry.id]}
    assert x.mentions()["data"] == [expected]


def test_fields_and_expansions_bring_what_they_name(x: X) -> None:
    first = x.write("Nyheter", OURS)
    x.write("@exempelby bra #fest", parent=first.id)
    answer = x.mentions(
        tweet__fields="conversation_id,created_at,entities,lang,public_metrics",
        expansions="author_id,referenced_tweets.id",
        user__fields="name",
    )
    (tweet,) = answer["data"]
    assert tweet["conversation_id"] == first.id
    assert tweet["referenced_tweets"] == [{"type": "replied_to", "id": first.id}]
    assert tweet["entities"]["mentions"][0] == {"start": 0, "end": 10, "username": "exempelby", "id": OURS}
    assert tweet["entities"]["hashtags"] == [{"start": 15, "end": 20, "tag": "fest"}]
    assert {user["username"] for user in answer["includes"]["users"]} == {"bo_ek", "exempelby"}
    assert answer["includes"]["tweets"][0]["text"] == "Nyheter"


@pytest.mark.parametrize(
    "params",
    [
        {"tweet__fields": "autor"},
        {"expansions": "alla"},
        {"user__fields": "lösenord"},
        {"max_results": "4"},
        {"max_results": "101"},
        {"max_results": "tio"},
        {"since_id": "igår"},
        {"start_time": "2026-11-24"},
        {"pagination_token": "5"},
    ],
)
def test_an_odd_parameter_is_refused(x: X, params: dict[str, str]) -> None:
    answer = x.mentions(**params)
    assert answer["title"] == "Invalid Request"
    assert answer["errors"][0]["parameters"]


def test_pages_follow_each_other_without_gap_or_overlap(x: X) -> None:
    written = [x.write(f"@exempelby {number}").id for number in range(23)]
    seen: list[str] = []
    token: str | None = None
    while True:
        answer = x.mentions(max_results=5, **({"pagination_token": token} if token else {}))
        seen += [each["id"] for each in answer["data"]]
        token = answer["meta"].get("next_token")
        if token is None:
            break
    assert seen == written[::-1]


def test_an_empty_list_has_no_data(x: X) -> None:
    assert x.mentions() == {"meta": {"result_count": 0}}


def test_since_id_and_start_time_leave_out_what_is_older(x: X) -> None:
    now = datetime.now(UTC)
    old, new = x.write("@exempelby 1", at=now - timedelta(hours=2)), x.write("@exempelby 2")
    assert [each["id"] for each in x.mentions(since_id=old.id)["data"]] == [new.id]
    start = (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [each["id"] for each in x.mentions(start_time=start)["data"]] == [new.id]


def test_a_since_id_older_than_a_week_is_refused_for_ever(x: X) -> None:
    entry = x.write("@exempelby", at=datetime.now(UTC) - timedelta(days=8))
    assert "'since_id' must be a tweet id created after" in x.mentions(since_id=entry.id)["errors"][0]["message"]


def test_an_edit_is_a_new_id_and_the_old_one_gives_the_old_text(x: X) -> None:
    old = x.write("Öpnar?")
    new = x.world.edit(old.id, "Öppnar?")
    answer = x.get("/2/tweets", ids=f"{old.id},{new.id}")
    assert [(each["id"], each["text"]) for each in answer["data"]] == [(old.id, "Öpnar?"), (new.id, "Öppnar?")]
    assert answer["data"][0]["edit_history_tweet_ids"] == [old.id, new.id]


def test_what_is_gone_comes_in_errors_beside_the_rest(x: X) -> None:
    stays, gone = x.write("Kvar"), x.write("Borta")
    x.world.delete(gone.id)
    answer = x.get("/2/tweets", ids=f"{stays.id},{gone.id},17")
    assert [each["id"] for each in answer["data"]] == [stays.id]
    assert [each["resource_id"] for each in answer["errors"]] == [gone.id, "17"]
    assert {each["type"].rpartition("/")[2] for each in answer["errors"]} == {"resource-not-found"}


def test_a_long_text_is_cut_and_whole_in_the_note(x: X) -> None:
    x.write("@exempelby " + "å" * 400)
    (tweet,) = x.mentions(tweet__fields="note_tweet")["data"]
    assert len(tweet["text"]) == 280
    assert tweet["text"].endswith("…")
    assert tweet["note_tweet"]["text"].endswith("å" * 400)


def test_links_are_shortened(x: X) -> None:
    x.write("@exempelby se https://example.org/a?b=1.")
    text = x.mentions()["data"][0]["text"]
    assert text.startswith("@exempelby se https://t.co/")
    assert text.endswith(".")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("#fest", {"Kom på #Fest!"}),
        ("#festen", set()),
        ("@bo_ek", {"Hej @bo_ek och kul"}),
        ("from:AsaOst", {"Hej @bo_ek och kul", "Svar"}),
        ("kul OR #fest", {"Kom på #Fest!", "Hej @bo_ek och kul"}),
        ("hej kul", {"Hej @bo_ek och kul"}),
        ('"och kul"', {"Hej @bo_ek och kul"}),
        ('"kul och"', set()),
        ("(kul OR #fest) -from:AsaOst", {"Kom på #Fest!"}),
        ("kul -is:retweet", {"Hej @bo_ek och kul"}),
        ("ek", set()),
        ("to:bo_ek", {"Svar"}),
        ("is:reply", {"Svar"}),
    ],
)
def test_the_search_language(x: X, query: str, expected: set[str]) -> None:
    first = x.write("Kom på #Fest!")
    x.write("Hej @bo_ek och kul", ASA)
    x.write("RT @bo_ek: Kom på #Fest!", ASA, extra={"retweets": first.id})
    x.write("Svar", ASA, parent=first.id)
    assert set(x.found(query)) == expected


def test_a_conversation_is_found_by_its_id_with_others(x: X) -> None:
    first, second = x.write("Ett"), x.write("Två")
    x.write("Svar", ASA, parent=x.write("Svar 1", parent=first.id).id)
    found = x.found(f"conversation_id:{first.id} OR conversation_id:{second.id}", max_results=10)
    assert set(found) == {"Ett", "Två", "Svar 1", "Svar"}


@pytest.mark.parametrize("query", ["", "x" * 513, "kul OR", "OR kul", "(kul", "kul)", "farligt:ord", "is:snäll", '""'])
def test_an_odd_query_is_refused(x: X, query: str) -> None:
    assert x.get("/2/tweets/search/recent", query=query)["title"] == "Invalid Request"


def test_search_reaches_a_week_back_and_asks_for_ten_or_more(x: X) -> None:
    x.write("kul", at=datetime.now(UTC) - timedelta(days=8))
    assert x.found("kul") == []
    assert x.get("/2/tweets/search/recent", query="kul", max_results=5)["title"] == "Invalid Request"


def test_a_reply_stands_and_answers_with_its_id(x: X) -> None:
    entry = x.write("@exempelby när?")
    answer = x.reply("Klockan nio.", entry.id)
    assert answer.status_code == 201
    written = x.world.entry(answer.json()["data"]["id"])
    assert written is not None
    assert (written.text, written.parent, written.thread, written.author) == ("Klockan nio.", entry.id, entry.id, OURS)


def test_only_those_who_turned_to_us_can_be_answered(x: X) -> None:
    hit, quote = x.write("#fest"), x.write("Läs!", extra={"quotes": x.write("Nytt", OURS).id})
    refused = x.reply("Hej", hit.id)
    assert (refused.status_code, "not been mentioned" in refused.json()["detail"]) == (403, True)
    assert x.reply("Hej", quote.id).status_code == 201
    x.world.add_account("twitter", "Exempelby", id=OURS, handle="exempelby", ours=True, extra={"enterprise": True})
    assert x.reply("Hej", hit.id).status_code == 201


def test_the_same_text_to_the_same_tweet_is_refused(x: X) -> None:
    first, second = x.write("@exempelby 1"), x.write("@exempelby 2")
    assert [x.reply("Tack!", id).status_code for id in (first.id, second.id, first.id)] == [201, 201, 403]


def test_what_is_deleted_cannot_be_answered(x: X) -> None:
    entry = x.write("@exempelby när?")
    x.world.delete(entry.id)
    assert "deleted or not visible" in x.reply("Hej", entry.id).json()["detail"]


@pytest.mark.parametrize(
    "body", [None, [], {}, {"text": ""}, {"text": 5}, {"text": "x", "till": "Bo"}, {"text": "x", "reply": {}}]
)
def test_an_odd_tweet_is_refused(x: X, body: object) -> None:
    assert x.send("POST", "/2/tweets", json=body).status_code == 400


def test_length_is_counted_as_x_does(x: X) -> None:
    assert weighted_length("åäö–") == 4
    assert weighted_length("日本🎉") == 6
    assert weighted_length("se https://example.org/" + "a" * 100) == 26
    assert x.send("POST", "/2/tweets", json={"text": "å" * 281}).status_code == 403
    assert x.send("POST", "/2/tweets", json={"text": "å" * 280}).status_code == 201


def test_an_apps_token_reads_and_does_not_write(x: X) -> None:
    app = issue_app(x.world)
    assert x.send("GET", f"/2/users/{OURS}/mentions", bearer=app).status_code == 200
    for method, path in (("POST", "/2/tweets"), ("GET", "/2/users/me")):
        refused = x.send(method, path, bearer=app, json={"text": "x"})
        assert (refused.status_code, refused.json()["title"]) == (403, "Unsupported Authentication")


def test_an_unknown_a_revoked_and_an_old_token_are_refused(x: X) -> None:
    old = issue_oauth2(x.world, OURS, lifetime=timedelta(seconds=-1))["access_token"]
    x.world.revoke(x.bearer)
    assert [x.send("GET", "/2/users/me", bearer=token).status_code for token in ("fel", x.bearer, old)] == [401] * 3


def test_a_signature_must_fit_the_request(x: X) -> None:
    keys = issue_oauth1(x.world, OURS)
    url = f"{x.sandbox.url}/2/users/me"
    oauth = {"oauth_consumer_key": keys["consumer_key"], "oauth_token": keys["access_token"], "oauth_nonce": "n"}
    for signed, expected in ((url, 200), (url + "x", 401)):
        signature = signature_of("GET", signed, list(oauth.items()), keys)
        parts = {**oauth, "oauth_signature": requests.utils.quote(signature, safe="")}
        header = "OAuth " + ", ".join(f'{name}="{value}"' for name, value in parts.items())
        assert requests.get(url, headers={"Authorization": header}, timeout=5).status_code == expected


def test_a_signature_is_the_one_of_the_manual() -> None:
    """The example of docs.x.com/resources/fundamentals/authentication/oauth-1-0a/creating-a-signature."""
    parameters = [
        ("status", "Hello Ladies + Gentlemen, a signed OAuth request!"),
        ("include_entities", "true"),
        ("oauth_consumer_key", "xvz1evFS4wEEPTGEFPHBog"),
        ("oauth_nonce", "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "1318622958"),
        ("oauth_token", "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"),
        ("oauth_version", "1.0"),
    ]
    keys = {
        "consumer_secret": "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        "access_token_secret": "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    }
    url = "https://api.twitter.com/1.1/statuses/update.json"
    assert signature_of("post", url, parameters, keys) == "hCtSmYh+iHYCEqBWrE7C7hYmtUk="


def test_a_refresh_token_works_once(x: X) -> None:
    token = issue_oauth2(x.world, OURS)
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    url, basic = f"{x.sandbox.url}/2/oauth2/token", HTTPBasicAuth(token["client_id"], token["client_secret"])
    assert requests.post(url, data=form, timeout=5).status_code == 401
    first = requests.post(url, data=form, auth=basic, timeout=5).json()
    assert x.send("GET", "/2/users/me", bearer=first["access_token"]).status_code == 200
    again = requests.post(url, data=form, auth=basic, timeout=5)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")
    form["refresh_token"] = first["refresh_token"]
    assert requests.post(url, data=form, auth=basic, timeout=5).status_code == 200


def test_requests_are_counted_down_and_refused_where_rates_are_enforced(x: X) -> None:
    x.world.add_account("twitter", "Exempelby", id=OURS, handle="exempelby", ours=True, extra={"enforces_rates": True})
    answers = [x.send("GET", "/2/users/me") for _ in range(76)]
    assert answers[0].headers["x-rate-limit-remaining"] == "74"
    assert [answer.status_code for answer in answers[-2:]] == [200, 429]
    assert int(answers[-1].headers["x-rate-limit-reset"]) > datetime.now(UTC).timestamp()


@pytest.mark.parametrize(
    ("kind", "status", "title"),
    [
        ("rate_limit", 429, "Too Many Requests"),
        ("usage_cap", 429, "UsageCapExceeded"),
        ("credits", 402, "CreditsDepleted"),
        ("token_revoked", 401, "Unauthorized"),
        ("server_error", 503, "Service Unavailable"),
    ],
)
def test_a_fault_is_worded_as_x_words_it(x: X, kind: str, status: int, title: str) -> None:
    x.sandbox.faults.add("twitter", kind, times=1)
    refused = x.send("GET", "/2/users/me")
    assert (refused.status_code, refused.json()["title"]) == (status, title)
    assert x.send("GET", "/2/users/me").status_code == 200


def test_hiding_and_deleting(x: X) -> None:
    first = x.write("Nyheter", OURS)
    answer = x.write("@exempelby usch", parent=first.id)
    assert x.send("PUT", f"/2/tweets/{answer.id}/hidden", json={"hidden": True}).json() == {"data": {"hidden": True}}
    assert x.send("DELETE", f"/2/tweets/{answer.id}").status_code == 403
    assert x.send("DELETE", f"/2/tweets/{first.id}").json() == {"data": {"deleted": True}}
    assert x.send("DELETE", f"/2/tweets/{first.id}").status_code == 404


def test_the_new_words_are_spoken_to_who_uses_them(x: X) -> None:
    x.write("@exempelby bra", parent=x.write("Nyheter", OURS).id)
    answer = x.mentions(post__fields="public_metrics", expansions="referenced_posts")
    (post,) = answer["data"]
    assert {"edit_history_post_ids", "referenced_posts"} <= post.keys()
    assert "repost_count" in post["public_metrics"]
    assert answer["includes"]["posts"][0]["text"] == "Nyheter"


def test_users_are_looked_up_by_id_and_handle(x: X) -> None:
    bo = {"id": BO, "name": "Bo Ek", "username": "bo_ek"}
    assert x.get(f"/2/users/{BO}")["data"] == x.get("/2/users/by/username/BO_EK")["data"] == bo
    answer = x.get("/2/users", ids=f"{BO},17")
    assert (answer["data"], answer["errors"][0]["resource_type"]) == ([bo], "user")
    assert x.get("/2/users/17/mentions")["errors"][0]["title"] == "Not Found Error"
