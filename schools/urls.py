"""The only place for the addresses of sign-in, account and schools."""

from django.urls import path

from schools.views import activate, directory, session

urlpatterns = [
    path("login/", session.login, name="login"),
    path("activate/", activate.activate, name="activate"),
    path("privacy/", session.privacy, name="privacy"),
    path("logout/", session.logout, name="logout"),
    path("seat/", session.seat, name="seat"),
    path("language/", session.language, name="language"),
    path("account/", session.account, name="account"),
    path("schools/", directory.schools, name="schools"),
    path("schools/export/", directory.schools_export, name="schools_export"),
    path("schools/<str:code>/", directory.school, name="school"),
]
