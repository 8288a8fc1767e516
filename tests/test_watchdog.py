"""The stand-in for a dead worker: it keeps the pace of the ring until the worker is back."""

import pytest

from reform import rounds
from reform.management.commands.watchdog import Watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def watch():
    """Looks when told, at the second it is told; says whether it did a round."""

    class AtSecond(Watch):
        second = 0

        def __init__(self):
            super().__init__(timer=lambda: self.second)

        def at(self, second):
            self.second = second
            return self.look()

    rounds.tick(by="worker")
    return AtSecond()


def test_while_it_stands_in_each_minute_has_its_round(watch, travel):
    """Two minutes between two would leave ten thousand letters waiting three times as long."""
    did = []
    for second in range(0, 261, 20):
        travel.shift(20)
        if watch.at(second):
            did.append(second)

    assert did == [120, 180, 240]


def test_when_the_worker_is_back_it_waits_two_minutes_again(watch, travel):
    for second in (0, 120):
        travel.shift(60)
        watch.at(second)
    travel.shift(20)
    rounds.tick(by="worker")

    did = []
    for second in range(140, 281, 20):
        travel.shift(20)
        if watch.at(second):
            did.append(second)

    assert did == [260]
