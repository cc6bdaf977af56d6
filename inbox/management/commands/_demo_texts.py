"""What the demo municipality answers with: where it redirects to, who answers for what, its bank and its phrases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from inbox.models import Phrase, RedirectTarget, ReplyTemplate, Responsibility

OFFICE = ["8–16.30", "8–16.30", "8–18", "8–16.30", "8–15", "", ""]
ALWAYS = ["0–24"] * 7

REDIRECTS: tuple[dict[str, Any], ...] = (
    {
        "name": "Kontaktcenter",
        "text": "Vi kan inte gå in på enskilda frågor här, det är inte säkert för dig. Ring kontaktcenter, så hjälper "
        "de dig vidare samma dag.",
        "phone": "0555-100 00",
        "hours": OFFICE,
    },
    {
        "name": "Felanmälan",
        "text": "Tack för att du säger till! För att den som lagar ska få rätt plats och kunna återkomma till dig "
        "behöver det in som en felanmälan. Det tar en minut, och du får besked inom tre arbetsdagar:",
        "url": "https://exempelby.example/felanmalan",
    },
    {
        "name": "Synpunkter",
        "text": "Tack för synpunkten. Lämna den gärna i vårt formulär, så går den till dem som beslutar:",
        "url": "https://exempelby.example/synpunkter",
        "takes": "ungefär tre veckor att få svar",
    },
    {
        "name": "Trafikverket",
        "text": "Den vägen sköts av Trafikverket, inte av kommunen. De tar emot felanmälningar och svarar direkt i "
        "telefon.",
        "phone": "0771-921 921",
        "hours": ALWAYS,
        "is_elsewhere": True,
    },
    {
        "name": "Länstrafiken",
        "text": "Bussarna körs av Länstrafiken, inte av kommunen. De ser tider och störningar:",
        "url": "https://lanstrafiken.example/",
        "is_elsewhere": True,
    },
)
RESPONSIBILITIES = (
    (
        "Väg",
        "väg, vägen, gata, grop, plog, snö",
        "Norrby, Storåsen",
        "Trafikverket",
        "Allmänna vägar utanför orten.",
    ),
    ("Väg", "väg, vägen, gata, grop, plog, snö", "", "Felanmälan", "Gator och gångvägar i tätorten är våra."),
    ("Belysning", "lampa, lampan, belysning, lyktstolp", "", "Felanmälan", "Skriv numret på stolpen om det syns."),
    ("Buss", "buss, tidtabell, hållplats", "", "Länstrafiken", ""),
)
TEMPLATES = (
    ("Öppettider", "Hej {namn}! Våra tider i dag: {öppet_idag}. Nästa vardag är {nästa_vardag}."),
    ("Besked", "Hej {namn}! Vi har sett din fråga och tar reda på svaret. Du får svar här senast {när}."),
    ("Felanmälan", "Hej {namn}! Tack, anmäl det gärna här så kommer det till rätt person: {länk:felanmälan}"),
)
PHRASES = (
    ("en", "Ring kontaktcenter", "Hello! Please call our contact centre on 0555-100 00. They can help you in English.",
     "Hej! Ring vårt kontaktcenter på 0555-100 00. De kan hjälpa dig på engelska."),
    ("en", "Svar kommer", "Thank you for your question. We are finding out, and will reply to you here.",
     "Tack för din fråga. Vi tar reda på svaret och svarar dig här."),
    ("fi", "Ring kontaktcenter", "Hei! Soita asiakaspalveluumme numeroon 0555-100 00.",
     "Hej! Ring vårt kontaktcenter på 0555-100 00."),
    ("ar", "Ring kontaktcenter", "مرحباً! يرجى الاتصال بمركز خدمة البلدية على الرقم ‎0555-100 00.",
     "Hej! Ring kommunens kontaktcenter på 0555-100 00."),
)  # fmt: skip


def load(owner: User) -> None:
    """Make what is not there yet; what somebody has changed since stays as it is."""
    now = timezone.now()
    targets = {}
    for position, given in enumerate(REDIRECTS):
        name = given["name"]
        defaults = {**given, "position": position, "owner": owner}
        targets[name] = RedirectTarget.objects.get_or_create(name=name, defaults=defaults)[0]
    for subject, words, place, target, note in RESPONSIBILITIES:
        values = {"words": words, "target": targets[target], "note": note}
        Responsibility.objects.get_or_create(subject=subject, place=place, defaults=values)
    review_at = timezone.localdate(now) + timedelta(days=180)
    for name, text in TEMPLATES:
        values = {"text": text, "owner": owner, "review_at": review_at, "changed_at": now, "changed_by": owner}
        ReplyTemplate.objects.get_or_create(name=name, defaults=values)
    for language, name, text, swedish in PHRASES:
        values = {"text": text, "swedish": swedish, "approved_by": owner, "approved_at": now}
        Phrase.objects.get_or_create(language=language, name=name, defaults=values)
