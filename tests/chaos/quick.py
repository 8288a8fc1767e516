"""The only place where the bell rings each four seconds: an emptied broker loses some."""

from reform.settings import *  # noqa: F403
from reform.settings import CELERY_BEAT_SCHEDULE as EACH_MINUTE

CELERY_BEAT_SCHEDULE = {name: {**ring, "schedule": 4.0} for name, ring in EACH_MINUTE.items()}
