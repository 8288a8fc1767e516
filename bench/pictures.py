"""Takes pictures of the look and shows what changed since the last set. `make pictures` runs it.

The style page and the five main pages of the demo county, at 1280 and 360 pixels, in Chinese and
English, light and dark, on the same frozen day each time, so that nothing but the look can differ.
A set lies in var/pictures/<day-time>/ with an index.html that shows before, after and difference.
Fonts and Chromium differ between machines: compare sets of one machine only. `--only home board`
takes these pages alone; `--against 20261120-0930` compares with another set than the last one.
"""

import argparse
import html
import json
import os
import platform
import threading
from datetime import datetime
from itertools import product

os.environ["PLAIN_STATIC"] = "1"

import demo_site  # isort: skip
import time_machine
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from PIL import Image, ImageChops

from reform.wsgi import application
from tests import world

FOLDER = settings.BASE_DIR / "var" / "pictures"
WIDTHS, LANGUAGES, THEMES = (1280, 360), ("zh-hans", "en"), ("light", "dark")
SMALLEST = 12  # of 255: what anti-aliasing may differ by without being seen
HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pictures</title>
<style>body{font:14px/1.5 sans-serif;margin:24px}section{margin:32px 0}div{display:flex;gap:16px;
align-items:flex-start}figure{margin:0;flex:1;min-width:0}img{max-width:100%;border:1px solid #888}
</style></head><body>"""


class Silent(WSGIRequestHandler):
    def log_message(self, *args):
        pass


def serve():
    """The site in this very process, whose clock stands still; its address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), Silent)
    server.daemon_threads = True
    server.set_app(application)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def take(folder, only):
    """All pictures of a set; what Chromium took them."""
    base = serve()
    with demo_site.chromium() as browser:
        for name, (username, path) in demo_site.pages().items():
            if only and name not in only:
                continue
            session = demo_site.session_of(username)
            for width, language, theme in product(WIDTHS, LANGUAGES, THEMES):
                page = demo_site.window(browser, base, width=width, language=language,
                                        theme=theme, session=session)  # fmt: skip
                answer = page.goto(base + path)
                assert answer.status == 200, (path, answer.status)
                page.wait_for_load_state("networkidle")
                file = f"{name}-{width}-{language[:2]}-{theme}.png"
                page.screenshot(path=folder / file, full_page=True)
                page.context.close()
            print(f"  {name}: taken", flush=True)
        return browser.version


def difference(before, after, to):
    """What part of the picture differs, and between which heights; draws it in red."""
    old, new = (Image.open(path).convert("RGB") for path in (before, after))
    size = (max(old.width, new.width), max(old.height, new.height))
    sheets = [Image.new("RGB", size, "white") for _ in range(2)]
    for sheet, picture in zip(sheets, (old, new), strict=True):
        sheet.paste(picture)
    grey = ImageChops.difference(*sheets).convert("L").point(lambda n: 255 if n > SMALLEST else 0)
    box = grey.getbbox()
    if box is None and old.size == new.size:
        return None
    part = grey.histogram()[255] / (size[0] * size[1])
    pale = Image.blend(sheets[1], Image.new("RGB", size, "white"), 0.6)
    pale.paste(Image.new("RGB", size, "red"), mask=grey)
    to.parent.mkdir(exist_ok=True)
    pale.save(to)
    told = f"{part:.2%} differs"
    if box:
        told += f", from {box[1]} to {box[3]} px"
    if old.size != new.size:
        told += f", {old.width} × {old.height} became {new.width} × {new.height}"
    return told


def compared(folder, last):
    """name of a picture → what changed ("" nothing, "new")."""
    found = {}
    for file in sorted(folder.glob("*.png")):
        before = last / file.name if last else None
        if before is None or not before.exists():
            found[file.name] = "new"
        else:
            found[file.name] = difference(before, file, folder / "changed" / file.name) or ""
    return found


def index(folder, last, found):
    """A page with before, after and difference of each picture that changed, then the rest."""
    parts = [HEAD, f"<h1>{folder.name}</h1>"]
    if last:
        parts.append(f"<p>against <a href='../{last.name}/index.html'>{last.name}</a></p>")
    for name, told in sorted(found.items(), key=lambda one: (one[1] in ("", "new"), one[0])):
        parts.append(f"<section><h2>{name}: {html.escape(told or 'same')}</h2><div>")
        shown = [("after", name)]
        if told not in ("", "new"):
            shown = [("before", f"../{last.name}/{name}"), *shown, ("changed", f"changed/{name}")]
        for word, src in shown:
            parts.append(
                f"<figure><figcaption>{word}</figcaption><a href='{src}'>"
                f"<img loading='lazy' src='{src}' alt='{word}: {name}'></a></figure>"
            )
        parts.append("</div></section>")
    (folder / "index.html").write_text("\n".join([*parts, "</body></html>"]), encoding="utf-8")


def last_set(name, asked):
    """The set to compare with: the one asked for, else the last whole one that was finished."""
    done = sorted(path for path in FOLDER.glob("*/set.json") if path.parent.name < name)
    if asked:
        sets = [path.parent for path in done if path.parent.name == asked]
        assert sets, f"there is no set {asked}"
    else:
        sets = [path.parent for path in done if json.loads(path.read_text())["whole"]]
    return sets[-1] if sets else None


def say(folder, last, found, version):
    changed = {name: told for name, told in found.items() if told not in ("", "new")}
    print(f"\n{folder / 'index.html'}")
    if last is None:
        print(f"{len(found)} pictures, the first set of this machine")
        return
    was = json.loads((last / "set.json").read_text())
    if was["chromium"] != version:
        print(
            f"Chromium was {was['chromium']} then and is {version} now: fonts may differ a little"
        )
    print(f"against {last.name}: {len(changed)} of {len(found)} pictures changed")
    for name, told in changed.items():
        print(f"  {name:<32}{told}")
    taken = {name.partition("-")[0] for name in found}
    before = {path.name for path in last.glob("*.png")}
    gone = {name for name in before - found.keys() if name.partition("-")[0] in taken}
    for name in sorted(gone):
        print(f"  {name:<32}not taken this time")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--only", nargs="+", default=[], metavar="PAGE")
    options.add_argument("--against", default="", metavar="SET")
    asked = options.parse_args()
    name = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    last = last_set(name, asked.against)
    folder = FOLDER / name
    folder.mkdir(parents=True)
    with time_machine.travel(world.NOON, tick=False):
        print("laying the demo county …", flush=True)
        demo_site.lay()
        version = take(folder, asked.only)
    found = compared(folder, last)
    index(folder, last, found)
    about = {"chromium": version, "machine": platform.node(), "whole": not asked.only}
    (folder / "set.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    say(folder, last, found, version)


if __name__ == "__main__":
    main()
