"""The demo's returns: whoever is told to send a clearer file has sent one."""

import random
from datetime import date

import yaml

from reform.management.commands.demo import SEEDS, _files, _Story
from reform.models import Evidence, Review
from schools import clock
from tests import world

WORDS = yaml.safe_load((SEEDS / "notes.yaml").read_text(encoding="utf-8"))
DAYS = [date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 5)]


class Chance(random.Random):
    """Always the return that speaks of a file; `mended`: sent once more soon after."""

    mended = False

    def choice(self, seq):
        return WORDS["of_a_file"][0] if seq is WORDS["returned"] else seq[0]

    def randint(self, a, b):
        return a

    def random(self):
        self.drawn = getattr(self, "drawn", 0) + 1
        return 0.0 if self.drawn == 1 or self.mended else 0.9


def lived(cast, entry, *, mended):
    rng = Chance()
    rng.mended = mended
    story = _Story(entry, cast.filer, cast.reviewer, WORDS, rng, None)
    page = next(_files())
    for when, act in list(story.filed(DAYS[0], DAYS, page)):
        with clock.pretending(when):
            act()
    return Review.objects.get(report__entry=entry, report__no=1).reason


def test_a_return_that_still_stands_finds_the_file_that_it_speaks_of(cast):
    entry = world.entry(cast.school, due_on=date(2027, 1, 8))

    assert "佐证" in lived(cast, entry, mended=False)
    assert Evidence.objects.get().entry_id == entry.pk


def test_a_return_that_was_mended_long_ago_speaks_of_no_file(cast):
    entry = world.entry(cast.school, due_on=date(2027, 1, 8))

    assert "佐证" not in lived(cast, entry, mended=True)
    assert not Evidence.objects.exists()
