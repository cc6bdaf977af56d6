"""The rules of the house, and its dialogues."""

from django.urls import path

from inbox.views import house

app_name = "house"
urlpatterns = [
    path("husregler/", house.rules_page, name="rules"),
    path("husregler/spara/", house.save_house, name="save"),
    path("husregler/godkannande/", house.approval_add, name="approval_add"),
    path("husregler/godkannande/<int:pk>/bort/", house.approval_remove, name="approval_remove"),
    path("husregler/neutralitet/", house.period_add, name="period_add"),
    path("husregler/neutralitet/<int:pk>/bort/", house.period_remove, name="period_remove"),
    path("dialoger/", house.dialogue_list, name="dialogues"),
    path("dialoger/ny/", house.dialogue_edit, name="dialogue_new"),
    path("dialoger/<int:pk>/", house.dialogue, name="dialogue"),
    path("dialoger/<int:pk>/andra/", house.dialogue_edit, name="dialogue_edit"),
    path("dialoger/<int:pk>/avsluta/", house.dialogue_close, name="dialogue_close"),
]
