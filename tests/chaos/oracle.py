"""The only place that judges a run: plain SQL and the log of the mail server, none of our code.

A key is (person, entry). Expected: every open entry that falls due then, for the filer of its
school. Told: what the text of a letter names by its address.
"""

import json
import re
from collections import Counter, defaultdict
from datetime import timedelta

from django.db import connection

from schools import clock
from tests.chaos.load import DAYS

_EXPECTED = """
SELECT u.email, e.id FROM reform_entry e
JOIN schools_membership m ON m.school_id = e.school_id AND m.role = 'filer'
JOIN schools_user u ON u.id = m.user_id
WHERE e.due_on = %s AND e.status IN (0, 1, 2, 3)
"""
_IN_APP = """
SELECT u.email, r.entry_id, COUNT(*) FROM reform_reminder r
JOIN schools_user u ON u.id = r.person_id
WHERE r.about = 'due' AND r.state <> 'superseded' GROUP BY u.email, r.entry_id
"""
_LINK = re.compile(r"/entries/(\d+)/\s")


class Verdict:
    """What came of a run; `faults` is empty where all is as promised."""

    def __init__(self, log, extra=0, but=()):
        self.letters = [json.loads(line) for line in log.read_text().splitlines()]
        with connection.cursor() as cursor:
            cursor.execute(_EXPECTED, [clock.today() + timedelta(days=DAYS)])
            expected = set(cursor.fetchall())
            cursor.execute(_IN_APP)
            in_app = {(email, entry): n for email, entry, n in cursor.fetchall()}
            cursor.execute("SELECT message_id, state, uncertain FROM reform_message")
            messages = {name: (state, twice) for name, state, twice in cursor.fetchall()}
        named = {
            (letter["to"], int(entry))
            for letter in self.letters
            for entry in _LINK.findall(letter["text"])
        }
        wanted = {key for key in expected if not key[0].startswith(tuple(but))}
        copies = Counter(letter["id"] for letter in self.letters)
        days = defaultdict(set)
        for letter in self.letters:
            days[letter["to"]].add(letter["id"])
        self.lost = len(wanted - named)
        self.extra = sum(copies.values()) - len(copies)
        self.faults = list(self._faults(expected, in_app, named, copies, messages, days, extra))

    def _faults(self, expected, in_app, named, copies, messages, days, allowed):
        if self.lost:
            yield f"{self.lost} keys lost"
        if in_app.keys() != expected:
            yield f"in-app: {len(in_app.keys() ^ expected)} keys too many or too few"
        if any(n != 1 for n in in_app.values()):
            yield "in-app: a key more than once"
        if named - expected:
            yield f"{len(named - expected)} keys told that were not due"
        if self.extra > allowed:
            yield f"{self.extra} extra copies, {allowed} allowed"
        accepted = {name for name, (state, _twice) in messages.items() if state == "accepted"}
        if accepted - copies.keys():
            yield f"{len(accepted - copies.keys())} letters written down as taken that never came"
        if copies.keys() - messages.keys():
            yield f"{len(copies.keys() - messages.keys())} letters that the outbox does not know"
        sure = [name for name, n in copies.items() if n > 1 and not messages[name][1]]
        if sure:
            yield f"{len(sure)} second copies that were not known to be possible"
        if any(len(ids) > 1 for ids in days.values()):
            yield "somebody got two different letters in a day"
