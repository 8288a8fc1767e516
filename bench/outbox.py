"""How fast the outbox drains: daily letters a second with 4 senders, against a real mail server.

`make bench` runs it on a scratch PostgreSQL. Prints letters a second, how long planning them took,
and what one letter costs the database.
"""

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import smtp_sink

SINK = smtp_sink.Running()
os.environ |= {
    "EMAIL_URL": f"smtp://127.0.0.1:{SINK.port}",
    "MAIL_FROM": "ledger@bureau.example",
    "LOG_LEVEL": "ERROR",
}

import scratch  # noqa: E402, F401  # isort: skip

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from reform import daily, outbox, planner, sending  # noqa: E402
from reform.channels.mail import Mail  # noqa: E402
from reform.digest import Desk  # noqa: E402
from tests.chaos import load  # noqa: E402
from tests.chaos.machine import Senders, open_letters, until  # noqa: E402

SENDERS = 4


def timed(call):
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--people", type=int, default=5000)
    options.add_argument("--postgres", action="store_true", help="on a scratch PostgreSQL")
    people = options.parse_args().people
    call_command("migrate", verbosity=0)
    load.build(people)
    try:
        load.clear()
        planned = timed(planner.plan)
        posted = timed(daily.plan)
        channel, desk = Mail(), Desk()
        sending.deliver(outbox.take("warm"), "warm", channel, desk)
        with CaptureQueriesContext(connection) as asked:
            sending.deliver(outbox.take("one"), "one", channel, desk)
        channel.close()
        senders = Senders(SENDERS)
        seconds = timed(lambda: until(lambda: not open_letters(), 3600, every=0.1))
        senders.close()
    finally:
        SINK.stop()
    print(f"{connection.vendor}: {people:,} people, {load.keys():,} keys, {SENDERS} senders")
    print(f"planning the reminders             {planned:7.2f} s")
    print(f"planning the letters               {posted:7.2f} s")
    print(f"queries of a letter                {len(asked):7d}")
    print(f"letters a second                   {people / seconds:7.1f}")
    print(f"for the nation (211,000)           {211_000 * seconds / people / 60:7.0f} min")


if __name__ == "__main__":
    main()
