"""The only place where Celery takes hold of the product: thin tasks with names of their own."""

import multiprocessing
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down

from reform import rounds

# Made before the worker forks: its children see that it is to end, and take no further letter.
ending = multiprocessing.Event()


@worker_shutting_down.connect
def end(**_about: Any) -> None:
    ending.set()


@shared_task(name="reform.tick")
def tick() -> None:
    """Rung by beat once a minute; what is to be done stands in the database, not in the task."""
    rounds.beat(rounds.WORKER)
    rounds.tick(by=rounds.WORKER)


@shared_task(name="reform.send")
def send() -> None:
    """Rung by beat once a minute, beside the tick."""
    rounds.send(by=rounds.WORKER, stop=ending.is_set)
