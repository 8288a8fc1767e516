"""The only place for the first sign-in: account and code from a slip, and a password of one's own.

A QR code on the slip leads here with the account (`?u=`); the code itself is typed and stands in no
address.
"""

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from schools import activation, noted, throttle
from schools.access import ANYONE, access
from schools.errors import Denied
from schools.forms import ActivateForm
from schools.models import User
from schools.roles import Role
from schools.views import session


@access(ANYONE)
@never_cache
@sensitive_post_parameters("code", "new_password1", "new_password2")
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    """Choose a password with the code of a slip; then one is signed in."""
    if request.method != "POST":
        return _page(request, ActivateForm(initial={"username": request.GET.get("u", "")[:150]}))
    form = ActivateForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    name, code = form.cleaned_data["username"], form.cleaned_data["code"]
    if seconds := throttle.wait(request, name):
        return session.slowed(request, seconds)
    if not AxesProxyHandler.is_allowed(request, {"username": name}):
        return session.locked(request)
    found = activation.check(name, code)
    if isinstance(found, Denied):
        return _refused(request, form, found)
    if not form.check_against(found):
        return _page(request, form)
    used = _open(name, code, form.cleaned_data["new_password1"])
    if isinstance(used, Denied):
        return _refused(request, form, used)
    session.come_in(request, used)
    noted.note(request, "code use", used.username, user=used)
    if _goes_by_role(used):
        words = _("Enter your name and work phone under Account, at the top right.")
        messages.info(request, words)
    response = redirect(resolve_url("home"))
    throttle.remember(request, response, used.username)
    return response


def _open(name: str, code: str, password: str) -> User | Denied:
    """Use the code up and set the password, both or neither."""
    with transaction.atomic():
        found = activation.use(name, code)
        if isinstance(found, User):
            found.set_password(password)
            found.save(update_fields=["password"])
    return found


def _refused(request: HttpRequest, form: ActivateForm, denied: Denied) -> HttpResponse:
    """A try in vain counts like a wrong password, for the pair and for the name."""
    name = form.cleaned_data["username"]
    throttle.failed(name)
    AxesProxyHandler.user_login_failed(
        sender=activate, credentials={"username": name}, request=request
    )
    if request.axes_locked_out:  # type: ignore[attr-defined]
        return session.locked(request)
    noted.note(request, "code refused", ok=False, username=name)
    form.add_error("code", denied.reason)
    return _page(request, form)


def _page(request: HttpRequest, form: ActivateForm) -> HttpResponse:
    return render(request, "session/activate.html", {"form": form})


def _goes_by_role(user: User) -> bool:
    """Whether nobody has given the account a name yet, in whichever language it was made."""
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            if user.name in {str(label) for label in Role.labels}:
                return True
    return False
