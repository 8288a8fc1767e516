"""The only place where an account is made, changed or ended, or a post handed to a successor."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reform import accounts, filings, particulars, people
from reform.forms.hidden import key_for, key_of
from reform.forms.people import LastDayForm, NewPersonForm, PersonFields, SuccessorForm
from reform.forms.refused import complain
from reform.views import people_words as words
from reform.views.people import person_of
from schools import clock
from schools.access import access
from schools.errors import Denied
from schools.models import Membership, User
from schools.roles import Role

_FORMS = ["GET", "HEAD", "POST"]


@access("manage_people")
@require_http_methods(_FORMS)
def person_new(request: HttpRequest) -> HttpResponse:
    """One account; the next page has the button for its slip."""
    start = {name: request.GET.get(name, "") for name in ("school", "region", "role")}
    form = NewPersonForm(_sent(request), seat=request.seat, initial=start)
    pk = _make(request, form) if request.method == "POST" and form.is_valid() else None
    if pk is not None:
        return redirect("person", pk=pk)
    context = {
        "form": form,
        "key": key_for(request),
        "sentence": _("One account; a code for its first sign-in comes on a slip."),
        "crumbs": [(_("People"), reverse("people")), (_("New"), "")],
        "button": _("Make the account"),
        "back": reverse("people"),
    }
    return _form_page(request, context)


def _sent(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with; an empty one is wrong in each field, not new."""
    return request.POST if request.method == "POST" else None


def _make(request: HttpRequest, form: NewPersonForm) -> int | None:
    """The person that was made, now or by the same press before; None with errors on the form."""
    said, key = form.cleaned_data, key_of(request.POST)
    asked = {name: str(value) for name, value in said.items()} | {"do": "account"}
    if answer := filings.answered(request.user, key, asked):
        return int(answer["person"])
    person = form.person() | {"name": said["name"] or str(Role(said["role"]).label)}
    try:
        user = accounts.create(
            request.seat,
            place=form.place(),
            role=said["role"],
            username=said["username"],
            **person,
        )
    except ValidationError as error:
        complain(form, error)
        return None
    filings.remember(request.user, key, asked, {"person": user.pk})
    words_done = _("The account %(account)s is made. Print its slip to hand over.")
    messages.success(request, words_done % {"account": user.username})
    return user.pk


def _form_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    status = 422 if context["form"].errors else 200
    return render(request, "people/form.html", context, status=status)


@access("manage_people")
@require_http_methods(_FORMS)
def person_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, post, work phone and e-mail of somebody else; passwords are nobody else's business."""
    user = person_of(request, pk)
    _must_manage(request, user)
    start = {name: getattr(user, name) for name in particulars.FIELDS}
    form = PersonFields(_sent(request), initial=start)
    form.fields["name"].required = True
    form.fields["name"].help_text = ""
    if request.method == "POST" and form.is_valid():
        try:
            changed = particulars.change(user, by=request.seat, **form.person())
        except ValidationError as error:
            complain(form, error)
        else:
            done = _("It is changed.") if changed else _("Nothing was different.")
            messages.success(request, done)
            return redirect("person", pk=pk)
    context = {
        "form": form,
        "key": key_for(request),
        "sentence": _("What colleagues read of %(person)s.") % {"person": user},
        "crumbs": [
            (_("People"), reverse("people")),
            (str(user), reverse("person", args=[pk])),
            (_("Change"), ""),
        ],
        "button": _("Save"),
        "back": reverse("person", args=[pk]),
    }
    return _form_page(request, context)


def _must_manage(request: HttpRequest, whom: User | Membership) -> None:
    if isinstance(answer := accounts.may_manage(request.seat, whom), Denied):
        raise answer


# ---- a post ends


def _post(request: HttpRequest, pk: int) -> Membership:
    """A post of this seat's that may be ended."""
    post = get_object_or_404(people.posts(request.seat), pk=pk)
    _must_manage(request, post)
    if people.state(post, clock.today()) == people.State.ended:
        raise Denied(_("This post is over already."))
    return post


@access("manage_people")
@require_http_methods(_FORMS)
def post_end(request: HttpRequest, pk: int) -> HttpResponse:
    """What stays behind, then the last day."""
    post = _post(request, pk)
    form = LastDayForm(_sent(request), starts_on=post.starts_on)
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["on"]
        try:
            accounts.end(post, by=request.seat, on=day)
        except ValidationError as error:
            complain(form, error)
        else:
            told = {"person": post.user, "day": day}
            messages.success(request, _("The post of %(person)s ends on %(day)s.") % told)
            return redirect("person", pk=post.user_id)
    sentence = _("%(person)s leaves, and nobody follows yet.") % {"person": post.user}
    return _ending(request, post, form, sentence, _("End the post"))


@access("manage_people")
@require_http_methods(_FORMS)
def post_successor(request: HttpRequest, pk: int) -> HttpResponse:
    """Who follows, an account of this place or a new one, and what passes on."""
    post = _post(request, pk)
    colleagues = _colleagues(request, post)
    form = SuccessorForm(_sent(request), starts_on=post.starts_on, colleagues=colleagues)
    sent = request.method == "POST" and form.is_valid()
    heir = _hand_over(request, post, form) if sent else None
    if heir is not None:
        told = {"person": post.user, "heir": heir, "day": form.cleaned_data["on"]}
        words_done = _("%(heir)s follows %(person)s, whose last day is %(day)s.")
        messages.success(request, words_done % told)
        return redirect("person", pk=heir.pk)
    sentence = _("Somebody takes over from %(person)s; nothing is lost.")
    sentence %= {"person": post.user}
    return _ending(request, post, form, sentence, _("Hand over"), heir=True)


def _colleagues(request: HttpRequest, post: Membership) -> list[User]:
    """Others who hold a post at the same place."""
    rows = people.posts(request.seat).filter(school=post.school_id, region=post.region_id)
    rows = rows.exclude(people.is_over(clock.today())).exclude(user=post.user_id)
    return list({row.user_id: row.user for row in rows.order_by("user__name", "pk")}.values())


def _hand_over(request: HttpRequest, post: Membership, form: SuccessorForm) -> User | None:
    """The successor; None with errors on the form."""
    try:
        return accounts.hand_over(
            post,
            by=request.seat,
            on=form.cleaned_data["on"],
            successor=form.successor(),
            **form.person(),
        )
    except ValidationError as error:
        complain(form, error)
    return None


def _ending(
    request: HttpRequest,
    post: Membership,
    form: forms.Form,
    sentence: str,
    button: str,
    *,
    heir: bool = False,
) -> HttpResponse:
    left = people.left_by(post, clock.today())
    context = {
        "form": form,
        "key": key_for(request),
        "sentence": sentence,
        "crumbs": [
            (_("People"), reverse("people")),
            (str(post.user), reverse("person", args=[post.user_id])),
            (button, ""),
        ],
        "post": words.post(post, clock.today()),
        "left": words.left_said(post, left, heir=heir),
        "button": button,
        "back": reverse("person", args=[post.user_id]),
    }
    return _form_page(request, context)
