"""The only place that words a merger and a division: what they do, and what was done."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reform import merging as merger
from reform import splitting as splitter
from reform.fitting import Fit
from reform.merging import Merger
from reform.views import restructure_words
from schools.language import listed
from schools.models import School
from schools.models.schools import derive_profile
from schools.registers import REGISTERS
from schools.roles import Profile
from schools.succession import ABOVE, Branches

TITLES = {
    "merge": (
        gettext_lazy("Merge it into another school"),
        gettext_lazy("It ends, and its registers go on there."),
    ),
    "split": (
        gettext_lazy("Split off a new school"),
        gettext_lazy("A part of it becomes a school of its own, with its branches."),
    ),
}


def merging(effect: "merger.Effect", asked: Merger, ending: int) -> list[str]:
    """What a merger does, a sentence each; `ending`: posts that are over with the school."""
    names = {"school": effect.before.name, "into": effect.into.name}
    said = [
        _("%(school)s is closed from today; %(into)s goes on with its own entries.") % names,
        *_fits(effect.before, effect.fits, effect),
    ]
    if effect.counts:
        said.append(
            _(
                "What runs in the registers of %(school)s ends there and goes on at %(into)s: "
                "%(rows)s."
            )
            % {**names, "rows": rows_of(effect.counts)}
        )
        said += _exceptions(effect)
    said.append(
        _("Meetings, trainings and what was filed stay with %(school)s; %(into)s can read them.")
        % names
    )
    said += _people(effect, asked, ending)
    said.append(_("%(into)s is asked to confirm its numbers, with those of both added up.") % names)
    if asked.take_code:
        words = _("%(into)s takes over the code %(code)s; its own, %(old)s, is never used again.")
        said.append(words % {**names, "code": effect.before.code, "old": effect.into.code})
    said.append(
        _(
            "This cannot be undone: %(school)s can be reopened, but its registers and posts would "
            "have to be entered anew there, and %(into)s takes out what it no longer has."
        )
        % names
    )
    return said


def rows_of(counts: dict[str, int]) -> str:
    """Registers with their numbers of rows, in the order of the table."""
    return listed(
        _("%(register)s %(n)d") % {"register": REGISTERS[key].name, "n": counts[key]}
        for key in REGISTERS
        if counts.get(key)
    )


def _exceptions(effect: "merger.Effect") -> Iterable[str]:
    """What does not simply go along."""
    found = effect.branches
    above = [row.name for row in found.ending if found.top and row.form in ABOVE]
    if above and found.top:
        words = _("“%(above)s” ends; its branches stand under “%(top)s”.")
        yield words % {"above": listed(above), "top": found.top.name}
    if effect.counts.get("posts"):
        yield _("Management posts of both are added up, level by level.")
    if effect.counts.get("documents") or effect.counts.get("leadership_groups"):
        words = _("Documents and groups go along only where %(into)s has none of that kind.")
        yield words % {"into": effect.into.name}
    yield from _guests(found)


def _guests(found: Branches) -> Iterable[str]:
    if found.guests:
        guests = listed(sorted({row.school.name for row in found.guests}))
        yield _("Joint branches of %(guests)s now name their new host.") % {"guests": guests}


def _people(effect: "merger.Effect", asked: Merger, ending: int) -> Iterable[str]:
    names = {"school": effect.before.name, "into": effect.into.name}
    if not ending:
        yield _("Nobody holds a post at %(school)s.") % names
        return
    yield ngettext(
        "%(n)d post at %(school)s ends; its drafts stay with the school.",
        "%(n)d posts at %(school)s end; their drafts stay with the school.",
        ending,
    ) % {**names, "n": ending}
    if asked.people:
        yield ngettext(
            "%(n)d person gets the same post at %(into)s.",
            "%(n)d people get the same post at %(into)s.",
            len(asked.people),
        ) % {**names, "n": len(asked.people)}


def splitting(effect: "splitter.Effect") -> list[str]:
    """What a division does, a sentence each."""
    new, going = effect.new, effect.branches.going
    names = {"school": effect.before.name, "new": new.name}
    profile, why = derive_profile(new)
    said = [_("%(new)s becomes a school of its own under the same authority.") % names]
    if going:
        words = _("These go there with their groups, seats and plans: %(branches)s.")
        said.append(words % {"branches": listed(row.name for row in going)})
        words = _("At %(school)s they end with yesterday; what they did stays there.")
        said.append(words % names)
    said += _guests(effect.branches)
    if profile == Profile.unknown:
        said.append(_("%(new)s is asked nothing until its profile is known.") % names)
    else:
        said.append(
            _("Profile of %(new)s: %(profile)s. %(why)s")
            % {**names, "profile": profile.label, "why": why}
        )
    if effect.joins:
        campaigns = listed(_("“%(name)s”") % {"name": name} for name in effect.joins)
        words = _("It joins %(campaigns)s as a newcomer: with time enough, nothing late.")
        said.append(words % {"campaigns": campaigns})
    if effect.after.profile != effect.before.profile:
        profile, why = derive_profile(effect.after)
        words = _("The profile of %(school)s becomes: %(profile)s. %(why)s")
        said.append(words % {**names, "profile": profile.label, "why": why})
    said += _fits(effect.before, effect.fits, effect)
    said.append(_("Both are asked to confirm their numbers."))
    said.append(
        _("This cannot be undone; the new school can be closed or merged back into %(school)s.")
        % names
    )
    return said


def _fits(school: School, fits: Iterable[Fit], effect: Any) -> list[str]:
    """What becomes of the entries of the one school that was there before."""
    told = restructure_words.effects(effect, "merge") if fits else []
    words = _("%(name)s: %(what)s")
    return [words % {"name": school.name, "what": one} for one in told]


def merged(school: School, into: School, done: dict[str, int]) -> str:
    """The notice after a merger."""
    words = _("%(school)s went into %(into)s.") % {"school": school.name, "into": into.name}
    return _with_rows(words, done)


def divided(school: School, new: School, done: dict[str, Any]) -> str:
    """The notice after a division, with the step that comes next."""
    words = _("%(new)s was split off %(school)s.") % {"new": new.name, "school": school.name}
    words = _with_rows(words, done)
    if done["joined"]:
        filings = restructure_words.n_filings(done["joined"])
        words = _("%(done)s It is asked for %(filings)s.") % {"done": words, "filings": filings}
    return _("%(done)s Nobody has an account there yet.") % {"done": words}


def _with_rows(words: str, done: dict[str, Any]) -> str:
    if not done["rows"]:
        return words
    rows = ngettext(
        "%(n)d row of its registers goes on there.",
        "%(n)d rows of its registers go on there.",
        done["rows"],
    )
    return _("%(done)s %(rows)s") % {"done": words, "rows": rows % {"n": done["rows"]}}
