"""What ought to be and whether it is done; being the top of everything, also the Django project."""

from reform.celery import app as celery_app

__all__ = ["celery_app"]
