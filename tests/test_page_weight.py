"""A page is at most 60 KB of HTML and CSS before compression, in either language.

Two things are not counted: the table of schools and measures on a board, and on printed slips the
codes to be scanned. The style page shows every part at once and the slips are of all who have none:
these may have 72 KB.
"""

import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse

from reform import jobs, resetting
from reform.models import Entry, Job, Slot
from reform.states import Keeper
from schools.models import Branch
from schools.roles import RIGHTS
from tests import face, world
from tests.test_help import FILES, FRAGMENTS, MATRIX, REDIRECTS

MOST, OF_ALL_AT_ONCE = 60 * 1024, 72 * 1024
LOOK = settings.BASE_DIR / "reform" / "static" / "look"
UNCOUNTED = re.compile(
    rb'<table class="grid">.*?</table>|<svg [^>]*><path fill="#fff".*?</svg>', re.S
)
MANY = 60  # schools: as many as fill a page of any list
NOBODYS = {"people_fill", "people_slips"}  # they answer a form, with the slips that are weighed


@pytest.fixture
def there(db, travel, settings, tmp_path, monkeypatch):
    """A county with a full year and long lists, and what each page needs that names something."""
    settings.JOBS_DIR = tmp_path / "jobs"
    monkeypatch.setattr(jobs, "call", lambda job_id: None)
    found = face.Face()
    for n in range(MANY):
        school = world.school(f"{face.LONG[:20]}{n:02d}")
        world.entry(school, "Z2.1", campaign=found.campaign)
    found.closed = world.campaign(state="closed", year="2025-2026")
    found.draft = world.draft(found.manager, name="下一份任务清单")
    found.kept = Entry.objects.filter(keeper=Keeper.district).first()
    found.hosted = hosted(found)
    found.reminder = world.told(found.returned, found.filer)
    found.list = world.list_of(found.manager)
    return found


def hosted(there):
    """What the host of a joint branch files for a school, and a filer who reads it there."""
    host, there.guest = world.school("牵头学校"), world.school("成员学校")
    world.branch(there.guest, form="joint", host=world.branch(host, form="joint"))
    entry = world.entry(host, "S5.1", campaign=there.campaign)
    world.entry(there.guest, "Z1.1", campaign=there.campaign)
    there.guest.enrolments.update(profile="joint")
    return entry


def css():
    """Bytes of the stylesheets that every page asks for."""
    asked = re.findall(r'href="[^"]*look/(\w+\.css)"', get_template("parts/head.html").render())
    return sum((LOOK / name).stat().st_size for name in asked)


def arguments(there, name, row):
    """What stands in the address of a page that names something."""
    filer = there.filer.user
    if name in ("campaign_reopen", "campaign_readmit"):
        return {"pk": there.closed.pk}
    if name == "campaign_open":
        return {"pk": there.draft.pk}
    if name == "reset_new":
        return {"pk": filer.pk, "token": resetting.path(filer).rstrip("/").split("/")[-1]}
    if name == "people_list_seen":
        return {"pk": list_of_people(there)}
    campaign = there.campaign
    return {
        "": {},
        "entry": {"pk": there.returned.pk},
        "waiting": {"pk": there.waiting.pk},
        "kept": {"pk": there.kept.pk},
        "hosted": {"pk": there.hosted.pk},
        "school": {"code": there.school.code},
        "branch": {"pk": Branch.objects.filter(school=there.school).first().pk},
        "region": {"region": world.COUNTY},
        "campaign": {"pk": campaign.pk},
        "slot": {"pk": Slot.objects.filter(campaign=campaign).order_by("pk").first().pk},
        "framework": {"pk": campaign.framework_id},
        "person": {"pk": filer.pk},
        "post": {"pk": filer.memberships.get().pk},
        "reminder": {"pk": there.reminder.pk},
        "school_list": {"pk": there.list.pk},
    }[row.get("thing", "")] | row.get("with", {})


def list_of_people(there):
    """A list of accounts that was looked at."""
    rows = ["school,name,role"] + [f"{there.school.name},教师{n},filer" for n in range(MANY)]
    desk = world.sign_in(Client(), there.manager)
    file = SimpleUploadedFile("list.csv", "\r\n".join(rows).encode())
    assert desk.post("/people/import/", {"file": file}).status_code == 302
    jobs.run(Job.objects.latest("pk").pk)
    return Job.objects.latest("pk").pk


def visitor_of(there, client, name, access):
    """Somebody who may open a page, signed in: the first of these roles that holds the right."""
    language = client.cookies["language"].value
    client.logout()
    client.cookies["language"] = language
    if access[0] == "anyone":
        return client
    if name == "hosted":
        return world.sign_in(client, world.seat("filer", there.guest))
    if name == "entry_sources":
        return world.sign_in(client, there.reviewer)
    places = {"filer": there.school, "reviewer": "", "manager": "", "secretary": there.school}
    order = [*places, "editor", "auditor", "operator"]
    order = order if access[0] != "see_registers" else ["reviewer"]
    role = next(r for r in order if access[0] == "signed_in" or r in RIGHTS[access[0]])
    seats = {"filer": there.filer, "reviewer": there.reviewer, "manager": there.manager}
    if role not in seats:
        seats[role] = world.seat(role, places.get(role, "0"))
    return world.sign_in(client, seats[role])


def weight(page):
    return len(UNCOUNTED.sub(b"", page.content)) + css()


def visits(there, client):
    """(name, page) of every address, and of the boards with what is narrowed on them."""
    for name, row in MATRIX.items():
        if "GET" not in row["methods"] or name in FILES | FRAGMENTS | REDIRECTS | NOBODYS:
            continue
        visitor = visitor_of(there, client, name, row["access"])
        yield name, visitor.get(reverse(name, kwargs=arguments(there, name, row)))
    for region in (world.COUNTY, "3301", "33", "0"):
        world.sign_in(client, world.seat("viewer", region))
        for more in ("", "?pillar=S", "?state=open"):
            page = client.get(f"/board/{region}/{more}")
            assert (b'class="grid"' in page.content) is (region == world.COUNTY)
            yield f"board {region}{more}", page
    desk = world.sign_in(client, there.manager)
    page = desk.post(reverse("people_fill"), {"key": "k1"})
    assert len(page.context["slips"]) > MANY
    yield "people_slips", page


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_page_is_heavier_than_60_kilobytes(there, client, language):
    client.cookies["language"] = language
    weighed, heavy, elsewhere = set(), {}, {}
    for name, page in visits(there, client):
        if page.status_code != 200:
            elsewhere[name] = page.status_code
        weighed.add(name)
        most = OF_ALL_AT_ONCE if name in ("style", "people_slips") else MOST
        if weight(page) > most:
            heavy[name] = weight(page)
    assert elsewhere == {}
    assert {"board_region", "board_rows", "campaign_open", "hosted", "login"} < weighed
    assert heavy == {}
