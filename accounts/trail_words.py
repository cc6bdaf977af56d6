"""What happened, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, Promise] = {
    "calendar.confirmed": _("bekräftade årets kalender"),
    "channel.added": _("registrerade ett konto"),
    "channel.changed": _("ändrade ett konto"),
    "channel.closed": _("avslutade ett konto"),
    "channel.connected": _("anslöt ett konto"),
    "channel.disconnected": _("kopplade från ett konto"),
    "channel.kept": _("prövade ett konto och behöll det"),
    "channel.paused": _("pausade ett konto"),
    "channel.resumed": _("startade ett konto igen"),
    "channel.token_replaced": _("bytte nyckel"),
    "conversation.assigned": _("bytte ansvarig"),
    "conversation.handed_over": _("lämnade över en konversation till en annan förvaltning"),
    "conversation.reopened": _("återöppnade"),
    "conversation.routed": _("gav en konversation till en förvaltning, efter hashtaggen"),
    "conversation.seen": _("såg det som någon skrev, först av alla"),
    "department.added": _("lade till en förvaltning"),
    "department.changed": _("ändrade en förvaltning"),
    "evidence.kept": _("sparade bevis"),
    "expert.asked": _("frågade en sakkunnig"),
    "expert.done": _("fick svar av en sakkunnig"),
    "figures.differed": _("uppföljningens tal stämde inte med sina rader"),
    "figures.rows_exported": _("tog ut rader ur uppföljningen"),
    "hide.queued": _("dolde en kommentar"),
    "delete.queued": _("tog bort en kommentar"),
    "like.queued": _("gillade en kommentar"),
    "note.added": _("skrev en anteckning"),
    "policy.added": _("lade till ett svarstidsmål"),
    "policy.changed": _("ändrade ett svarstidsmål"),
    "policy.chosen": _("valde svarstidsmål"),
    "redirect.added": _("lade till en hänvisning"),
    "redirect.changed": _("ändrade en hänvisning"),
    "reply.cancelled": _("ångrade ett svar"),
    "reply.queued": _("skickade ett svar"),
    "reply.sent": _("svaret kom fram"),
    "reply.settled": _("kontrollerade ett svar"),
    "report.stored": _("sparade en rapport"),
    "reply.taken_over": _("tog över ett svar som någon annan skrev"),
    "surface.note": _("läsningen av ett konto hade något att säga"),
    "topic.added": _("lade till en hashtagg"),
    "topic.changed": _("ändrade en hashtagg"),
    "topic.removed": _("tog bort en hashtagg"),
    "trail.broken": _("loggen var ändrad"),
    "trail.exported": _("tog ut loggen"),
    "user.activated": _("aktiverade en användare"),
    "user.added": _("lade till en användare"),
    "user.changed": _("ändrade en användare"),
    "user.deactivated": _("avaktiverade en användare"),
    "user.invited": _("bjöd in en användare"),
    "user.password_given": _("gav ett nytt lösenord"),
    "user.refused": _("stängdes ute: ingen grupp ger någon roll"),
    "user.signed_out": _("loggades ut av kommunens inloggning"),
    "user.role_given": _("gav en roll"),
    "user.role_taken": _("tog en roll"),
    "user.emergency": _("loggade in med nödkontot"),
    "verdict.moderate": _("modererade"),
    "verdict.no_reply": _("beslutade att inget svar behövs"),
    "verdict.undone": _("ångrade ett beslut"),
}


def words_of(action: str) -> str:
    """Give an action in words; one that nobody has named yet stands as it is stored."""
    return str(ACTIONS.get(action, action))


PLACES = {
    "conversation": "inbox:conversation",
    "channel": "accounts:channel",
    "user": "people:person",
    "department": "people:department",
    "redirect": "inbox:redirect_edit",
}
"""Where the subject of an event is shown."""
