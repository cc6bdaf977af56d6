"""Lanes, topics and rules."""

from django.urls import path

from inbox.views import accessibility, lanes, phone, protection, rules

urlpatterns = [
    path("k/<int:pk>/spar/", lanes.move, name="lane"),
    path("k/<int:pk>/amne/", lanes.topic, name="topic"),
    path("k/<int:pk>/tas-over/", lanes.pass_on, name="pass_on"),
    path("k/<int:pk>/fick-hjalp/", lanes.follow_up, name="follow_up"),
    path("k/<int:pk>/steg/", lanes.write_by_guide, name="guide"),
    path("regler/", rules.list_page, name="rules"),
    path("regler/ny/", rules.edit, name="rule_new"),
    path("regler/<int:pk>/", rules.edit, name="rule_edit"),
    path("regler/<int:pk>/bort/", rules.remove, name="rule_remove"),
    path("regler/spar/", rules.texts, name="lane_texts"),
    path("sw.js", phone.worker, name="worker"),
    path("utan-nat/", phone.offline, name="offline"),
    path("push/", phone.subscribe, name="push"),
    path("push/ord/", phone.words, name="push_words"),
    path("skydd/", protection.switch, name="protect"),
    path("skydd/visad/", protection.seen, name="seen"),
    path("tillganglighet/", accessibility.statement, name="accessibility"),
    path("tillganglighet/brist/", accessibility.report, name="barrier"),
    path("tillganglighet/brist/<int:pk>/klar/", accessibility.done, name="barrier_done"),
]
