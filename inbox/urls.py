"""The inbox's pages."""

from django.urls import path

from inbox import urls_answering
from inbox.views import (
    backlog,
    channels,
    deadlines,
    inbox,
    me,
    moderation,
    policies,
    redirects,
    rest,
    saved,
    style,
    verdicts,
)

app_name = "inbox"
urlpatterns = [
    path("", inbox.list_page, name="list"),
    path("nytt/", inbox.news, name="news"),
    path("handelser/", inbox.events, name="events"),
    path("k/<int:pk>/", inbox.conversation_page, name="conversation"),
    path("k/<int:pk>/frist/", deadlines.page, name="deadline"),
    path("k/<int:pk>/vila/", rest.rest, name="rest"),
    path("k/<int:pk>/vack/", rest.wake, name="wake"),
    path("mandagsstart/", backlog.monday, name="monday"),
    path("helgkoll/", backlog.weekend, name="weekend"),
    path("jag/", me.page, name="me"),
    path("svarstid/nytt/", policies.new, name="policy_new"),
    path("svarstid/mal/<slug:key>/andra/", policies.edit, name="policy_edit"),
    path("k/<int:pk>/svara/", verdicts.reply, name="reply"),
    path("k/<int:pk>/beslut/<slug:verdict>/", verdicts.decide, name="decide"),
    path("k/<int:pk>/tilldela/", verdicts.assign, name="assign"),
    path("k/<int:pk>/ateroppna/", verdicts.reopen, name="reopen"),
    path("k/<int:pk>/gilla/", moderation.like, name="like"),
    path("k/<int:pk>/moderera/", moderation.moderate, name="moderate"),
    path("k/<int:pk>/visa-igen/", moderation.unhide, name="unhide"),
    path("k/<int:pk>/fraga-sakkunnig/", moderation.ask_expert, name="ask_expert"),
    path("k/<int:pk>/redigera-svar/", moderation.edit_reply, name="edit_reply"),
    path("k/<int:pk>/ta-bort-svar/", moderation.delete_reply, name="delete_reply"),
    path("fraga/<int:pk>/besvarad/", moderation.expert_has_answered, name="expert_has_answered"),
    path("svar/<int:pk>/angra/", verdicts.cancel, name="cancel"),
    path("svar/<int:pk>/forsok-igen/", verdicts.retry, name="retry"),
    path("svar/<int:pk>/kontrollerat/", verdicts.settle_unknown, name="settle"),
    path("beslut/<int:pk>/angra/", verdicts.undo, name="undo"),
    path("konton/<int:pk>/hamta/", channels.poll_now, name="poll_now"),
    path("hanvisningar/", redirects.list_page, name="redirects"),
    path("hanvisningar/ny/", redirects.edit, name="redirect_new"),
    path("hanvisningar/<int:pk>/", redirects.edit, name="redirect_edit"),
    path("vyer/", saved.list_page, name="saved"),
    path("vyer/ny/", saved.new, name="saved_new"),
    path("vyer/<int:pk>/", saved.change, name="saved_change"),
    path("stil/", style.page, name="style"),
    *urls_answering.urlpatterns,
]
