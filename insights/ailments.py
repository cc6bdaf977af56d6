"""What is wrong with the installation, in words: what, whether a citizen is affected, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inbox.incoming import watchdog
from inbox.showing import chips
from insights.conclusions import spaced
from insights.operations import State

SILENT = 120  # seconds; beat asks every 30
WAITED = 300  # seconds that a reply may wait to be sent
LONG_QUEUE = 500  # messages; each tick of beat leaves one or two


@dataclass(frozen=True)
class Ailment:
    """`is_urgent`: a citizen is affected, or soon will be."""

    what: str
    do: str
    is_urgent: bool
    url: str = ""
    link: str = ""  # what the address leads to


def of(state: State) -> list[Ailment]:
    """Give everything that is wrong, the urgent first."""
    found = [*_machinery(state), *_sending(state), *_reading(state), *_figures(state)]
    return sorted(found, key=lambda each: not each.is_urgent)


def no_database() -> Ailment:
    return Ailment(
        _("Databasen svarar inte. Inget går att läsa eller besvara."),
        _("Starta PostgreSQL och se vad den skriver i sin logg."),
        is_urgent=True,
    )


def _machinery(state: State) -> Iterator[Ailment]:
    if state.queues is None:
        yield Ailment(
            _("Redis svarar inte. Inget hämtas och inga svar går ut, men inget är förlorat."),
            _("Starta Redis. Arbetet fortsätter där det var."),
            is_urgent=True,
        )
        return
    if state.tick is None or state.tick > SILENT:
        yield Ailment(
            _("Inget arbete sker i bakgrunden. Inget hämtas och inga svar går ut."),
            _("Se efter att beat och worker är i gång, och vad de skriver i sin logg."),
            is_urgent=True,
        )
    if sum(state.queues.values()) > LONG_QUEUE:
        yield Ailment(
            _("%s meddelanden väntar på en worker. Kommentarer hämtas senare än de ska.")
            % spaced(sum(state.queues.values())),
            _("Starta fler workers, eller se vad de som finns har fastnat i."),
            is_urgent=False,
        )


def _sending(state: State) -> Iterator[Ailment]:
    if state.oldest_queued is not None and state.oldest_queued > WAITED:
        yield Ailment(
            _("Ett svar har väntat i %s på att skickas.") % chips.length(timedelta(seconds=state.oldest_queued)),
            _("Se efter att en worker läser kön deliver."),
            is_urgent=True,
        )
    if state.to_check:
        yield Ailment(
            ngettext(
                "%s svar kan ha gått fram eller inte. Gensvar skickar det inte en gång till.",
                "%s svar kan ha gått fram eller inte. Gensvar skickar dem inte en gång till.",
                state.to_check,
            )
            % state.to_check,
            _("En kommunikatör tittar på plattformen och säger vad som stämmer."),
            is_urgent=True,
            url=reverse("inbox:list") + "?vy=check",
            link=_("Till svaren"),
        )
    if state.stuck_mail:
        yield Ailment(
            ngettext("%s rapport kunde inte skickas med e-post.", "%s rapporter kunde inte skickas med e-post.",
                     state.stuck_mail) % state.stuck_mail,
            _("Se efter att e-postservern i EMAIL_URL svarar. Gensvar försöker igen av sig självt."),
            is_urgent=False,
        )  # fmt: skip


def _reading(state: State) -> Iterator[Ailment]:
    dead = {channel.pk for channel in state.dead_keys}
    for channel in state.dead_keys:
        yield Ailment(
            _("Nyckeln till %s gäller inte längre. Inget hämtas därifrån och inga svar går ut.") % channel,
            _("En administratör ansluter kontot igen."),
            is_urgent=True,
            url=reverse("accounts:channel", args=[channel.pk]),
            link=_("Till kontot"),
        )
    silent = [row for row in state.surfaces if row.channel_id not in dead and watchdog.is_silent(row, state.now)]
    for channel in {row.channel_id: row.channel for row in silent}.values():
        since = min(row.last_success_at or channel.created_at for row in silent if row.channel_id == channel.pk)
        yield Ailment(
            _("%(channel)s har inte kunnat läsas sedan %(since)s. Det kan finnas kommentarer som ingen ser.")
            % {"channel": channel, "since": chips.said(since, state.now)},
            _("Kontots sida säger varför. Gensvar försöker igen av sig självt."),
            is_urgent=True,
            url=reverse("accounts:channel", args=[channel.pk]),
            link=_("Till kontot"),
        )


def _figures(state: State) -> Iterator[Ailment]:
    if state.wrong_weeks:
        yield Ailment(
            _("Nattens kontroll fann veckor vars tal inte stämde med sina rader: %s.") % ", ".join(state.wrong_weeks),
            _("De har räknats om. Händer det igen är det ett fel i programmet."),
            is_urgent=False,
        )
