"""The only place for a forgotten password: asking for a link by mail, and opening it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from reform import outbox, resetting
from reform.forms.reset import AskForm
from schools import activation, noted, throttle
from schools.access import ANYONE, access
from schools.forms import NewPasswordForm
from schools.views import session


@access(ANYONE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer is the same whether the account exists or not."""
    if not outbox.mail_is_on():
        return render(request, "session/reset.html", {"mail": False})
    if request.method != "POST":
        context = {"form": AskForm(), "mail": True, "asked": "asked" in request.GET}
        return render(request, "session/reset.html", context)
    form = AskForm(request.POST)
    if not form.is_valid():
        return render(request, "session/reset.html", {"form": form, "mail": True})
    name = form.cleaned_data["username"]
    resetting.ask(name, form.cleaned_data["email"])
    noted.note(request, "password ask", username=name)
    return redirect(f"{reverse('reset')}?asked=yes")


@access(ANYONE)
@never_cache
@sensitive_variables("token")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def reset_new(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Choose the new password; then one is signed in, and every other place is signed out."""
    found = resetting.holder(pk, token)
    if found is None:
        return render(request, "session/reset_gone.html", status=410)
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid() or not form.check_against(found):
        return render(request, "session/reset_new.html", {"form": form, "account": found.username})
    user = resetting.use(pk, token, form.cleaned_data["new_password1"])
    if user is None:
        return render(request, "session/reset_gone.html", status=410)
    activation.revoke(user)
    session.come_in(request, user)
    noted.note(request, "password renew", user.username, user=user)
    response = redirect("home")
    throttle.remember(request, response, user.username)
    return response
