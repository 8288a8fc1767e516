"""The only place that carries typed text over an ended session or an aged page, until it is sent.

The fields travel in the page itself, signed: nothing is stored for somebody who is not signed in.
Passwords, tokens and files do not travel. A form of another site is never carried.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

FIELD = "kept"
ABOUT = "about"  # a field in which a form names the thing that it belongs to
LABEL = "say-"  # before the name of another field: what that is called on the page
ATTACHED = "attached"  # the name of a file that is there already and goes along
WRITTEN = ("note", "text", "reason")  # fields of words, however short
MOST_CHARACTERS, MOST_FIELDS, MOST_ABOUT = 200_000, 400, 200
MOST_SECONDS = 7 * 24 * 3600
_SALT = "schools.kept"
_SECRET = re.compile(r"password|csrfmiddlewaretoken", re.IGNORECASE)
_MACHINE = re.compile(r"[\w.-]{0,40}", re.ASCII)


@dataclass(frozen=True)
class Kept:
    """A form that was not applied: where it goes, the page it came from, its fields.

    `files` are the names of files that must be chosen again; `too_long` means the fields stayed
    behind.
    """

    to: str
    back: str
    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    too_long: bool = False

    @property
    def texts(self) -> list[str]:
        """What a person wrote among the fields; keys, choices and numbers are not shown."""
        return [
            value
            for name, value in self.fields
            if name not in (ABOUT, ATTACHED) and not name.startswith(LABEL)
            if value.strip() and (name in WRITTEN or not _MACHINE.fullmatch(value.strip()))
        ]

    @property
    def numbers(self) -> list[tuple[str, str]]:
        """The fields that the form calls by a name and that are filled in."""
        names = dict(self.fields)
        return [
            (names[LABEL + name], value)
            for name, value in self.fields
            if value.strip() and LABEL + name in names
        ]

    @property
    def attached(self) -> list[str]:
        """Files that were attached before and go along."""
        return [value for name, value in self.fields if name == ATTACHED]

    @property
    def bare(self) -> bool:
        """Whether a form with room for words carries neither these nor numbers nor files."""
        return "note" in dict(self.fields) and not (self.texts or self.numbers or self.attached)

    @property
    def about(self) -> str:
        """What the form belongs to, in words; "" where it does not say so."""
        return dict(self.fields).get(ABOUT, "")[:MOST_ABOUT]


def of(request: HttpRequest) -> str:
    """The form of this POST as a token for the page; "" when there is nothing to carry."""
    if request.method != "POST" or not _from_here(request):
        return ""
    if FIELD in request.POST:  # it was carried before
        return request.POST[FIELD] if opened(request.POST[FIELD]) else ""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if not _SECRET.search(name)
        for value in values
    ]
    files = [file.name or "" for uploads in request.FILES.lists() for file in uploads[1]]
    if not fields and not files:
        return ""
    too_long = (
        len(fields) > MOST_FIELDS
        or sum(len(name) + len(value) for name, value in fields) > MOST_CHARACTERS
    )
    body = [request.get_full_path(), back(request), [] if too_long else fields, files, too_long]
    return signing.dumps(body, salt=_SALT, compress=True)


def opened(token: str) -> Kept | None:
    """The form inside a token of ours; None for any other text, or one older than a week."""
    try:
        to, origin, fields, files, too_long = signing.loads(token, salt=_SALT, max_age=MOST_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    pairs = tuple((name, value) for name, value in fields)
    return Kept(to, origin, pairs, tuple(files), too_long)


def back(request: HttpRequest) -> str:
    """The page of ours on which the form stood; the first page when that is not known."""
    parts = urlsplit(request.headers.get("Referer", ""))
    if parts.netloc != request.get_host():
        return "/"
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if safe(path) else "/"


def safe(path: str) -> bool:
    """Whether `path` is an address inside this product, to which a person may be sent on."""
    return (
        path.startswith("/")
        and path.isprintable()
        and "\\" not in path
        and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    )


def _from_here(request: HttpRequest) -> bool:
    """Whether a page of ours sent the form: every browser we serve says so with a POST."""
    said = request.headers.get("Origin") or request.headers.get("Referer", "")
    parts = urlsplit(said)
    return (parts.scheme, parts.netloc) == (request.scheme, request.get_host())
