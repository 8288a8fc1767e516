"""The only place for the page of a region's reminders: who hears what when, and where from."""

from datetime import date
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from reform import outbox, reminder_policies, reminder_rules
from reform.forms.hidden import number_of
from reform.forms.reminder import PolicyForm
from reform.models import ReminderPolicy, Slot
from reform.models.campaign import CampaignState
from reform.reminder_rules import Rules, stage_words
from schools import clock
from schools.access import access
from schools.language import listed
from schools.models import Region
from schools.models.regions import ancestors
from schools.roles import Role
from schools.workdays import Calendar


class Example(NamedTuple):
    """A stage in words, who hears it, and the day it falls on for the date of the example."""

    when: str
    roles: str
    day: date


@access("set_reminders")
@require_http_methods(["GET", "HEAD", "POST"])
def reminder_policy(request: HttpRequest) -> HttpResponse:
    """The rules in force; changed by a form that shows first on which days they fall."""
    region, own = request.seat.place_code, reminder_policies.own(request.seat.place_code)
    rules = reminder_rules.of(region)
    if request.method != "POST":
        return _page(request, own, rules, PolicyForm(rules=rules))
    version = number_of(request.POST.get("version", ""), most_digits=9)
    if request.POST.get("do") == "inherit":
        if reminder_policies.follow_above(region, by=request.seat, version=version):
            messages.success(request, _("The rules from above are in force again."))
        return redirect("reminder_policy")
    form = PolicyForm(request.POST, rules=rules)
    if not form.is_valid() or request.POST.get("do") == "look":
        return _page(request, own, form.rules() if form.is_valid() else rules, form)
    if reminder_policies.set_own(region, form.rules(), by=request.seat, version=version):
        messages.success(request, _("These rules are in force from now on."))
    else:
        messages.info(request, _("Nothing was changed: these rules are in force already."))
    return redirect("reminder_policy")


def _page(
    request: HttpRequest, own: ReminderPolicy | None, rules: Rules, form: PolicyForm
) -> HttpResponse:
    region = request.seat.place_code
    due_on, source = _example_date(region)
    context: dict[str, Any] = {
        "sentence": _sentence(rules),
        "where_from": _where_from(own, reminder_rules.of(region)),
        "own": own,
        "above": _from(reminder_rules.inherited(region).source),
        "version": "" if own is None else own.version,
        "form": form,
        "due_on": due_on,
        "due_from": source,
        "examples": _examples(rules, due_on, Calendar.days_of(region)),
        "mail_is_on": outbox.mail_is_on(),
        "looked": form.is_bound and not form.errors,
    }
    status = 422 if form.errors else 200
    return render(request, "reminders/policy.html", context, status=status)


def _sentence(rules: Rules) -> str:
    """ "Reminded 4 times a date, first 15 working days before it; officials hear after 5." """
    first = rules.stages[0] if rules.stages else None
    if first is None:
        return _("Nobody is reminded of anything.")
    times = ngettext(
        "People are reminded of a date in %(n)d stage",
        "People are reminded of a date in %(n)d stages",
        len(rules.stages),
    )
    said = {"times": times % {"n": len(rules.stages)}, "first": stage_words(first.days)}
    return _("%(times)s, the first %(first)s.") % said


def _where_from(own: ReminderPolicy | None, rules: Rules) -> str:
    if own is not None:
        said = {"day": clock.local_date(own.changed_at), "who": str(own.changed_by or "")}
        return _("Your region's own rules, set on %(day)s by %(who)s.") % said
    if rules.source:
        return _("Inherited from %(place)s.") % {"place": _from(rules.source)}
    return _("These are the defaults; nothing has to be set.")


def _from(source: str) -> str:
    """The region that rules come from, in words."""
    if not source:
        return _("the defaults")
    return Region.objects.get(pk=source).office


def _example_date(region: str) -> tuple[date, str]:
    """A due date that is really ahead, and of what; else one of four weeks from now."""
    today = clock.today()
    slot = (
        Slot.objects.filter(
            campaign__region__in=ancestors(region),
            campaign__state=CampaignState.open,
            withdrawn_at=None,
            due_on__gte=today,
        )
        .select_related("item")
        .order_by("due_on", "position")
        .first()
    )
    if slot is not None:
        return slot.due_on, str(slot)
    return Calendar.days_of(region).add(today, 20), ""


def _examples(rules: Rules, due_on: date, calendar: Calendar) -> list[Example]:
    return [
        Example(
            stage_words(stage.days),
            listed(str(Role(role).label) for role in Role if role in stage.roles),
            rules.day(stage.days, due_on, calendar),
        )
        for stage in rules.stages
    ]
