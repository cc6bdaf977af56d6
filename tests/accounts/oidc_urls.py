"""The pages of an installation whose municipality has a sign-in of its own."""

from django.urls import include, path

from accounts.signin import of_the_municipality
from config.urls import urlpatterns as all_pages

urlpatterns = [*all_pages, path("konto/", include(of_the_municipality))]
