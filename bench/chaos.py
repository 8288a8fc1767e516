"""Faults F1 to F13 of what sends reminders, with 10,000 people. `make chaos` runs it.

Two tracks side by side, each with a database, a mail server and faults of its own: while one waits
for a lease or a bell, the other has the machine. Prints a line a fault and ends with 1 where a
promise was broken. `--people` and `--small` set how hard; `--only F1` takes one fault.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import services

TRACK = Path(__file__).resolve().parent / "chaos_track.py"
# Parts of the names in tests/chaos/, so that both take about as long.
TRACKS = ("F1 ,F7", "F2 ,F4 ")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--only", default="", help="one track: faults whose name contains this")
    asked, rest = options.parse_known_args()
    began = time.monotonic()
    tracks = [
        subprocess.Popen(
            [sys.executable, TRACK, "--only", only, *rest], preexec_fn=services.end_with_parent
        )
        for only in ([asked.only] if asked.only else TRACKS)
    ]
    codes = [track.wait() for track in tracks]
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    minutes, cpu = (time.monotonic() - began) / 60, (spent.ru_utime + spent.ru_stime) / 60
    busy = os.getloadavg()[2]
    print(f"{minutes:.1f} minutes, {cpu:.1f} of a core; load of the last quarter {busy:.1f}")
    print("promises were broken" if any(codes) else "lost none, repeated none")
    sys.exit(any(codes))


if __name__ == "__main__":
    main()
