"""A page without a grid is at most 60 KB of HTML and CSS before compression, in either language."""

import re

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse

from reform.models import Campaign, Slot
from schools.roles import RIGHTS
from tests import face, world
from tests.test_help import FILES, FRAGMENTS, MATRIX, REDIRECTS

MOST = 60 * 1024
LOOK = settings.BASE_DIR / "reform" / "static" / "look"
# Nobody is who may open these: what they name is not in this county.
WITHOUT = {"activate", "hosted", "login", "people_list_seen", "post_end", "post_successor",
           "privacy", "reset", "reset_new", "school_list"}  # fmt: skip

NOT_NOW = {"campaign_open", "campaign_readmit", "campaign_reopen", "people_fill", "people_slips"}


@pytest.fixture
def there(db, travel):
    return face.Face()


def css():
    """Bytes of the stylesheets that every page asks for."""
    asked = re.findall(r'href="[^"]*look/(\w+\.css)"', get_template("parts/head.html").render())
    return sum((LOOK / name).stat().st_size for name in asked)


def arguments(there, row):
    """What stands in the address of a page that names something; None when there is none."""
    campaign = Campaign.objects.get()
    found = {
        "": {},
        "entry": {"pk": there.returned.pk},
        "waiting": {"pk": there.waiting.pk},
        "school": {"code": there.school.code},
        "region": {"region": world.COUNTY},
        "campaign": {"pk": campaign.pk},
        "slot": {"pk": Slot.objects.order_by("pk").first().pk},
        "framework": {"pk": campaign.framework_id},
        "person": {"pk": there.filer.user.pk},
    }.get(row.get("thing", ""))
    return None if found is None else found | row.get("with", {})


def visitor_of(there, client, access):
    """Somebody who may open a page, signed in: the first of these roles that holds the right."""
    places = {"filer": there.school, "reviewer": "", "manager": "", "secretary": there.school}
    order = [*places, "editor", "auditor", "operator"]
    order = order if access[0] != "see_registers" else ["reviewer"]
    role = next(r for r in order if access[0] == "signed_in" or r in RIGHTS[access[0]])
    seats = {"filer": there.filer, "reviewer": there.reviewer, "manager": there.manager}
    if role not in seats:
        seats[role] = world.seat(role, places.get(role, "0"))
    return world.sign_in(client, seats[role])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_page_without_a_grid_is_heavier_than_60_kilobytes(there, client, language):
    weighed, heavy, elsewhere, shared = 0, [], set(), css()
    for name, row in MATRIX.items():
        known = arguments(there, row)
        if "GET" not in row["methods"] or known is None:
            continue
        if name in FILES | FRAGMENTS | REDIRECTS | WITHOUT:
            continue
        visitor = visitor_of(there, client, row["access"])
        visitor.cookies["language"] = language
        page = visitor.get(reverse(name, kwargs=known))
        if page.status_code != 200:
            elsewhere.add(name)
            continue
        weighed += 1
        if b'class="grid"' not in page.content and len(page.content) + shared > MOST:
            heavy.append((name, len(page.content)))
    assert elsewhere == NOT_NOW
    assert weighed > 55
    assert heavy == []
