"""The pages around writing an answer."""

from django.urls import path

from inbox.views import writing

urlpatterns = [
    path("k/<int:pk>/utkast/", writing.save, name="draft"),
    path("k/<int:pk>/utkast/dela/", writing.share, name="draft_share"),
]
