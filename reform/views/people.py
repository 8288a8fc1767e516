"""The only place for the list of accounts, the page of a person, and the gaps."""

from bisect import bisect_right
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reform import accounts, people, slips
from reform.forms.hidden import key_for, number_of
from reform.forms.people import PeopleSearch
from reform.views import people_words as words
from schools import clock, names
from schools.access import access
from schools.errors import Denied
from schools.models import Membership, User
from schools.scope import Seat

PAGE = 50


@access("manage_people")
@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    """The posts whose accounts this seat keeps, by school; keyset paged by `after`, a post."""
    seat, today = request.seat, clock.today()
    form = PeopleSearch(request.GET)
    form.is_valid()
    text, show = form.cleaned_data.get("q", "").strip(), form.cleaned_data.get("show", "")
    every = people.posts(seat)
    found = people.narrowed(every, text, show, today)
    after = number_of(request.GET.get("after", ""))
    shown = _shown(every, found, after)
    query = request.GET.copy()
    query.pop("after", None)
    first_url = f"?{query.urlencode()}"
    if len(shown) > PAGE:
        query["after"] = str(shown[PAGE - 1].pk)
    counts = people.counts(seat, today)
    gaps = _gap_count(seat)
    context = {
        "form": form,
        "narrowed": bool(text or show),
        "sentence": words.list_sentence(seat, counts),
        "figures": words.list_figures(seat, counts, gaps) if counts.people else [],
        "gaps": gaps,
        "of_schools": people.keeps_schools(seat),
        "rows": [words.row(post, today) for post in shown[:PAGE]],
        "waiting": counts.waiting,
        "without_slip": len(slips.wanting(seat)) if counts.waiting else 0,
        "key": key_for(request),
        "first_url": first_url if after is not None else "",
        "next_url": f"?{query.urlencode()}" if len(shown) > PAGE else "",
    }
    return render(request, "people/list.html", context)


def _shown(
    every: "QuerySet[Membership]", found: "QuerySet[Membership]", after: int | None
) -> list[Membership]:
    """A page of posts, and one more, behind the one shown last: by the names of their places."""
    keys = sorted(map(people.in_order, found.order_by().values_list(*people.ORDER)))
    last = every.filter(pk=after).values_list(*people.ORDER).first() if after is not None else None
    start = bisect_right(keys, people.in_order(last)) if last else 0
    wanted = [key[-1] for key in keys[start : start + PAGE + 1]]
    posts = {post.pk: post for post in people.with_codes(found.order_by().filter(pk__in=wanted))}
    return [posts[pk] for pk in wanted]


def _gap_count(seat: Seat) -> int:
    today = clock.today()
    if people.keeps_schools(seat):
        return people.without_filer(seat, today).count()
    return people.without_manager(seat, today).count()


@access("manage_people")
@require_safe
def people_gaps(request: HttpRequest) -> HttpResponse:
    """By name: schools where nobody files; for an operator, authorities without a manager."""
    seat, today = request.seat, clock.today()
    schools = names.in_order(people.without_filer(seat, today))
    regions = list(people.without_manager(seat, today))
    of_schools = people.keeps_schools(seat)
    n = len(schools) if of_schools else len(regions)
    empty = of_schools and not n and not people.schools(seat).exists()
    context = {
        "sentence": _("There is no school here yet.")
        if empty
        else words.gap_sentence(seat, n, of_schools=of_schools),
        "crumbs": [(_("People"), reverse("people")), (_("Gaps"), "")],
        "schools": schools,
        "bureau": people.bureau_without_filer(seat, today),
        "regions": regions,
        "of_schools": of_schools,
        "key": key_for(request),
        "empty": empty,
        "all": words.make_all(len(schools)) if schools else "",
    }
    return render(request, "people/gaps.html", context)


# ---- a person


def person_of(request: HttpRequest, pk: int) -> User:
    """A person whose account this seat keeps, or 404."""
    return get_object_or_404(people.persons(request.seat), pk=pk)


@access("manage_people")
@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Who it is, the posts, the code, what can be done, and what was done to the account."""
    seat, today = request.seat, clock.today()
    user = person_of(request, pk)
    posts = list(people.with_codes(people.posts(seat).filter(user=user)).order_by("-ends_on", "pk"))
    current = [post for post in posts if people.state(post, today) != people.State.ended]
    may = accounts.may_manage(seat, user)
    gone = not current and may is not True  # to another authority: what it keeps is its own
    context: dict[str, Any] = {
        "person": user,
        "sentence": words.person_sentence(posts, current, today),
        "crumbs": [(_("People"), reverse("people")), (str(user), "")],
        "posts": [
            words.post(one, today) | {"may": accounts.may_manage(seat, one) is True}
            for one in posts
        ],
        "gone": gone,
        "code": "" if gone else words.code_line(posts[0].user, today),
        "coded": people.last_code(posts[0].user) is not None,
        "may": bool(current) and may is True,
        "why": may.reason if current and isinstance(may, Denied) else "",
        "steps": words.steps(people.lines_about(user, seat.place_code if gone else None)),
        "key": key_for(request),
    }
    return render(request, "people/person.html", context)
