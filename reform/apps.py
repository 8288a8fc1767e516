"""The only place that tells Django about this app."""

from django.apps import AppConfig


class ReformConfig(AppConfig):
    name = "reform"
    default_auto_field = "django.db.models.BigAutoField"
