"""The only place for coming in and going out: sign-in, lock-out, post, language, account."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from schools import clock, kept, noted, throttle
from schools.access import (
    ANYONE,
    SIGNED_IN,
    access,
    by_script,
    notice_page,
    sign_in_first,
)
from schools.errors import Denied
from schools.forms import AccountForm, PasswordForm, SignInForm
from schools.kept import Kept
from schools.models import User

LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)
COOKIE_SECONDS = 365 * 24 * 3600


@access(ANYONE)
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in, then to `next` or the first page; a form that was typed before is shown again."""
    if request.method != "POST" or "again" in request.POST:
        if request.user.is_authenticated:
            return redirect(_next(request.GET))
        return _sign_in_page(request, None)
    name = request.POST.get("username", "")
    if seconds := throttle.wait(request, name):
        return slowed(request, seconds)
    form = SignInForm(request, request.POST)
    if not form.is_valid():
        if getattr(request, "axes_locked_out", False):
            return HttpResponse(status=429)  # the middleware of axes answers with `locked`
        throttle.failed(name)
        noted.note(request, "sign in failed", ok=False, username=name)
        return _sign_in_page(request, form)
    user = form.get_user()
    noted.note(request, "sign in", user=user)
    form_was = kept.opened(request.POST.get(kept.FIELD, ""))
    come_in(request, user)
    response = _kept_page(request, form_was) if form_was else redirect(_next(request.POST))
    throttle.remember(request, response, user.username)
    return response


def come_in(request: HttpRequest, user: User) -> None:
    """Begin the session of somebody who proved who it is; `throttle.remember` goes with it."""
    auth.login(request, user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    request.session.set_expiry(clock.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))
    throttle.forget(user.username)


def _sign_in_page(request: HttpRequest, form: SignInForm | None, status: int = 200) -> HttpResponse:
    said = request.POST if request.method == "POST" else request.GET
    token = said.get(kept.FIELD, "") if request.method == "POST" else ""
    form_was = kept.opened(token)
    context = {
        "form": form,
        "username": said.get("username", "")[:150],
        "next": _next(said),
        "kept": token if form_was else "",
        "form_was": form_was,
    }
    return render(request, "session/login.html", context, status=status)


def _next(said: Mapping[str, str]) -> str:
    """Where to go on: an address of ours, or the first page."""
    path = said.get("next", "")
    return path if kept.safe(path) else resolve_url(settings.LOGIN_REDIRECT_URL)


def _kept_page(request: HttpRequest, form_was: Kept, status: int = 200) -> HttpResponse:
    """What was typed, ready to be sent again to the same address, in the language of its writer."""
    language = getattr(request.user, "language", "") or translation.get_language()
    with translation.override(language):
        return render(request, "session/kept.html", {"form_was": form_was}, status=status)


def locked(
    request: HttpRequest, _response: HttpResponse | None = None, _credentials: Any = None
) -> HttpResponse:
    """429 after too many wrong passwords or codes, with the way out; typed text stays."""
    noted.note(request, "sign in locked", ok=False, username=request.POST.get("username", ""))
    return _wait_page(request, minutes=int(settings.AXES_COOLOFF_TIME.total_seconds() // 60))


def slowed(request: HttpRequest, seconds: int) -> HttpResponse:
    """429 while a name that many tried in vain waits; this browser is not known to have used it."""
    noted.note(request, "sign in slowed", ok=False, username=request.POST.get("username", ""))
    response = _wait_page(request, seconds=seconds)
    response.headers["Retry-After"] = str(seconds)
    return response


def _wait_page(request: HttpRequest, **wait: int) -> HttpResponse:
    token = request.POST.get(kept.FIELD, "")
    context = {
        **wait,
        "next": _next(request.POST),
        "kept": token if kept.opened(token) else "",
        "back": "" if request.path == resolve_url(settings.LOGIN_URL) else request.path,
    }
    return render(request, "session/locked.html", context, status=429)


def aged_page(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token no longer holds: nothing was done, and the text is still here."""
    if by_script(request):
        return HttpResponse(status=403)
    signing_in = request.path == resolve_url(settings.LOGIN_URL)
    token = "" if signing_in and kept.FIELD not in request.POST else kept.of(request)
    form_was = kept.opened(token)
    if request.user.is_authenticated:
        if form_was:
            return _kept_page(request, form_was, status=403)
        if signing_in:
            return redirect(_next(request.POST))
        reason = _("This page had grown old, so nothing was done. Open it again, then repeat it.")
        return render(request, "403.html", {"reason": reason}, status=403)
    context = {
        "next": _next(request.POST) if signing_in else kept.back(request),
        "username": request.POST.get("username", "")[:150] if signing_in else "",
        "kept": token,
        "form_was": form_was,
        "aged": True,
    }
    return render(request, "session/login.html", context, status=403)


@access(ANYONE)
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        noted.note(request, "sign out")
        auth.logout(request)
    response = redirect(settings.LOGOUT_REDIRECT_URL)
    response.headers["Clear-Site-Data"] = '"cache"'  # on a shared computer Back shows nothing
    return response


@access(SIGNED_IN)
@require_POST
def seat(request: HttpRequest) -> HttpResponse:
    """Work as somebody else of oneself, at another place; then to `next` or the first page."""
    key = request.POST.get("seat", "")
    if key not in {one.key for one in request.seats}:  # type: ignore[attr-defined]
        raise Denied(_("You do not hold this post today."))
    request.session["seat"] = key
    return redirect(_next(request.POST))


@access(ANYONE)
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Kept in a cookie, and with the account of who is signed in."""
    code = request.POST.get("language", "")
    if code not in LANGUAGES:
        raise Denied(_("This language is not offered."))
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=code)
    if kept.opened(request.POST.get(kept.FIELD, "")):
        with translation.override(code):
            response = _sign_in_page(request, None)
    else:
        response = redirect(_next(request.POST))
    _remember(response, code)
    return response


def _remember(response: HttpResponse, code: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=COOKIE_SECONDS,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )


@access(ANYONE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about a person and why; shown once before anything else, and here again."""
    if request.method != "POST":
        return notice_page(request, next_path=_next(request.GET))
    if not request.user.is_authenticated:
        return sign_in_first(request)
    unread = User.objects.filter(pk=request.user.pk, privacy_seen_at=None)
    if unread.update(privacy_seen_at=clock.now()):
        noted.note(request, "privacy read")
    form_was = kept.opened(request.POST.get(kept.FIELD, ""))
    return _kept_page(request, form_was) if form_was else redirect(_next(request.POST))


@access(SIGNED_IN)
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Who I am here, what is kept about me, and my password."""
    seat = request.seat
    user = User.objects.get(pk=request.user.pk)
    doing = request.POST.get("do", "")
    seat = request.seat
    details = AccountForm(
        request.POST if doing == "details" else None,
        instance=user,
        reviews=seat is not None and seat.has("accept"),
        files=seat is not None and seat.has("submit"),
    )
    password = PasswordForm(user, request.POST if doing == "password" else None)
    if doing == "details" and details.is_valid():
        details.save(commit=False)
        changed = list(details.changed_data)
        if "email" in changed:  # another address: whether it takes letters is not known
            user.email_refused_at, user.email_refused_why = None, ""
            changed += ["email_refused_at", "email_refused_why"]
        user.save(update_fields=changed)  # not what was changed meanwhile
        return _saved(
            request, gettext_lazy("Your details are saved."), details.cleaned_data["language"]
        )
    if doing == "password" and password.is_valid():
        password.save(commit=False)
        user.save(update_fields=["password"])
        auth.update_session_auth_hash(request, user)
        noted.note(request, "password change", user=user)
        return _saved(
            request, gettext_lazy("The new password is in force. Other places are signed out."), ""
        )
    return render(
        request,
        "session/account.html",
        {
            "details": details,
            "password": password,
            "memberships": list(
                request.user.memberships.select_related("school", "region").order_by("-starts_on")
            ),
            "today": clock.today(),
            "keeps_phrases": seat and (seat.has("keep_phrases") or seat.has("share_phrases")),
        },
    )


def _saved(request: HttpRequest, sentence: Promise, code: str) -> HttpResponse:
    """Back to the page, by GET; the notice is in the language just chosen."""
    response = HttpResponseRedirect(request.path)
    if code:
        _remember(response, code)
    with translation.override(code or translation.get_language()):
        messages.success(request, str(sentence))
    return response
