"""Which language a text is in, and the approved phrases that are offered in it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from inbox.incoming import language
from inbox.models import Phrase
from tests.factories import NOW, waiting_conversation

pytestmark = pytest.mark.django_db
ARABIC = "متى يفتح المسبح يوم السبت؟"
SAMPLES = {
    "sv": ["När öppnar simhallen på lördag?", "Hur anmäler man sig till Linden?", "Det är för dåligt"],
    "en": ["When does the swimming pool open on Saturday?", "Thank you for the help", "How do I apply for a school?"],
    "ar": [ARABIC, "كيف أسجل طفلي في المدرسة"],
    "fi": ["Milloin uimahalli on auki lauantaina?", "Onko kirjasto auki"],
    "de": ["Wann öffnet das Schwimmbad am Samstag?", "Ich habe eine Frage zu dem Bus"],
    "da": ["Hvornår åbner svømmehallen på lørdag?", "Jeg har ikke fået noget svar af jer"],
    "no": ["Når åpner svømmehallen på lørdag?", "Jeg har ikke fått noe svar, hva skjer?"],
    "uk": ["Коли відкривається басейн у суботу?"],
    "so": ["Waan ku mahadsanid, maxaa dhacay iyo"],
    "fa": ["استخر شنبه چه ساعتی باز می‌شود؟"],
    "pl": ["Kiedy otwiera się basen w sobotę?"],
    "ti": ["ሓምቦሳ ገንዳ ቀዳም ሰዓት ክንደይ እዩ ዝኽፈት?"],
    "": ["", "❤️❤️", "123", "ok", "Bra", "Когда открывается бассейн", "ہیلو آپ کیسے ہیں", "@anna https://a.se/the/and"],
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in SAMPLES.items() for text in texts])
def test_a_text_is_in_the_language_of_its_script_or_its_commonest_words(code: str, text: str) -> None:
    assert language.of(text) == code


def phrase(**given: object) -> Phrase:
    values = {"language": "ar", "name": "Ring", "text": "اتصل بنا", "swedish": "Ring oss.", "approved_at": NOW}
    return Phrase.objects.create(**{**values, **given})


def test_a_foreign_comment_has_a_badge_its_direction_and_the_phrases_of_its_language(anna: Client) -> None:
    arabic, finnish = phrase(), phrase(language="fi", text="Soita meille")
    row = waiting_conversation(text=ARABIC)
    page = anna.get(f"/k/{row.pk}/?beslut=answer").content.decode()
    assert "Arabiska</span>" in page and 'lang="ar"' in page and "Skrivet på arabiska" in page
    assert arabic.text in page and "Ring: Ring oss." in page and finnish.text not in page
    chosen = anna.get(f"/k/{row.pk}/?beslut=answer&fras={arabic.pk}").content.decode()
    assert f"{arabic.text}</textarea>" in chosen
    assert "Arabiska" in anna.get("/").content.decode()


def test_a_swedish_comment_has_none_of_it(anna: Client) -> None:
    phrase()
    page = anna.get(f"/k/{waiting_conversation().pk}/?beslut=answer").content.decode()
    assert "Skrivet på" not in page and "Svenska" not in page


def test_who_saves_a_phrase_has_approved_it(anna: Client) -> None:
    given = {"language": "fi", "name": "Ring", "text": "Soita", "swedish": "Ring oss"}
    anna.post(reverse("inbox:phrase_new"), given)
    made = Phrase.objects.get()
    assert (made.approved_by, made.approved_at) == (anna.user, NOW)  # type: ignore[attr-defined]
    assert "Godkänd av Anna Ek" in anna.get(reverse("inbox:phrases")).content.decode()
    anna.post(reverse("inbox:phrase_edit", args=[made.pk]), {"remove": "1"})
    assert not Phrase.objects.exists() and AuditEvent.objects.filter(action="phrase.removed").exists()
