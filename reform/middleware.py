"""The only place for what is settled before any view: the language, the client's address."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

LANGUAGES = frozenset(code for code, _ in settings.LANGUAGES)


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
    """Who is calling; behind our own proxy the last address that it added."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
