"""The only place for the pages of the catalogue: its versions, one version, what changed."""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from reform import answers, publishing
from reform.forms.hidden import number_of
from reform.models import Check, Framework, Item, Pillar
from reform.models.catalogue import Cadence, FrameworkState, ProfileValue, Source
from reform.views.framework_words import changes, due_words
from schools.access import access
from schools.language import local
from schools.roles import Profile

OWN = (ProfileValue.full, ProfileValue.simplified)


@dataclass(frozen=True)
class CheckLine:
    """A check as it is listed: its name, what is asked and why, where its number comes from."""

    name: str
    requirement: str
    sources: list[dict[str, str]]
    origin: list[str]


@dataclass(frozen=True)
class ItemLine:
    """An item as it is read."""

    due: str
    profiles: list[tuple[str, str]]
    lead: str
    support: list[str]
    checks: list[CheckLine]


@access("see_frameworks")
@require_safe
def frameworks(request: HttpRequest) -> HttpResponse:
    """Every version, the newest first."""
    versions = list(
        visible(request)
        .annotate(
            n_items=Count("items", distinct=True), n_checks=Count("items__checks", distinct=True)
        )
        .order_by("-pk")
    )
    current = next((v for v in versions if v.state == FrameworkState.published), None)
    lines = list(zip_longest(versions, versions[1:]))
    context = {"current": current, "lines": lines, "sentence": _list_sentence(current)}
    return render(request, "frameworks/list.html", context)


@access("see_frameworks")
@require_safe
def framework(request: HttpRequest, pk: int) -> HttpResponse:
    """One version by pillar, measure and item, with the words of the one that ?item=<code> names;
    with ?against=<pk> what it changed."""
    found = get_object_or_404(visible(request), pk=pk)
    if "against" in request.GET:
        return _comparison(request, found)
    checks = Prefetch("measures__items__checks", Check.objects.order_by("position"))
    pillars = list(found.pillars.prefetch_related("measures__items", checks))
    items = [item for p in pillars for m in p.measures.all() for item in m.items.all()]
    code = request.GET.get("item", "")[:20]
    read = next((item for item in items if item.code == code), None)
    context = {
        "framework": found,
        "strange": [code] if code and read is None else [],
        "sentence": _sentence(items),
        "figures": _figures(items),
        "pillars": [_pillar(pillar, found.words, read) for pillar in pillars],
        "before": visible(request).filter(code=found.code, pk__lt=found.pk).order_by("-pk").first(),
    }
    return render(request, "frameworks/framework.html", context)


def visible(request: HttpRequest) -> "QuerySet[Framework]":
    """Drafts are the editor's alone."""
    if request.seat.has("publish"):  # type: ignore[attr-defined]
        return Framework.objects.all()
    return Framework.objects.exclude(state=FrameworkState.draft)


def _comparison(request: HttpRequest, new: Framework) -> HttpResponse:
    old = get_object_or_404(visible(request), pk=number_of(request.GET["against"]))
    found = publishing.compare(old, new)
    both = Item.objects.filter(framework__in=(old, new)).prefetch_related("checks", "framework")
    items = {(item.framework_id, item.code): item for item in both}
    context = {
        "framework": new,
        "old": old,
        "found": found,
        "sentence": _comparison_sentence(old, new, found),
        "added": [(code, local(items[new.pk, code], "title")) for code in found.added],
        "removed": [(code, local(items[old.pk, code], "title")) for code in found.removed],
        "changed": [
            (code, local(item, "title"), changes(items[old.pk, code], item, names))
            for code, names in found.changed.items()
            for item in [items[new.pk, code]]
        ],
    }
    return render(request, "frameworks/compare.html", context)


def _list_sentence(current: Any) -> str:
    if current is None:
        return _("No version is published yet.")
    return _("In force: version %(version)s with %(items)d items and %(checks)d checks.") % {
        "version": current.version,
        "items": current.n_items,
        "checks": current.n_checks,
    }


def _sentence(items: list[Item]) -> str:
    sources = [check.source for item in items for check in item.checks.all()]
    return _(
        "%(items)d items: %(computed)d checks come from the registers, %(typed)d are typed in."
    ) % {
        "items": len(items),
        "computed": sources.count(Source.computed),
        "typed": sources.count(Source.typed),
    }


def _comparison_sentence(old: Framework, new: Framework, found: publishing.Comparison) -> str:
    if not found:
        return _("Version %(new)s asks the same as %(old)s.") % {
            "new": new.version,
            "old": old.version,
        }
    return _(
        "From %(old)s to %(new)s, items added: %(added)d; removed: %(removed)d; "
        "changed: %(changed)d."
    ) % {
        "old": old.version,
        "new": new.version,
        "added": len(found.added),
        "removed": len(found.removed),
        "changed": len(found.changed),
    }


def _figures(items: list[Item]) -> list[dict[str, Any]]:
    """What each profile gets: items, and how often it files in a school year."""
    figures = []
    for profile in Profile:
        own = [item for item in items if item.profiles.get(profile) in OWN]
        filings = sum(2 if item.cadence == Cadence.term else 1 for item in own)
        if profile != Profile.unknown:
            unit = ngettext("%(n)d filing", "%(n)d filings", filings) % {"n": filings}
            figures.append({"label": profile.label, "value": len(own), "url": "", "unit": unit})
    return figures


def _pillar(pillar: Pillar, words: dict[str, Any], read: Item | None) -> dict[str, Any]:
    """Measures with their items; the one that is read with all its words, the others without."""
    measures = [
        (measure, [(item, _line(item, words) if item == read else None) for item in of_measure])
        for measure in pillar.measures.all()
        for of_measure in [measure.items.all()]
    ]
    return {"pillar": pillar, "measures": measures, "n": sum(len(lines) for _m, lines in measures)}


def _line(item: Item, words: dict[str, Any]) -> ItemLine:
    names = {code: local(word, "name") for code, word in words["roles"].items()}
    return ItemLine(
        due=due_words(item),
        profiles=[
            (str(Profile(name).label), str(ProfileValue(value).label))
            for name, value in item.profiles.items()
        ],
        lead=names[item.lead],
        support=[names[code] for code in item.support],
        checks=[_check(check, words) for check in item.checks.all()],
    )


def _check(check: Check, words: dict[str, Any]) -> CheckLine:
    registers = [local(words["registers"][name], "name") for name in check.registers]
    origin = [_("typed in")] if check.source == Source.typed else registers
    return CheckLine(
        name=local(check, "name"),
        requirement=answers.requirement(check, answers.target(check)),
        sources=answers.cited(check, words),
        origin=origin,
    )
