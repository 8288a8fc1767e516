"""Takes the pictures of the user guide anew, from the demo county, on a frozen day.

`.venv/bin/python bench/guide.py` writes docs/pictures/guide-*.png: look at them before they are
committed. `--only desk sign` takes these alone.
"""

import argparse
import io

import pictures  # isort: skip  # plain files and a standing clock, as for the pictures of the look
import demo_site  # isort: skip
import openpyxl
import time_machine
from django.conf import settings
from PIL import Image

from reform.models import Campaign, Entry
from schools import scope
from schools.models import User
from tests import world

FOLDER = settings.BASE_DIR / "docs" / "pictures"
SHEET = settings.BASE_DIR / "seeds" / "demo" / "branches.xlsx"
# name → account, address, width, height
SHOTS = {
    "home": ("filer", "/school/", 1280, 900),
    "board": ("viewer", f"/board/{demo_site.COUNTY}/", 1280, 1000),
    "desk": ("reviewer", "/review/", 1280, 860),
    "reminders": ("manager", "/reminders/policy/", 1280, 680),
    "paste": ("filer3", "/registers/branches/paste/", 1280, 860),
    "fast": ("filer", "/fast/", 360, 720),
    "sign": ("secretary", "/entries/{sent}/", 360, 720),
}


def cells():
    """The first sheet that the demo offers, as it comes from a spreadsheet, with one slip."""
    rows = openpyxl.load_workbook(SHEET).worksheets[0].iter_rows(values_only=True)
    lines = [["" if cell is None else f"{cell:%Y/%-m/%-d}" if hasattr(cell, "year") else str(cell)
              for cell in row] for row in rows]  # fmt: skip
    lines[3][3] = "二十余人"
    return "\n".join("\t".join(line) for line in lines)


def paste(page):
    page.fill("[name=text]", cells())
    page.click("button[value=look]")


def fast(page):
    """The second of what is due: it wants more than one click."""
    page.click("[rel=next]")


def send():
    """An item of the filer's school goes to its secretary, as a county may wish; its number."""
    Campaign.objects.update(sign_off=True)
    seat = scope.seats(User.objects.get(username="filer"))[0]
    found = Entry.objects.filter(school=seat.school, slot__item__code="S3.2", left_at=None)
    return world.file(found.get(), seat, note="期中考试期间时间紧，已商定下周补上。").pk


PREPARED = {"paste": paste, "fast": fast}


def take(only):
    base = pictures.serve()
    with demo_site.chromium() as browser:
        for name, (username, path, width, height) in SHOTS.items():
            if only and name not in only:
                continue
            if name == "sign":  # the last: it changes the home of its filer
                path = path.format(sent=send())
            for language in ("zh-hans", "en"):
                page = demo_site.window(browser, base, width=width, language=language,
                                        session=demo_site.session_of(username))  # fmt: skip
                page.set_viewport_size({"width": width, "height": height})
                page.goto(base + path)
                page.wait_for_load_state("networkidle")
                if name in PREPARED:
                    PREPARED[name](page)
                    page.wait_for_load_state("networkidle")
                picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
                file = FOLDER / f"guide-{name}.{language[:2]}.png"
                picture.quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)
                page.context.close()
                print(f"{file.name}: {file.stat().st_size // 1024} KB", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--only", nargs="+", default=[], metavar="PICTURE")
    asked = options.parse_args()
    with time_machine.travel(world.NOON, tick=False):
        demo_site.lay()
        take(asked.only)


if __name__ == "__main__":
    main()
