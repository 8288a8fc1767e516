"""The county that every test of a board looks at, and what a reader finds on its board."""

import re
from datetime import date
from html import unescape

from reform import progress, tallies
from reform.filings import Filing
from reform.models import Entry
from reform.states import Claim
from tests import world

PAST, SOON, FAR = date(2026, 11, 13), date(2026, 11, 25), date(2027, 1, 15)
BOARD = f"/board/{world.COUNTY}/"
_CELL = r'<td(?: class="gap")?><(?:a|span) class="(?:hide|cell (\w+))"'


def mixed(cast):
    """Two schools in every state, on time and late, and what no board counts."""
    other = world.school("北街小学")
    filer = world.seat("filer", other)
    third = world.school("第三初级中学")

    def make(code, school=cast.school, by=cast.filer, due_on=FAR, **fields):
        return world.entry(school, code, due_on=due_on), by

    def file(pair, **fields):
        return world.file(pair[0], pair[1], **fields)

    make("Z1.1")  # not started, far ahead
    make("Z1.2", due_on=PAST)  # overdue, untouched
    begun = make("Z1.3", due_on=SOON)[0]
    progress.save(begun.pk, by=cast.filer, version=0, filing=Filing(note="草稿"))
    file(make("Z2.1"))  # waits
    file(make("Z2.2", due_on=PAST))  # waits, sent late
    world.accept(file(make("Z2.3")), cast.reviewer)
    world.accept(file(make("Z2.4", due_on=PAST)), cast.reviewer)  # accepted, sent late
    world.send_back(file(make("Z3.1")), cast.reviewer)
    late = world.send_back(file(make("Z3.2")), cast.reviewer)
    overdue(late)  # returned and overdue by now
    exempt = file(make("Z3.3"), claim=Claim.not_applicable, note="本校没有这一项。")
    world.accept(exempt, cast.reviewer)
    world.accept(file(make("S1.1", other, filer)), cast.reviewer)
    file(make("S1.2", other, filer))
    make("S1.3", other, filer, due_on=PAST)
    make("S2.1", third, due_on=SOON)
    world.entry(cast.school, "S4.1", due_on=PAST, counted=False)
    world.entry(world.bureau(), "X3.1", due_on=PAST)
    nobody_owes(cast)
    assert tallies.differences() == {}
    return cast


def overdue(entry):
    """Move an open entry's date into the past, in the tally too."""
    Entry.objects.filter(pk=entry.pk).update(due_on=PAST)
    tallies.rebuild()


def nobody_owes(cast):
    """Entries of a slot not open yet, of a withdrawn one and of a void campaign."""
    world.entry(cast.school, "X1.1", opens_on=date(2027, 3, 1), due_on=PAST)
    world.entry(cast.school, "X1.2", withdrawn_at=world.NOON, due_on=PAST)
    void = world.campaign(state="void", name="作废的专项")
    world.entry(cast.school, "X1.3", campaign=void, due_on=PAST)


def figures(response):
    """label → (number, address of its rows)."""
    found = re.findall(
        r'<dt>([^<]*)</dt><dd><a href="([^"]*)">([\d,]+)</a>', response.content.decode()
    )
    return {label: (int(n.replace(",", "")), unescape(url)) for label, url, n in found}


def linked_numbers(response):
    """Every (number, address of its rows) of a page."""
    found = re.findall(r'<a href="([^"]*/rows/[^"]*)">([\d,]+)</a>', response.content.decode())
    return [(int(n.replace(",", "")), unescape(url)) for url, n in found]


def rows(client, url):
    """Entries listed behind an address, over all its pages."""
    found = []
    while url:
        html = client.get(url).content.decode()
        found += [int(pk) for pk in re.findall(r'<a href="/entries/(\d+)/"', html)]
        more = re.search(r'href="([^"]*)" rel="next"', html)
        url = more and unescape(more[1])
    return found


def cells(response):
    """school → {measure → light}, "" where a cell is left empty."""
    html = response.content.decode()
    heads = re.search(r'<table class="grid">.*?</thead>', html, re.S)[0]
    codes = re.findall(r'<span class="code">([^<]*)</span>', heads)
    lines = re.findall(r'<tr><th scope="row"><a[^>]*>([^<]*)</a></th>(.*?)</tr>', html, re.S)
    return {
        unescape(name): dict(zip(codes, re.findall(_CELL, line), strict=True))
        for name, line in lines
        if 'class="cell' in line
    }
