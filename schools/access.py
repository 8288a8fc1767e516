"""The only place where a view says who may open it; Denied becomes 403, Stale 409."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from schools import kept, scope
from schools.errors import Denied, Stale
from schools.roles import RIGHTS, Role

ANYONE = "anyone"
SIGNED_IN = "signed_in"

View = Callable[..., HttpResponse]


class SeatMiddleware:
    """Sets `request.seats` (every place of the user) and `request.seat` (the chosen or None)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = scope.seats(request.user) if request.user.is_authenticated else []
        chosen = request.session.get("seat") if found else None
        request.seats = found  # type: ignore[attr-defined]
        request.seat = next(  # type: ignore[attr-defined]
            (seat for seat in found if seat.key == chosen), found[0] if found else None
        )
        return self.get_response(request)


def access(*verbs: str) -> Callable[[View], View]:
    """Declare who may open a view: ANYONE, SIGNED_IN, or any seat with one of these verbs.

    Not signed in → sign-in page and back (401 for a request made by script). Privacy notice not
    read → the notice and back. No right → 403 with the sentence. A view without this decorator
    fails `tests/test_access.py`.
    """
    unknown = set(verbs) - RIGHTS.keys() - {ANYONE, SIGNED_IN}
    if unknown or not verbs:
        raise ValueError(f"No such right: {sorted(unknown)}")

    def wrap(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            refusal = _refusal(request, verbs)
            if refusal is not None:
                return refusal
            try:
                return view(request, *args, **kwargs)
            except Denied as denied:
                return denied_page(request, denied)
            except Stale as stale:
                context = {"reason": stale.reason, **stale.context}
                return render(request, "409.html", context, status=409)

        opened.access = verbs  # type: ignore[attr-defined]
        return opened

    return wrap


def _refusal(request: HttpRequest, verbs: tuple[str, ...]) -> HttpResponse | None:
    if ANYONE in verbs:
        return None
    if not request.user.is_authenticated:
        return sign_in_first(request)
    if request.user.privacy_seen_at is None:
        return notice_first(request)
    if SIGNED_IN in verbs:
        return None
    seat = request.seat  # type: ignore[attr-defined]
    if seat is None:
        return denied_page(
            request, Denied(_("You hold no post today. Ask whoever gave you the account."))
        )
    if any(seat.has(verb) for verb in verbs):
        return None
    return denied_page(request, Denied(_("Your post here does not include this page.")))


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; what was typed goes along. A script is told 401."""
    if by_script(request):
        return HttpResponse(status=401)
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    token, back = kept.of(request), kept.back(request)
    if not token:
        return redirect_to_login(back, settings.LOGIN_URL)
    context = {"kept": token, "next": back, "form_was": kept.opened(token)}
    return render(request, "session/login.html", context, status=401)


def notice_first(request: HttpRequest) -> HttpResponse:
    """To the privacy notice and back, once; what was typed goes along. A script is told 401."""
    if by_script(request):
        return HttpResponse(status=401)
    if request.method in ("GET", "HEAD"):
        query = urlencode({"next": request.get_full_path()})
        return redirect(f"{reverse('privacy')}?{query}")
    return notice_page(request, next_path=kept.back(request), token=kept.of(request), status=403)


def notice_page(
    request: HttpRequest, *, next_path: str, token: str = "", status: int = 200
) -> HttpResponse:
    """The privacy notice; with the button for whoever has not read it."""
    seat = getattr(request, "seat", None)
    context = {
        "unread": request.user.is_authenticated and request.user.privacy_seen_at is None,
        "managers": [
            str(post.user) for post in scope.people(Role.manager, authority=seat.place_code)[:3]
        ]
        if seat
        else [],
        "next": next_path,
        "kept": token,
    }
    return render(request, "session/privacy.html", context, status=status)


def by_script(request: HttpRequest) -> bool:
    """Whether the page itself asks, and shows or keeps what comes back."""
    return bool(getattr(request, "htmx", False) or request.headers.get("X-Requested-With"))


def denied_page(request: HttpRequest, denied: Denied) -> HttpResponse:
    """403 with the sentence and the way back."""
    return render(request, "403.html", {"reason": denied.reason}, status=403)
