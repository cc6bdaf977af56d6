"""People, departments and what each role may do."""

from django.urls import path

from accounts import views_people

app_name = "people"
urlpatterns = [
    path("", views_people.list_page, name="list"),
    path("ny/", views_people.add, name="add"),
    path("<int:pk>/", views_people.person, name="person"),
    path("<int:pk>/roll/", views_people.give_role, name="give_role"),
    path("<int:pk>/roll/<int:membership>/bort/", views_people.take_role, name="take_role"),
    path("<int:pk>/avaktivera/", views_people.deactivate, name="deactivate"),
    path("<int:pk>/aktivera/", views_people.activate, name="activate"),
    path("<int:pk>/bjud-in/", views_people.invite, name="invite"),
    path("<int:pk>/losenord/", views_people.new_password, name="new_password"),
    path("forvaltningar/", views_people.departments, name="departments"),
    path("forvaltningar/<int:pk>/", views_people.departments, name="department"),
    path("behorigheter/", views_people.permission_table, name="permissions"),
]
