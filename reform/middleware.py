"""The only place for what is settled around every view: time, language, addresses, NUL, caches."""

import ipaddress
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils import translation
from django.utils.cache import patch_cache_control

LANGUAGES = frozenset(code for code, _ in settings.LANGUAGES)


def begun(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Notes when a request came in; the foot of a page tells operators how long it took."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.begun = time.perf_counter()  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def milliseconds(request: HttpRequest) -> int:
    """Since the request came in."""
    begun_at: float = getattr(request, "begun", time.perf_counter())
    return round((time.perf_counter() - begun_at) * 1000)


def language(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """The user's choice, then the cookie, then Chinese; what the browser prefers is ignored."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with translation.override(chosen_language(request)):
            request.LANGUAGE_CODE = translation.get_language()
            response = get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
            return response

    return middleware


def chosen_language(request: HttpRequest) -> str:
    """One of `settings.LANGUAGES`."""
    for code in (
        getattr(request.user, "language", ""),
        request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""),
    ):
        if code in LANGUAGES:
            return code
    return settings.LANGUAGE_CODE


def client_address(request: HttpRequest) -> str:
    """Who is calling; behind our own proxy the last address that it added. "" when it is none."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    said = forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(said))
    except ValueError:
        return ""


def without_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Takes NUL out of query and cookies: PostgreSQL holds no text with one and would break."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.GET = _plain(request.GET)
        for name in [name for name, text in request.COOKIES.items() if "\0" in text]:
            del request.COOKIES[name]
        return get_response(request)

    return middleware


class FormsWithoutNul:
    """The same for forms, once their token was checked; an address that holds NUL leads nowhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict[str, Any]
    ) -> None:
        if any("\0" in str(value) for value in kwargs.values()):
            raise Http404
        if request.method == "POST":
            request.POST = _plain(request.POST)


def _plain(said: QueryDict) -> QueryDict:
    """`said` itself, or without NUL; what was typed around it stays.

    Names and passwords stay as they are: their forms refuse NUL, and another name is none of ours.
    """
    if not any("\0" in text for texts in said.lists() for text in texts[1]):
        return said
    plain = said.copy()
    for name, texts in said.lists():
        if "username" not in name and "password" not in name:
            plain.setlist(name, [text.replace("\0", "") for text in texts])
    return plain


def form_addresses(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Whoever opens an address that only takes forms reads so, with the page above it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        reads = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code == 405 and reads:
            context = {"above": _above(request.path)}
            told = render(request, "405.html", context, status=405)
            told.headers["Allow"] = response.headers["Allow"]
            return told
        return response

    return middleware


def _above(path: str) -> str:
    """The nearest address above that there is: "/review/7/" for "/review/7/return/"."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        if is_valid_path(path):
            break
    return path


def private_pages(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """What somebody signed in reads is kept by no cache between, and asked for anew.

    Not `no-store`: with it a browser forgets a half-written form when one goes back.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if "Cache-Control" not in response and request.user.is_authenticated:
            patch_cache_control(response, private=True, no_cache=True)
        return response

    return middleware
