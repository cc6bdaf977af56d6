"""What happened, in words."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, Promise] = {
    "approval.asked": _("bad om godkännande för ett svar"),
    "approval.given": _("godkände ett svar"),
    "approval.refused": _("lämnade tillbaka ett svar"),
    "approval.withdrawn": _("tog tillbaka ett svar som väntade"),
    "approval_rule.added": _("bestämde att svar ska godkännas"),
    "approval_rule.removed": _("bestämde att svar inte längre ska godkännas"),
    "baton.card_opened": _("läste överlämningskortet"),
    "baton.consented": _("samtyckte till att ha stafettpinnen"),
    "baton.given": _("gav någon stafettpinnen"),
    "baton.returned": _("lämnade tillbaka stafettpinnen"),
    "barrier.done": _("besvarade en rapport om tillgänglighet"),
    "barrier.reported": _("någon rapporterade en brist i tillgängligheten"),
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
    "conversation.followed_up": _("svarade på om någon fick hjälp"),
    "conversation.moved": _("flyttade en konversation till ett annat spår"),
    "conversation.passed_on": _("lämnade över något med rättsverkan"),
    "conversation.reopened": _("återöppnade"),
    "conversation.routed": _("gav en konversation till en förvaltning, efter hashtaggen"),
    "conversation.topic_given": _("gav en konversation ett ämne"),
    "conversation.seen": _("såg det som någon skrev, först av alla"),
    "delete.queued": _("tog bort en kommentar"),
    "department.added": _("lade till en förvaltning"),
    "department.changed": _("ändrade en förvaltning"),
    "dialogue.added": _("öppnade en dialog"),
    "dialogue.changed": _("ändrade en dialog"),
    "dialogue.closed": _("avslutade en dialog"),
    "dialogue.handed_back": _("lämnade tillbaka en dialogs konversationer till huvudkontot"),
    "evidence.kept": _("sparade bevis"),
    "expert.asked": _("frågade en sakkunnig"),
    "expert.done": _("fick svar av en sakkunnig"),
    "figures.differed": _("uppföljningens tal stämde inte med sina rader"),
    "figures.rows_exported": _("tog ut rader ur uppföljningen"),
    "changeover.given": _("lämnade över"),
    "changeover.received": _("tog över"),
    "hide.queued": _("dolde en kommentar"),
    "hashtag.unwatched": _("slutade bevaka en hashtagg på ett konto"),
    "hashtag.watched": _("började bevaka en hashtagg på ett konto"),
    "house.changed": _("ändrade husets regler"),
    "lane_texts.changed": _("ändrade spårens texter"),
    "like.queued": _("gillade en kommentar"),
    "neutrality.added": _("lade till en neutralitetsperiod"),
    "neutrality.changed": _("ändrade en neutralitetsperiod"),
    "neutrality.removed": _("tog bort en neutralitetsperiod"),
    "note.added": _("skrev en anteckning"),
    "phrase.added": _("godkände en fras på ett annat språk"),
    "phrase.changed": _("ändrade en fras på ett annat språk"),
    "phrase.removed": _("tog bort en fras på ett annat språk"),
    "policy.added": _("lade till ett svarstidsmål"),
    "policy.changed": _("ändrade ett svarstidsmål"),
    "policy.chosen": _("valde svarstidsmål"),
    "redirect.added": _("lade till en hänvisning"),
    "redirect.changed": _("ändrade en hänvisning"),
    "relay.week_empty": _("sade till om en ledig vecka i stafetten"),
    "responsibility.added": _("lade till vem som svarar för något"),
    "responsibility.changed": _("ändrade vem som svarar för något"),
    "responsibility.removed": _("tog bort vem som svarar för något"),
    "reply.cancelled": _("ångrade ett svar"),
    "reply.queued": _("skickade ett svar"),
    "reply.together": _("skickade ett samlat svar"),
    "reply.sent": _("svaret kom fram"),
    "reply.settled": _("kontrollerade ett svar"),
    "report.stored": _("sparade en rapport"),
    "reply.taken_over": _("tog över ett svar som någon annan skrev"),
    "shift.added": _("lade in ett pass"),
    "shift.changed": _("ändrade ett pass"),
    "shift.removed": _("tog bort ett pass"),
    "rule.added": _("lade till en regel"),
    "rule.changed": _("ändrade en regel"),
    "rule.removed": _("tog bort en regel"),
    "surface.off": _("stängde av läsningen av en del av ett konto"),
    "surface.on": _("slog på läsningen av en del av ett konto"),
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
    "user.emergency": _("loggade in med nödkontot"),
    "user.invited": _("bjöd in en användare"),
    "user.password_given": _("gav ett nytt lösenord"),
    "user.refused": _("stängdes ute: ingen grupp ger någon roll"),
    "user.role_given": _("gav en roll"),
    "user.role_taken": _("tog en roll"),
    "user.signed_out": _("loggades ut av kommunens inloggning"),
    "verdict.moderate": _("modererade"),
    "verdict.no_reply": _("beslutade att inget svar behövs"),
    "verdict.undone": _("ångrade ett beslut"),
}


def words_of(action: str) -> str:
    """Give an action in words; one that nobody has named yet stands as it is stored."""
    return str(ACTIONS.get(action, action))


SUBJECTS: dict[str, Promise] = {
    "barrier": _("rapport om brist"),
    "changeover": _("överlämning"),
    "channel": _("konto"),
    "conversation": _("konversation"),
    "department": _("förvaltning"),
    "dialogue": _("dialog"),
    "figures": _("uppföljningen"),
    "house": _("husets regler"),
    "lane_texts": _("spårens texter"),
    "neutrality": _("neutralitetsperiod"),
    "phrase": _("fras"),
    "policy": _("svarstidsmål"),
    "redirect": _("hänvisning"),
    "report": _("rapport"),
    "responsibility": _("ansvar"),
    "rule": _("regel"),
    "shift": _("pass"),
    "template": _("svarsmall"),
    "topic": _("ämne"),
    "trail": _("loggen"),
    "user": _("användare"),
    "view": _("vy"),
    "year": _("år"),
}
ALONE = ("figures:0", "house:1", "lane_texts:1", "trail:0")  # there is one of each: its number says nothing

FACTS: dict[str, Promise] = {
    "answer": _("svar"),
    "baton": _("stafettpinne"),
    "by_mail": _("med e-post"),
    "changed": _("ändrat"),
    "channel": _("konto"),
    "code": _("kod"),
    "conversations": _("konversationer"),
    "department": _("förvaltning"),
    "dialogue": _("dialog"),
    "draft": _("utkast"),
    "event": _("händelse"),
    "events": _("händelser"),
    "evidence": _("bevis"),
    "fields": _("fält"),
    "from_department": _("från förvaltning"),
    "from_user": _("från användare"),
    "giver": _("lämnades av"),
    "ground": _("grund"),
    "hand_over": _("överlämning"),
    "is_active": _("används"),
    "kind": _("slag"),
    "kinds": _("slag"),
    "lane": _("spår"),
    "language": _("språk"),
    "manager": _("godkänd av chef"),
    "name": _("namn"),
    "note": _("anteckning"),
    "now_": _("nu"),
    "outgoing": _("utgående svar"),
    "pending": _("väntande svar"),
    "person": _("person"),
    "platform": _("plattform"),
    "promised": _("lovade svar"),
    "query": _("fråga"),
    "question": _("fråga"),
    "reason": _("skäl"),
    "redirect": _("hänvisning"),
    "role": _("roll"),
    "staff": _("bemanning"),
    "surface": _("flöde"),
    "tag": _("hashtagg"),
    "to": _("till"),
    "to_department": _("till förvaltning"),
    "topic": _("ämne"),
    "until": _("till och med"),
    "user": _("användare"),
    "username": _("användarnamn"),
    "version": _("version"),
    "was": _("var"),
    "week": _("vecka"),
    "weeks": _("veckor"),
}

VALUES: dict[tuple[str, str], Promise] = {
    ("reason", "already_answered"): _("Redan besvarat"),
    ("reason", "citizen_answered"): _("Invånare svarar invånare"),
    ("reason", "emoji"): _("Endast emoji"),
    ("reason", "not_for_us"): _("Ej till oss"),
    ("reason", "other"): _("Annat"),
    ("reason", "tagged_friend"): _("Taggar vän"),
}


def subject_words(subject: str) -> str:
    """Give what an event is about in words: `konversation 582` for `conversation:582`."""
    kind, _colon, pk = subject.partition(":")
    if kind not in SUBJECTS:
        return subject
    return str(SUBJECTS[kind]) if subject in ALONE else f"{SUBJECTS[kind]} {pk}"


def subject_of(words: str) -> str:
    """Give the subject that somebody names, in the words of the page or as it is stored."""
    name, _space, pk = words.rpartition(" ")
    alone = {subject_words(subject): subject for subject in ALONE}
    known = {str(said): kind for kind, said in SUBJECTS.items()}
    return f"{known[name.casefold()]}:{pk}" if name.casefold() in known else alone.get(words.casefold(), words)


def fact_words(data: dict[str, Any]) -> str:
    """Give an event's facts in words; a key or value that nobody has named yet stands as it is stored."""
    return ", ".join(f"{FACTS.get(key, key)}: {_said(key, value)}" for key, value in data.items())


def _said(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(_("ja") if value else _("nej"))
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, dict):
        return fact_words(value)
    if isinstance(value, list):
        return ", ".join(_said(key, each) for each in value)
    return str(VALUES.get((key, str(value)), value))


PLACES = {
    "conversation": "inbox:conversation",
    "channel": "accounts:channel",
    "user": "people:person",
    "department": "people:department",
    "redirect": "inbox:redirect_edit",
}
"""Where the subject of an event is shown."""
