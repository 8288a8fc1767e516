"""The only place where Celery takes hold of the product: thin tasks with names of their own."""

from celery import shared_task

from reform import rounds


@shared_task(name="reform.tick")
def tick() -> None:
    """Rung by beat once a minute; what is to be done stands in the database, not in the task."""
    rounds.beat(rounds.WORKER)
    rounds.tick(by=rounds.WORKER)
