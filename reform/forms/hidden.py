"""The only place that reads what nobody types: the key and version of a form, a row by number."""

import uuid

from django.http import HttpRequest, QueryDict


def key_of(post: QueryDict) -> str:
    """The key that makes a second press a repeat; empty when a form came without one."""
    return post.get("key", "")[:40]


def key_for(request: HttpRequest) -> str:
    """The key for a form that is shown: the same when it is shown again, else a new one."""
    return key_of(request.POST) or uuid.uuid4().hex


def version_of(post: QueryDict) -> int:
    """The version the form was made from; nonsense is a version that never was."""
    found = number_of(post.get("version", ""), most_digits=9)
    return -1 if found is None else found


def number_of(text: str, most_digits: int = 18) -> int | None:
    """A whole number that fits a column of the database; None for anything else."""
    plain = text.isascii() and text.isdigit() and len(text) <= most_digits
    return int(text) if plain else None
