"""What a communicator does in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, Page, Route, expect

from connectors.base import Sent
from inbox import live
from inbox.leaving import sending
from inbox.models import Conversation, Item, Outgoing, VerdictEvent
from tests.browser.scene import FRIDAY, MINUTE, NOW, PASSWORD, Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LATER = NOW + timedelta(seconds=1)


def opened(page: Page, scene: Scene, name: str, query: str = "") -> None:
    page.goto(f"/k/{scene.conversations[name].pk}/{query}")


def is_open(page: Page, name: str) -> None:
    expect(page.locator("#who")).to_contain_text(name)


def press_swedish(page: Page, key: str) -> None:
    """Press a key that no American keyboard has."""
    page.evaluate(
        "key => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))", key
    )


def test_a_handful_of_comments_is_triaged_by_keyboard_alone(anna: Page, scene: Scene) -> None:
    press, write = anna.keyboard.press, anna.keyboard.type
    anna.goto("/")
    press("j")
    press("Enter")
    is_open(anna, "Sara Lindgren")
    press("r")
    expect(anna.locator("#text")).to_be_focused()
    write("Hej Sara! Ja, vi ringer dig i dag.")
    press("Control+Enter")
    is_open(anna, "Lena Karlsson")
    expect(anna.locator("#who")).to_be_focused()
    press("e")
    expect(anna.locator(".choices button").first).to_be_focused()
    press("1")
    is_open(anna, "Jonas Berg")
    press("b")
    expect(anna.locator("#text")).to_be_focused()
    press("Control+Enter")
    is_open(anna, "Moa Halland")
    press("h")
    press("2")
    expect(anna.locator("#text")).to_have_value("Hej Moa! " + felanmalan())
    expect(anna.locator("#text")).to_be_focused()
    press("Control+Enter")
    is_open(anna, "Nils W")
    press("m")
    expect(anna.locator(".assign summary")).to_contain_text("Anna Ek")
    anna.keyboard.press("t")
    expect(anna.locator("#assignee")).to_be_focused()
    anna.locator("#assignee").select_option("Per Lindqvist")

    sent = {(out.conversation.contact.name, out.kind, out.text.endswith("/Anna")) for out in queued()}
    assert sent == {
        ("Sara Lindgren", "answer", True),
        ("Jonas Berg", "holding", True),
        ("Moa Halland", "redirect", True),
    }
    assert VerdictEvent.objects.filter(conversation=scene.conversations["Lena Karlsson"], verdict="no_reply").exists()


def felanmalan() -> str:
    return (
        "Tack för att du säger till! För att den som lagar ska få rätt plats och kunna återkomma till dig behöver det "
        "in som en felanmälan. Det tar en minut, och du får besked inom tre arbetsdagar: "
        "https://exempelby.example/felanmalan"
    )


def queued() -> list[Outgoing]:
    return list(Outgoing.objects.filter(status="queued").select_related("conversation__contact"))


def test_one_key_takes_a_reply_back_and_its_words_are_there_again(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren")
    anna.locator("#text").fill("Hej Sara! Vi ringer.")
    anna.locator("[data-send]").click()
    expect(anna.locator(".toast")).to_contain_text("skickas om 10 sekunder")
    press_swedish(anna, "å")
    is_open(anna, "Sara Lindgren")
    expect(anna.locator("#text")).to_have_value("Hej Sara! Vi ringer.")
    assert Outgoing.objects.get(conversation=scene.conversations["Sara Lindgren"]).status == "cancelled"


def test_a_ruling_is_taken_back_by_its_toast(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren", "?beslut=no_reply")
    anna.get_by_role("button", name="Ej till oss").click()
    is_open(anna, "Lena Karlsson")
    anna.get_by_role("button", name="Ångra").click()
    is_open(anna, "Sara Lindgren")
    expect(anna.locator("#chip-here")).to_contain_text("Försenad 2 h")


def test_what_is_written_on_a_platform_is_announced_without_moving_the_list(anna: Page, scene: Scene) -> None:
    anna.goto("/")
    anna.evaluate("window.stays = true")
    names = anna.locator(".row strong").all_inner_texts()
    with time_machine.travel(LATER):
        scene.says("Nya Nora", "Hur länge har ni öppet i dag?", FRIDAY + 10 * MINUTE, fetched_after=LATER - FRIDAY)
    live.announce()
    expect(anna.locator("#news")).to_contain_text("1 ny – visa")
    assert anna.locator(".row strong").all_inner_texts() == names
    anna.keyboard.press("n")
    expect(anna.locator(".row strong").nth(1)).to_have_text("Nya Nora")
    expect(anna.locator("#news .news")).to_have_count(0)
    assert anna.evaluate("window.stays")


def test_an_answered_row_leaves_the_list_when_nobody_points_at_it(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Jonas Berg")
    row = anna.locator(f"[data-row='{scene.conversations['Sara Lindgren'].pk}']")
    expect(row).to_be_visible()
    with time_machine.travel(LATER, tick=True):
        scene.answer("Sara Lindgren", "answer", "Hej Sara!", LATER, by="Per")
    live.announce()
    expect(row).to_have_count(0)
    is_open(anna, "Jonas Berg")


def test_somebody_elses_answer_is_told_while_one_types_and_refused_with_every_word_kept(
    anna: Page, scene: Scene
) -> None:
    opened(anna, scene, "Sara Lindgren")
    anna.locator("#text").fill("Hej Sara! Vi tar det nu.")
    moment = NOW + timedelta(minutes=30)
    with time_machine.travel(moment, tick=True):
        scene.answer("Sara Lindgren", "answer", "Hej Sara! Jag ringer dig.", moment, by="Per")
    live.announce()
    expect(anna.locator("#meanwhile")).to_contain_text("Per svarade")
    anna.locator("[data-send]").click()
    expect(anna.locator("#reply-error")).to_contain_text("Per svarade")
    expect(anna.locator("#text")).to_have_value("Hej Sara! Vi tar det nu.")
    expect(anna.locator("#text")).to_be_focused()


def test_a_deleted_comment_is_told_while_one_types(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Ida Tränare")
    row = scene.conversations["Ida Tränare"]
    Item.objects.filter(conversation=row).update(deleted_at=NOW + timedelta(minutes=20))
    Conversation.objects.filter(pk=row.pk).update(revision=row.revision + 1)
    live.announce()
    expect(anna.locator("#meanwhile")).to_contain_text("Ida Tränare har tagit bort det du svarar på")


def test_a_session_that_runs_out_loses_no_word(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren")
    anna.locator("#text").fill("Ett långt svar som inte får gå förlorat.")
    Session.objects.all().delete()
    anna.locator("[data-send]").click()
    anna.wait_for_url("**/konto/login/**")
    anna.get_by_label("Användarnamn").fill("anna")
    anna.get_by_label("Lösenord").fill(PASSWORD)
    anna.get_by_role("button", name="Logga in").click()
    is_open(anna, "Sara Lindgren")
    expect(anna.locator("#text")).to_have_value("Ett långt svar som inte får gå förlorat.")


def test_a_draft_waits_in_its_conversation_and_is_gone_once_sent(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren")
    anna.locator("#text").fill("Halvfärdigt")
    opened(anna, scene, "Jonas Berg")
    expect(anna.locator("#text")).to_have_value("")
    opened(anna, scene, "Sara Lindgren")
    expect(anna.locator("#text")).to_have_value("Halvfärdigt")
    anna.locator("[data-send]").click()
    is_open(anna, "Lena Karlsson")
    anna.wait_for_function("!Object.keys(localStorage).some((key) => key.includes('draft'))")


def test_the_promised_time_in_the_text_follows_its_field(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Moa Halland", "?beslut=holding")
    expect(anna.locator("#text")).to_have_value(
        "Hej Moa! Vi har sett din fråga och tar reda på svaret. Du får svar här senast i morgon kl. 15.00."
    )
    anna.get_by_label("Svar utlovat").fill("2026-11-26")
    anna.locator("#promised_time").focus()
    anna.locator("#promised_time").fill("09:30")
    anna.locator("#text").focus()
    expect(anna.locator("#text")).to_have_value(
        "Hej Moa! Vi har sett din fråga och tar reda på svaret. Du får svar här senast torsdag 26 nov kl. 09.30."
    )


def test_keys_are_silent_in_fields_and_can_be_switched_off(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren")
    anna.locator("#text").focus()
    anna.keyboard.type("behre")
    expect(anna.locator("#text")).to_have_value("behre")
    anna.keyboard.press("Escape")
    anna.keyboard.press("?")
    anna.get_by_label("Använd enkla tangenter").uncheck()
    anna.get_by_role("button", name="Stäng").click()
    anna.keyboard.press("b")
    expect(anna.locator("#reply-form [name=verdict]")).to_have_value("answer")


def test_on_a_phone_a_refusal_is_in_sight_and_so_is_the_view_one_is_in(anna: Page, scene: Scene) -> None:
    anna.set_viewport_size({"width": 320, "height": 640})
    anna.goto("/?vy=done")
    expect(anna.locator(".views a[aria-current]").first).to_be_in_viewport()
    opened(anna, scene, "Sara Lindgren", "?beslut=answer")
    anna.locator("#text").fill("Ditt nummer är 811228-9874.")
    anna.locator("[data-send]").click()
    expect(anna.locator("#reply-error")).to_be_in_viewport()
    anna.locator("#text").fill("Vi har fått ditt ärende.")
    anna.locator("[data-send]").click()
    box = anna.get_by_label("Varför? Sparas som anteckning.").bounding_box()
    assert box is not None and box["width"] > 200


def test_help_is_a_dialog_over_what_one_is_doing(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren")
    for key in ("?", "F1"):
        anna.keyboard.press(key)
        expect(anna.get_by_role("dialog", name="En tangent för varje beslut")).to_be_visible()
        anna.keyboard.press("Escape")
        expect(anna.get_by_role("dialog")).to_have_count(0)
    is_open(anna, "Sara Lindgren")
    anna.keyboard.press("Escape")
    expect(anna.locator("a.row[aria-current]")).to_be_focused()


def test_the_back_button_leads_to_the_conversation_before(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren")
    anna.locator(".row", has_text="Moa Halland").click()
    is_open(anna, "Moa Halland")
    assert anna.url.endswith(f"/k/{scene.conversations['Moa Halland'].pk}/")
    anna.go_back()
    is_open(anna, "Sara Lindgren")


def test_a_server_that_is_away_is_told_and_no_word_is_lost(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren")
    anna.locator("#text").fill("Hej Sara!")
    anna.route("**/svara/**", lambda route: route.fulfill(status=502, body="<html>Bad gateway</html>"))
    anna.locator("[data-send]").click()
    expect(anna.locator(".toast.error")).to_contain_text("Inget är skickat, och din text är kvar")
    expect(anna.locator("#text")).to_have_value("Hej Sara!")
    anna.unroute("**/svara/**")
    anna.locator("[data-send]").click()
    is_open(anna, "Lena Karlsson")


def test_hostile_words_are_shown_as_words(anna: Page, scene: Scene) -> None:
    anna.on("dialog", lambda dialog: pytest.fail("a script of somebody's comment ran"))
    opened(anna, scene, "<b>Kalle</b> & Co")
    expect(anna.locator(".theirs .text")).to_contain_text('<script>alert("hej")</script> {{ user.password }}')
    expect(anna.locator("#who")).to_contain_text("<b>Kalle</b> & Co")
    opened(anna, scene, "Långa Lotta")
    assert len(anna.locator(".theirs .text").inner_text()) > 9000


def test_everything_works_without_javascript(
    browser: Browser, browser_context_args: dict[str, object], scene: Scene, sign_in: Callable[..., None]
) -> None:
    context = browser.new_context(**{**browser_context_args, "java_script_enabled": False})  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page)
    page.goto("/")
    page.locator(".row", has_text="Sara Lindgren").click()
    page.get_by_role("link", name="Besked", exact=True).click()
    page.get_by_label("Svar utlovat").fill("2026-11-20")
    page.locator("#text").fill("Hej Sara! Vi återkommer.")
    page.get_by_role("button", name="Skicka beskedet").click()
    expect(page.locator("#reply-error")).to_contain_text("Lova en senare")
    expect(page.locator("#text")).to_have_value("Hej Sara! Vi återkommer.")
    page.get_by_label("Svar utlovat").fill("2026-11-26")
    page.get_by_role("button", name="Skicka beskedet").click()
    is_open(page, "Lena Karlsson")
    page.get_by_role("button", name="Ångra").first.click()
    expect(page.locator("#text")).to_have_value("Hej Sara! Vi återkommer.")
    page.get_by_role("link", name="Inget svar behövs").click()
    page.get_by_role("button", name="Annat").click()
    is_open(page, "Lena Karlsson")
    page.locator("details.assign summary").click()
    page.get_by_role("link", name="Visa alla som kan svara").click()
    page.get_by_label("Ansvarig").select_option("Per Lindqvist")
    page.get_by_role("button", name="Tilldela").click()
    expect(page.locator(".assign summary")).to_contain_text("Per Lindqvist")
    context.close()


def test_a_reply_that_is_accepted_makes_the_conversation_done(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren")
    anna.locator("#text").fill("Hej Sara!")
    anna.locator("[data-send]").click()
    is_open(anna, "Lena Karlsson")
    outgoing = Outgoing.objects.get(conversation=scene.conversations["Sara Lindgren"])
    at = outgoing.not_before + timedelta(seconds=1)
    with time_machine.travel(at, tick=True):
        claimed = sending.claim(outgoing.pk, now=at, holder="test")
        assert claimed is not None
        sending.accepted(claimed, Sent("reply-1", at), at)
    opened(anna, scene, "Sara Lindgren")
    expect(anna.locator("#chip-here")).to_contain_text("Klar")
    expect(anna.locator(".item.ours")).to_contain_text("Hej Sara! /Anna")


def test_a_verdict_is_told_and_can_be_taken_back_though_another_row_was_opened_before_its_answer(
    anna: Page, scene: Scene
) -> None:
    held: list[Route] = []
    opened(anna, scene, "Ida Tränare")
    anna.route("**/gilla/**", lambda route: held.append(route))
    with anna.expect_request("**/gilla/**"):
        anna.get_by_role("button", name="Gilla räcker", exact=True).click()
    anna.locator(".row", has_text="Moa Halland").click()
    held[0].continue_()
    is_open(anna, "Moa Halland")
    expect(anna.locator(".toast")).to_contain_text("Gillas om 10 sekunder.")
    anna.get_by_role("button", name="Ångra", exact=True).click()
    is_open(anna, "Ida Tränare")
    expect(anna.locator(".toast", has_text="Ångrat")).to_be_visible()


def test_a_menu_opened_by_its_key_takes_the_focus_and_gives_it_back(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Moa Halland")
    for key, first in (("v", "I eftermiddag 15.00"), ("p", "Akut")):
        anna.keyboard.press(key)
        expect(anna.get_by_role("button", name=first, exact=True)).to_be_focused()
        anna.keyboard.press("Escape")
        expect(anna.locator(f"#pane summary[data-key={key}]")).to_be_focused()
