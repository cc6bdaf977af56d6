"""Who did what, when."""

from django.urls import path

from accounts import views_trail

app_name = "trail"
urlpatterns = [
    path("", views_trail.list_page, name="list"),
    path("logg.csv", views_trail.export, name="export"),
]
