"""The only place where a manager takes in a holiday notice: read, shown day by day, then kept."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from reform.forms.calendar import NoticeForm
from reform.views import terms
from reform.views.calendar_words import weekdays
from schools import almanac, notices
from schools.access import access
from schools.models.calendar import DayKind
from schools.workdays import school_year_of

STORED_IN = "zh-hans"  # the language of names in the calendar


@access("set_calendar")
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_notice(request: HttpRequest) -> HttpResponse:
    """Paste or send the notice; read it back day by day with its doubts; confirm."""
    said: dict[str, Any] = {
        "title": _("Import a holiday notice"),
        "template": "calendar/notice.html",
    }
    if request.method != "POST":
        form = NoticeForm(initial={"reason": _("The holiday notice was published.")})
        return terms.page(request, form, **said)
    form = NoticeForm(request.POST, request.FILES)
    if not form.is_valid():
        return terms.page(request, form, **said)
    form = _with_text(request, form)
    notice = notices.read(form.cleaned_data["text"], form.cleaned_data["year"])
    said |= {"notice": notice, "days": _days(notice)}
    if notice.problems:
        for problem in notice.problems:
            form.add_error("text", problem)
        return terms.page(request, form, **said)
    region = request.seat.place_code
    with override(STORED_IN):
        ordinary = _("A working day like any other")
    change = almanac.from_notice(region, notice.days, ordinary=ordinary)
    if not change and request.POST.get("do") not in ("move", "keep"):
        return terms.page(request, form, nothing=True, **said)
    said["written"] = len(change.days) + len(change.days_gone)
    return terms.settle(request, change, form, year=school_year_of(min(notice.days)), **said)


def _with_text(request: HttpRequest, form: NoticeForm) -> NoticeForm:
    """The form again with what the file says in its text, so that a second step has it."""
    if form.cleaned_data.get("file") is None:
        return form
    typed = request.POST.copy()
    typed["text"] = form.cleaned_data["text"]
    again = NoticeForm(typed)
    again.is_valid()
    return again


def _days(notice: notices.Notice) -> list[dict[str, Any]]:
    names = [full for _short, full in weekdays()]
    return [
        {
            "day": day,
            "weekday": names[day.weekday()],
            "kind": DayKind(kind).label,
            "worked": kind == DayKind.makeup_workday,
            "name": name,
        }
        for day, (kind, name) in sorted(notice.days.items())
    ]
