"""The only place that lists the addresses of the product."""

from django.urls import include, path

from reform.views import entry, evidence, frameworks, home, status
from schools.admin import site

urlpatterns = [
    path("", home.home, name="home"),
    path("school/", home.school_home, name="school_home"),
    path("schools/<str:code>/ledger/", home.school_ledger, name="school_ledger"),
    path("items/", home.items, name="items"),
    path("entries/<int:pk>/", entry.entry, name="entry"),
    path("entries/<int:pk>/save/", entry.entry_save, name="entry_save"),
    path("entries/<int:pk>/submit/", entry.entry_submit, name="entry_submit"),
    path("entries/<int:pk>/sign/", entry.entry_sign, name="entry_sign"),
    path("entries/<int:pk>/withdraw/", entry.entry_withdraw, name="entry_withdraw"),
    path("entries/<int:pk>/reopen/", entry.entry_reopen, name="entry_reopen"),
    path("entries/<int:pk>/evidence/", evidence.evidence_add, name="evidence_add"),
    path("evidence/<int:pk>/", evidence.evidence, name="evidence"),
    path(
        "evidence/<int:pk>/preview/<int:page>/", evidence.evidence_preview, name="evidence_preview"
    ),
    path("evidence/<int:pk>/remove/", evidence.evidence_remove, name="evidence_remove"),
    path("status/", status.status, name="status"),
    path("frameworks/", frameworks.frameworks, name="frameworks"),
    path("frameworks/<int:pk>/", frameworks.framework, name="framework"),
    path("", include("schools.urls")),
    path("admin/", site.urls),
]
