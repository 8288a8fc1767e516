"""In Chromium: the style page and the five main pages, wide and narrow, light and dark, in both
languages: nothing runs off, collides or is cut, axe finds nothing; longer words break nothing."""

import pytest

from reform.models import Entry
from reform.states import Status
from schools.models import School
from tests import browsing, face, looking, world

pytestmark = [pytest.mark.browser]


@pytest.fixture
def there(real_db, travel):
    return face.Face()


@pytest.fixture
def open_as(visit, context, live_server):
    def go(seat, path, language="zh-hans"):
        cookie = {"name": "language", "value": language, "url": live_server.url}
        context.add_cookies([cookie])
        page = visit(seat, path)
        page.emulate_media(reduced_motion="reduce")
        page.wait_for_load_state("networkidle")
        return page

    return go


def test_words_on_words_and_words_cut_off_are_found(page):
    """The eye of the tests below sees what it is to see, and nothing else."""
    page.set_content("<p>one line</p><p>another line</p><p class='hide'>not seen</p>")
    assert (looking.collisions(page), looking.cut_off(page)) == ([], [])
    page.set_content("<p>one line</p><p id='up'>another line</p>")
    page.evaluate("document.getElementById('up').style.marginTop = '-30px'")
    assert looking.collisions(page) == [["one line", "another line"]]
    page.set_content("<p id='slim'>unbreakable</p>")
    page.evaluate("Object.assign(slim.style, {width: '20px', overflow: 'hidden'})")
    assert looking.cut_off(page) == ["unbreakable"]


def faults(page):
    """What an eye finds wrong with the page at the width it has now."""
    found = [f"collide: {one} / {other}" for one, other in looking.collisions(page)]
    found += [f"cut off: {one}" for one in looking.cut_off(page)]
    return found + (["wider than the window"] if browsing.runs_off(page) else [])


def at_each_width(page, name):
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        yield from (f"{name} at {width}: {one}" for one in faults(page))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nothing_runs_off_collides_or_keeps_anybody_out(there, open_as, language):
    found = []
    for name, (seat, path) in there.pages().items():
        page = open_as(seat, path, language)
        found += at_each_width(page, name)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found += [f"{name}, {theme}: {one}" for one in browsing.barriers(page)]
    assert found == []


def test_labels_twice_as_long_break_nothing(there, open_as):
    found = []
    for name, (seat, path) in there.pages().items():
        page = looking.with_long_labels(open_as(seat, path, "en"))
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            found += [(name, width)] if browsing.runs_off(page) else []
    assert found == []


def test_a_school_with_one_item_and_the_longest_name_reads_well(real_db, travel, open_as):
    school = world.school(face.LONG)
    world.entry(school, "Z2.1", campaign=world.campaign(name="字" * 60))
    filer, viewer = world.seat("filer", school), world.seat("viewer", world.COUNTY)
    found = []
    for seat, path in ((filer, "/school/"), (filer, "/items/"), (viewer, f"/board/{world.COUNTY}/"),
                       (viewer, "/schools/")):  # fmt: skip
        found += at_each_width(open_as(seat, path), path)
    assert found == []


def test_a_grid_of_three_hundred_schools_stays_in_its_box(there, open_as):
    """The longest names, each school with an entry of the first item."""
    entry = Entry.objects.filter(school=there.school).order_by("pk").first()
    like = School.objects.get(pk=there.school.pk)
    more = []
    for n in range(300):
        like.pk, like.code, like.name = None, f"9{n:09d}", f"{face.LONG[:-3]}{n:03d}"
        more.append(School(**{f.attname: getattr(like, f.attname) for f in School._meta.fields}))
    School.objects.bulk_create(more)
    values = {f.attname: getattr(entry, f.attname) for f in Entry._meta.fields if f.name != "id"}
    lives = values | {"status": Status.not_started, "report_id": None, "sent_late": None}
    Entry.objects.bulk_create(
        Entry(**lives | {"school_id": pk})
        for pk in School.objects.filter(code__startswith="9").values_list("pk", flat=True)
    )
    page = open_as(there.viewer, f"/board/{world.COUNTY}/")

    assert page.locator("table.grid tbody tr").count() == 302
    assert list(at_each_width(page, "board")) == []


def test_what_a_fold_holds_comes_when_it_is_opened(there, open_as):
    page = open_as(there.filer, "/school/")
    pillar = page.locator(".strip + details").first
    assert page.locator(".strip + details table").count() == 0
    pillar.locator("summary").click()
    pillar.locator("table.list tbody tr").first.wait_for()
    shown = pillar.locator("tbody tr").count()
    assert str(shown) in pillar.locator("summary").inner_text()

    page = open_as(there.filer, f"/frameworks/{there.campaign.framework_id}/")
    item = page.locator("details[id='Z2.1']")
    item.locator("summary").click()
    item.locator(".stack table.checks").wait_for()
    assert page.locator("table.checks").count() == 1
    assert faults(page) == [] and browsing.barriers(page) == []
