"""The register of our own accounts on the platforms."""

from django.urls import path

from accounts import views, views_connecting

app_name = "accounts"
urlpatterns = [
    path("", views.channel_list, name="channels"),
    path("nytt/", views.channel_add, name="channel_add"),
    path("<int:pk>/", views.channel_page, name="channel"),
    path("<int:pk>/andra/", views.channel_edit, name="channel_edit"),
    path("<int:pk>/nyckel/", views.channel_token, name="channel_token"),
    path("<int:pk>/anslut/", views_connecting.explain, name="connect"),
    path("<int:pk>/anslut/vidare/", views_connecting.leave, name="connect_leave"),
    path("<int:pk>/anslut/valj/", views_connecting.choose, name="connect_choose"),
    path("<int:pk>/koppla-fran/", views_connecting.disconnect, name="disconnect"),
    path("anslut/<slug:platform>/", views_connecting.come_back, name="connect_back"),
    path("<int:pk>/prova/", views.channel_verify, name="channel_verify"),
]
