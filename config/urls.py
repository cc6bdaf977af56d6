"""Where everything is. Every page is behind sign-in (LoginRequiredMiddleware) and names its permission."""

from django.urls import include, path

urlpatterns = [
    path("konto/", include("allauth.account.urls")),
]
