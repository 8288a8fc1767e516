"""The filter of the review queue: its counts, and what it keeps."""

import re

from tests import world
from tests.desk import filed


def choices(response, name):
    found = re.search(rf'<select id="by-{name}".*?</select>', response.content.decode(), re.S)
    return re.findall(r'value="(\w+)"[^>]*>([^<]*)', found[0]) if found else []


def test_a_choice_says_how_many_wait_within_the_others(cast, desk):
    other = world.school("北街小学")
    filer = world.seat("filer", other)
    again = filed(cast, "Z1.1")
    world.send_back(again, cast.reviewer)
    world.file(again, cast.filer)
    filed(cast, "Z1.2"), filed(cast, "S1.1")
    world.file(world.entry(other, "Z1.1"), filer)
    assert choices(desk.get("/review/"), "pillar") == [("Z", "铸魂 3"), ("S", "塑形 1")]
    page = desk.get("/review/", {"school": other.code})
    assert choices(page, "school") == [(other.code, "北街小学 1"), (cast.school.code, "阳光小学 3")]
    assert choices(page, "pillar") == choices(page, "sent") == []
    page = desk.get("/review/", {"pillar": "Z", "sent": "first"})
    assert choices(page, "school") == [(other.code, "北街小学 1"), (cast.school.code, "阳光小学 1")]
    assert choices(page, "pillar") == [("Z", "铸魂 2"), ("S", "塑形 1")]


def test_the_form_of_the_filter_keeps_the_item(cast, desk):
    filed(cast, "Z1.1"), filed(cast, "Z1.2")
    html = desk.get("/review/", {"item": "Z1.2"}).content.decode()
    form = re.search(r'<form class="stack" method="get".*?</form>', html, re.S)[0]
    assert '<input type="hidden" name="item" value="Z1.2">' in form
