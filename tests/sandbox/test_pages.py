"""The pretend platforms' pages: a citizen writes, edits and deletes; the municipality answers from the app."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pytest
import requests

from sandbox import municipality
from sandbox.citizens.week import write_week
from sandbox.entries import Entry
from tests.sandbox_server import RunningSandbox

FACEBOOK, X, YOUTUBE = municipality.FACEBOOK_MAIN, municipality.X_MAIN, municipality.YOUTUBE_MAIN
PAGE = FACEBOOK.external_id


class Citizen:
    """Somebody in front of the pages, without JavaScript."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox, self.world = sandbox, sandbox.world
        self.session = requests.Session()
        municipality.settle(self.world)
        self.post = self.world.write("facebook", "post", PAGE, "Nu snöar det", wall=PAGE)

    def open(self, path: str) -> str:
        answer = self.session.get(self.sandbox.url + path, timeout=10)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)

    def send(self, path: str, **fields: str) -> requests.Response:
        return self.session.post(self.sandbox.url + path, data=fields, timeout=10)

    def latest(self, platform: str) -> Entry:
        return self.world.entries(platform, limit=1)[0]

    def comment(self, text: str) -> Entry:
        assert self.send("/facebook/skriv", root=self.post.id, text=text).status_code == 200
        return self.latest("facebook")

    def name(self, entry: Entry) -> str:
        account = self.world.account(entry.author, entry.platform)
        assert account is not None
        return account.name


@pytest.fixture
def citizen(sandbox: RunningSandbox) -> Citizen:
    return Citizen(sandbox)


def test_the_first_page_leads_to_each_platform(citizen: Citizen) -> None:
    page = citizen.open("/")
    for platform in ("twitter", "facebook", "youtube"):
        assert f'href="/{platform}/"' in page
        citizen.open(f"/{platform}/")


def test_only_platforms_with_an_account_of_ours_are_offered(citizen: Citizen) -> None:
    page = citizen.open("/")
    offered = [
        name for name in ("twitter", "facebook", "instagram", "linkedin", "youtube") if f'href="/{name}/"' in page
    ]
    assert offered == ["twitter", "facebook", "instagram", "youtube"]


def test_every_page_says_that_it_is_pretend(citizen: Citizen) -> None:
    written = citizen.comment("Hej")
    for path in ("/", "/facebook/", f"/facebook/svara/{written.id}", f"/facebook/tråd/{written.id}"):
        assert "Låtsas." in citizen.open(path)


def test_a_citizen_comments_on_a_post(citizen: Citizen) -> None:
    written = citizen.comment("När plogas Ågatan?")
    assert (written.root, written.parent, written.wall) == (citizen.post.id, None, PAGE)
    assert "När plogas Ågatan?" in citizen.open("/facebook/")


def test_a_citizen_writes_under_the_name_that_was_chosen(citizen: Citizen) -> None:
    citizen.send("/facebook/namn", namn="Åsa Öst")
    first, second = citizen.comment("Hej"), citizen.comment("Hej igen")
    assert citizen.name(first) == "Åsa Öst"
    assert first.author == second.author
    assert "Du skriver som Åsa Öst" in citizen.open("/facebook/")


def test_a_name_of_ours_does_not_make_a_citizen_us(citizen: Citizen) -> None:
    citizen.send("/facebook/namn", namn="Exempelby kommun")
    assert citizen.comment("Hej").author != PAGE


def test_a_citizen_answers_a_comment(citizen: Citizen) -> None:
    first = citizen.comment("Hej")
    citizen.send("/facebook/skriv", parent=first.id, text="Hej själv")
    assert citizen.latest("facebook").parent == first.id


def test_a_citizen_writes_on_our_facebook_page(citizen: Citizen) -> None:
    citizen.send("/facebook/skriv", wall=PAGE, text="Hål i vägen!")
    written = citizen.latest("facebook")
    assert (written.kind, written.wall, written.root) == ("post", PAGE, None)


def test_a_citizen_tweets_to_us_and_is_answered_by_name(citizen: Citizen) -> None:
    citizen.send("/twitter/skriv", text="@exempelby när öppnar badet?")
    tweet = citizen.latest("twitter")
    citizen.send("/twitter/skriv", parent=tweet.id, konto=X.external_id, text="Kl 10 /Anna")
    reply, author = citizen.latest("twitter"), citizen.world.account(tweet.author, "twitter")
    assert author is not None
    assert reply.text == f"@{author.handle} Kl 10 /Anna"
    assert (reply.author, reply.parent, reply.thread) == (X.external_id, tweet.id, tweet.id)


def test_whoever_answers_somebody_that_wrote_to_us_writes_to_us_too(citizen: Citizen) -> None:
    citizen.send("/twitter/skriv", text="@exempelby när öppnar badet? @Nisse")
    tweet = citizen.latest("twitter")
    citizen.session.cookies.set("namn", "Ida")
    citizen.send("/twitter/skriv", parent=tweet.id, text="Det undrar jag med")
    author = citizen.world.account(tweet.author, "twitter")
    assert author and citizen.latest("twitter").text == f"@{author.handle} @exempelby @Nisse Det undrar jag med"


def test_the_municipality_answers_from_the_platforms_own_app(citizen: Citizen) -> None:
    asked = citizen.comment("När plogas Ågatan?")
    citizen.send("/facebook/skriv", parent=asked.id, konto=PAGE, text="Före sju. /Anna")
    answer = citizen.latest("facebook")
    assert (answer.author, answer.parent, answer.extra) == (PAGE, asked.id, {"native": True})
    page = citizen.open("/facebook/")
    assert page.index("När plogas Ågatan?") < page.index("Före sju. /Anna")
    assert "från plattformens app" in page


def test_nobody_can_write_as_us_with_a_citizens_account(citizen: Citizen) -> None:
    somebody = citizen.comment("Hej").author
    assert citizen.send("/facebook/skriv", root=citizen.post.id, konto=somebody, text="Vi lovar").status_code == 400


def test_a_citizen_edits_and_the_page_says_so(citizen: Citizen) -> None:
    written = citizen.comment("Nör plogas Ågatan?")
    citizen.send(f"/facebook/ändra/{written.id}", text="När plogas Ågatan?")
    page = citizen.open(f"/facebook/tråd/{citizen.post.id}")
    assert "redigerad" in page
    assert "Nör plogas Ågatan?" in page.partition("Tidigare lydelser")[2]


def test_a_citizen_deletes(citizen: Citizen) -> None:
    written = citizen.comment("Ångrar mig")
    citizen.send(f"/facebook/radera/{written.id}")
    assert "Ångrar mig" not in citizen.open("/facebook/")
    assert "går varken att svara på" in citizen.open(f"/facebook/svara/{written.id}")


def test_what_hangs_under_a_deleted_comment_is_still_shown(citizen: Citizen) -> None:
    first = citizen.comment("Ångrar mig")
    citizen.send("/facebook/skriv", parent=first.id, text="Varför det?")
    citizen.send(f"/facebook/radera/{first.id}")
    page = citizen.open("/facebook/")
    assert "Borttaget av den som skrev det." in page
    assert "Varför det?" in page


def test_an_answer_to_an_edited_tweet_stays_under_it(citizen: Citizen) -> None:
    citizen.send("/twitter/skriv", text="@exempelby hje")
    tweet = citizen.latest("twitter")
    citizen.send("/twitter/skriv", parent=tweet.id, text="Menar du hej?")
    answer = citizen.latest("twitter")
    citizen.send(f"/twitter/ändra/{tweet.id}", text="@exempelby hej")
    page = citizen.open("/twitter/")
    assert page.index("@exempelby hej") < page.index(f'id="e-{answer.id}"')


def test_only_its_owner_publishes_on_a_channel(citizen: Citizen) -> None:
    assert citizen.send("/youtube/skriv", text="Min film").status_code == 400
    citizen.send("/youtube/skriv", konto=YOUTUBE.external_id, text="Så plogas det")
    video = citizen.latest("youtube")
    assert (video.kind, video.extra["title"], video.wall) == ("video", "Så plogas det", YOUTUBE.external_id)


def test_the_latest_activity_comes_first(citizen: Citizen) -> None:
    citizen.world.write("facebook", "post", PAGE, "Nyare inlägg", wall=PAGE)
    citizen.comment("Ny kommentar på det äldre")
    page = citizen.open("/facebook/")
    assert page.index("Nu snöar det") < page.index("Nyare inlägg")


def test_times_are_shown_in_stockholm(citizen: Citizen) -> None:
    at = datetime(2026, 6, 6, 22, 30, tzinfo=UTC)
    citizen.world.write("facebook", "comment", citizen.comment("Hej").author, "Sent", root=citizen.post.id, at=at)
    assert "7 juni 00.30" in citizen.open(f"/facebook/tråd/{citizen.post.id}")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_what_people_write_is_shown_as_they_wrote_it(citizen: Citizen, text: str) -> None:
    citizen.comment(text)
    page = citizen.session.get(citizen.sandbox.url + "/facebook/", timeout=5).text
    assert html.escape(text, quote=True).replace("&#x27;", "&#39;") in page.replace("&#34;", "&quot;")
    assert text not in page or "<" not in text


def test_a_text_that_is_empty_or_far_too_long_is_refused(citizen: Citizen) -> None:
    for text in ("", "   ", "x" * 10_001):
        assert citizen.send("/facebook/skriv", root=citizen.post.id, text=text).status_code == 400


def test_what_is_not_there_is_a_page_of_its_own(citizen: Citizen) -> None:
    for path in ("/facebook/svara/1_2", f"/twitter/svara/{citizen.post.id}", "/facebook/tråd/0"):
        answer = citizen.session.get(citizen.sandbox.url + path, timeout=5)
        assert (answer.status_code, "Det finns inget sådant här" in answer.text) == (404, True)


def test_a_fault_is_switched_on_and_off_on_the_page(citizen: Citizen) -> None:
    citizen.send("/facebook/störning", kind="drop_after", method="POST", times="2")
    (fault,) = citizen.sandbox.faults.listed()
    assert (fault["kind"], fault["method"], fault["times"]) == ("drop_after", "POST", 2)
    assert "2 gånger" in citizen.open("/facebook/")
    citizen.send("/störning/av", id=str(fault["id"]))
    assert citizen.sandbox.faults.listed() == []


@pytest.mark.parametrize("times", ["0", "-1", "många"])
def test_a_fault_that_makes_no_sense_is_refused(citizen: Citizen, times: str) -> None:
    assert citizen.send("/facebook/störning", kind="drop_after", times=times).status_code == 400


def test_a_page_offers_only_faults_that_its_platform_knows(citizen: Citizen) -> None:
    assert "Krediterna är slut" in citizen.open("/twitter/")
    assert "Krediterna är slut" not in citizen.open("/facebook/")


def test_a_storm_breaks_at_a_click(citizen: Citizen) -> None:
    citizen.send("/facebook/storm", count="50", när="nyss")
    assert citizen.world.count("facebook", kind="comment") == 50
    assert "Koka dricksvattnet!" in citizen.open("/facebook/")


def test_a_page_of_a_whole_week_loads_nothing_from_elsewhere(citizen: Citizen) -> None:
    write_week(citizen.world, seed=1, now=citizen.world.now())
    for platform in ("facebook", "twitter", "youtube"):
        answer = citizen.session.get(f"{citizen.sandbox.url}/{platform}/", timeout=20)
        assert re.findall(r'(?:src|<link[^>]* href)="(?!/)[^"]*"', answer.text) == []
        assert "<script>" not in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")


def test_a_page_shows_only_the_account_that_was_chosen(citizen: Citizen) -> None:
    other = municipality.FACEBOOK_CULTURE.external_id
    citizen.world.write("facebook", "post", other, "Boktips", wall=other)
    page = citizen.open(f"/facebook/?konto={other}")
    assert "Boktips" in page
    assert "Nu snöar det" not in page


def test_a_long_thread_is_cut_on_the_platforms_page_and_whole_on_its_own(citizen: Citizen) -> None:
    author = citizen.comment("Först").author
    for number in range(150):
        citizen.world.write("facebook", "comment", author, f"Kommentar {number}.", root=citizen.post.id)
    assert "Kommentar 3." not in citizen.open("/facebook/")
    assert "Visa alla 151" in citizen.open("/facebook/")
    assert "Kommentar 3." in citizen.open(f"/facebook/tråd/{citizen.post.id}")
