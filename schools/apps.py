"""The only place that tells Django about this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SchoolsConfig(AppConfig):
    name = "schools"
    verbose_name = _("Schools and people")
    default_auto_field = "django.db.models.BigAutoField"
