"""The register's pages that need the inbox."""

from django.urls import path

from inbox.views import register

app_name = "register"
urlpatterns = [
    path("register/provning/", register.reviews, name="reviews"),
    path("register/aktivitet/", register.activity_page, name="activity"),
    path("register/hashtaggar/", register.topics, name="topics"),
    path("register/hashtaggar/<int:pk>/", register.topics, name="topic"),
    path("register/hashtaggar/<int:pk>/bort/", register.topic_remove, name="topic_remove"),
    path("register/kontoregister.csv", register.export, name="export"),
    path("register/<int:pk>/behall/", register.keep, name="keep"),
    path("register/<int:pk>/pausa/", register.pause, name="pause"),
    path("register/<int:pk>/avsluta/", register.close, name="close"),
    path("register/<int:pk>/sparat.json", register.snapshot, name="snapshot"),
    path("register/<int:pk>/profil/", register.profile, name="profile"),
    path("kontolista/", register.public_list, name="public_list"),
    path("kontolista.json", register.public_json, name="public_json"),
]
