"""The register of our own accounts on the platforms."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.channel_list, name="channels"),
    path("nytt/", views.channel_add, name="channel_add"),
    path("<int:pk>/", views.channel_page, name="channel"),
    path("<int:pk>/andra/", views.channel_edit, name="channel_edit"),
    path("<int:pk>/nyckel/", views.channel_token, name="channel_token"),
    path("<int:pk>/prova/", views.channel_verify, name="channel_verify"),
]
