"""How soon a page is there, by Chromium's own metrics, on the demo county. `make bench` runs it.

Each of the five main pages and the style page is opened in a browser that has nothing kept yet,
several times (`--times 5`), at 1280 and at 360 pixels, from the real web server. It prints the
median and the worst largest contentful paint, the sum of the layout shifts with what moved, the
bytes of HTML and CSS before compression; "OVER" where the median or a sum is missed.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.request

import demo_site  # isort: skip

from django.conf import settings

from tests import services

LCP, BYTES = 1000, 60 * 1024  # milliseconds; HTML and CSS of a page without a grid
METRICS = """() => new Promise(done => {
  const seen = {lcp: 0, cls: 0, moved: []};
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) seen.lcp = one.startTime;
  }).observe({type: 'largest-contentful-paint', buffered: true});
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) {
      seen.cls += one.value;
      for (const {node} of one.sources)
        seen.moved.push(node ? `${node.nodeName}.${node.className}` : '?');
    }
  }).observe({type: 'layout-shift', buffered: true});
  setTimeout(() => {
    const [page] = performance.getEntriesByType('navigation');
    seen.first = page.responseStart;
    seen.html = page.decodedBodySize;
    seen.css = performance.getEntriesByType('resource')
      .filter(one => one.name.includes('.css')).reduce((sum, one) => sum + one.decodedBodySize, 0);
    seen.grid = !!document.querySelector('table.grid');
    done(seen);
  }, 200);
})"""


def serve(port):
    """The real web server with the compressed files that an installation serves."""
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "reform.wsgi", "--workers", "2",
         "--bind", f"127.0.0.1:{port}", "--log-level", "error"],
        env={**os.environ}, cwd=settings.BASE_DIR, preexec_fn=services.end_with_parent,
    )  # fmt: skip
    for _ in range(400):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=5).close()
            break
        except OSError:
            time.sleep(0.05)
    return server


def measured(browser, base, path, width, session):
    page = demo_site.window(browser, base, width=width, session=session)
    page.goto(base + path)
    page.wait_for_load_state("networkidle")
    seen = page.evaluate(METRICS)
    page.context.close()
    return seen


def line(name, width, runs):
    """A line to print, and whether a figure is missed."""
    paints = [run["lcp"] for run in runs]
    shift = max(run["cls"] for run in runs)
    one = runs[0]
    weight = one["html"] + one["css"]
    over = [
        word
        for word, missed in (
            ("LCP", statistics.median(paints) > LCP),
            ("CLS", shift > 0),
            ("BYTES", weight > BYTES and not one["grid"]),
        )
        if missed
    ]
    moved = sorted({what for run in runs for what in run["moved"]})
    said = (
        f"  {name:<10}{width:>5}   LCP {statistics.median(paints):5.0f} ms (worst "
        f"{max(paints):5.0f})   first byte {statistics.median(r['first'] for r in runs):4.0f} ms   "
        f"CLS {shift:.4f}   {one['html'] / 1024:5.1f} + {one['css'] / 1024:4.1f} KB"
        f"{' with a grid' if one['grid'] else ''}"
    )
    return said + (f"   OVER: {', '.join(over)} {' '.join(moved)}" if over else "")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--times", type=int, default=5)
    options.add_argument("--postgres", action="store_true", help="on a scratch PostgreSQL")
    times = options.parse_args().times
    demo_site.lay()
    port = services.free_port()
    base, server = f"http://127.0.0.1:{port}", serve(port)
    try:
        with demo_site.chromium() as browser:
            print(f"the demo county, {times} times each, nothing kept, Chromium {browser.version}")
            for name, (username, path) in demo_site.pages().items():
                session = demo_site.session_of(username)
                for width in (1280, 360):
                    measured(browser, base, path, width, session)  # what is worked out once a day
                    runs = [measured(browser, base, path, width, session) for _ in range(times)]
                    print(line(name, width, runs), flush=True)
    finally:
        services.stop(server, signal.SIGTERM)


if __name__ == "__main__":
    main()
