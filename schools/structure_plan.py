"""The only place that says how a Party organisation of so many members is usually set up."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from schools import checkup, clock
from schools.checkup import Told
from schools.models import Branch, School
from schools.roles import PartyForm
from schools.rulebook import Rule, rules
from schools.structure import (
    COMMITTEE_OF_BRANCH_FROM,
    OF_A_BRANCH,
    OWN_FROM,
    expected_forms,
)
from schools.structure_books import Books
from schools.structure_rules import COMMITTEE_YEARS, JOINED_MOST, SEATS_MOST, YEARS

ABOVE = (PartyForm.committee, PartyForm.general)
COMMITTEE_USUALLY = (3, 5)  # seats of a branch committee: CMT-01
OF_BRANCHES = ("STR-03",)
OF_FORMS = ("STR-01", "STR-02", "STR-03", "STR-04")


class Numbers(NamedTuple):
    """What is asked about; `branches` and `form` as they are or shall be, where that is told."""

    full: int
    probationary: int = 0
    branches: int | None = None
    form: str = ""

    @property
    def members(self) -> int:
        return self.full + self.probationary

    @property
    def of_largest(self) -> int:
        """Full members of the largest branch when they are divided evenly."""
        return -(-self.full // (self.branches or branches_at_least(self)))


class Expectation(NamedTuple):
    """One point of a set-up and the rules it rests on."""

    label: str
    words: tuple[str, ...]
    rules: tuple[Rule, ...]


def forms_of(numbers: Numbers) -> list[PartyForm]:
    """The forms that fit, the smallest first."""
    found = expected_forms(numbers.full)
    return [form for form in reversed(PartyForm) if form in found]


def branches_at_least(numbers: Numbers) -> int:
    """So many that none has more than 50 members; a form above branches has two or more."""
    fewest = 2 if set(forms_of(numbers)) <= set(ABOVE) else 1
    return max(fewest, -(-numbers.members // OF_A_BRANCH))


def expectations(numbers: Numbers) -> list[Expectation]:
    """Form, branches, committees, terms and leaders, as the rules have them."""
    if numbers.full < OWN_FROM:
        return [_form(numbers), _host(), _terms(numbers)]
    return [
        _form(numbers),
        _branches(numbers),
        _committee(numbers),
        _terms(numbers),
        _leaders(numbers),
        _discipline(),
    ]


def _form(numbers: Numbers) -> Expectation:
    either = pgettext("forms", " or ").join(str(form.label) for form in forms_of(numbers))
    cited = ("STR-01", "STR-04") if numbers.full >= OWN_FROM else ("STR-02",)
    return _expected(_("Form"), [either], *cited)


def _host() -> Expectation:
    words = _("A branch of another school takes it in, usually for no more than %(n)d units.")
    return _expected(_("Host branch"), [words % {"n": JOINED_MOST}], "STR-02")


def _branches(numbers: Numbers) -> Expectation:
    least = branches_at_least(numbers)
    words = ngettext(
        "%(n)d branch or more, with no more than %(most)d members each.",
        "%(n)d branches or more, with no more than %(most)d members each.",
        least,
    )
    return _expected(_("Branches"), [words % {"n": least, "most": OF_A_BRANCH}], "STR-03")


def _committee(numbers: Numbers) -> Expectation:
    of_largest = numbers.of_largest
    if of_largest < COMMITTEE_OF_BRANCH_FROM:
        words = _(
            "About %(n)d full members a branch: a secretary, a deputy where needed, no committee."
        )
        return _expected(_("Branch committee"), [words % {"n": of_largest}], "CMT-03")
    least, usual = COMMITTEE_USUALLY
    words = _(
        "About %(n)d full members a branch: a committee of %(least)d to %(usual)d, no more than "
        "%(most)d, with secretary, organisation, publicity and discipline members."
    )
    told = words % {"n": of_largest, "least": least, "usual": usual, "most": SEATS_MOST}
    return _expected(_("Branch committee"), [told], "CMT-01", "CMT-02")


def _terms(numbers: Numbers) -> Expectation:
    told = [_("Branches and general branches %(n)d years.") % {"n": YEARS}]
    cited = ["TRM-01"]
    if PartyForm.committee in forms_of(numbers):
        told.append(_("The Party committee %(n)d years.") % {"n": COMMITTEE_YEARS})
        cited.append("TRM-02")
    told.append(_("Preparations begin 6 months before the end."))
    return _expected(_("Term of office"), told, *cited, "TRM-04")


def _leaders(numbers: Numbers) -> Expectation:
    one = _("Secretary and principal are usually one person, with a full-time deputy secretary.")
    two = _("Secretary and principal are usually two people; a principal in the Party is deputy.")
    told = {form: two if form in ABOVE else one for form in forms_of(numbers)}
    said = list(dict.fromkeys(told.values()))
    if len(said) > 1:
        said = [f"{form.label}{_(': ')}{words}" for form, words in told.items()]
    return _expected(_("Secretary and principal"), said, "OP-12")


def _discipline() -> Expectation:
    return _expected(_("Discipline"), [rules()["DISC-01"].says], "DISC-01")


def _expected(label: str, words: Sequence[str], *cited: str) -> Expectation:
    found = {rules()[name].cite: rules()[name] for name in cited}
    return Expectation(label, tuple(words), tuple(found.values()))


def gaps(numbers: Numbers) -> list[Told]:
    """What the rules of forms say to form and branches as they were told."""
    rows = []
    if numbers.branches:
        full = numbers.of_largest
        rest = -(-numbers.members // numbers.branches) - full
        name = _("The largest branch, when they are divided evenly,")
        rows.append(Branch(pk=1, name=name, full_members=full, probationary=rest))
    if numbers.form in ABOVE:
        rows.append(Branch(pk=2, name=str(PartyForm(numbers.form).label), form=numbers.form))
    if numbers.form == PartyForm.joint:
        rows = [Branch(pk=3, form=numbers.form, host_name=_("Host branch"))]
    school = School(form=numbers.form, full_members=numbers.full)
    found = checkup.examine(Books(school, clock.today(), rows)).told
    asked = OF_FORMS if numbers.form else OF_BRANCHES
    return [told for told in found if told.rule.id in asked]
