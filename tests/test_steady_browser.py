"""In Chromium: a page that comes in two pieces is painted once, when all of it is there."""

import http.server
import threading

import pytest
from playwright.sync_api import TimeoutError as TooLong

from tests import world

pytestmark = [pytest.mark.browser]
SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) sum += one.value; })
    .observe({type: 'layout-shift', buffered: true});
  requestAnimationFrame(() => setTimeout(() => done(sum), 50));
})"""
PAINTED = "performance.getEntriesByType('paint').length > 0"


@pytest.fixture
def in_pieces():
    """A server that gives a page up to a mark, and the rest when it is told to go on."""
    servers = []

    def serve(page, mark):
        go_on = threading.Event()
        first, rest = (part.encode() for part in page.split(mark, 1))

        class Slow(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/":
                    self.send_page()
                else:
                    self.send_error(404)

            def send_page(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(first)
                self.wfile.flush()
                go_on.wait(20)
                self.wfile.write(mark.encode() + rest)

            def log_message(self, *told):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/", go_on

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_no_column_moves_when_the_rest_of_a_table_comes(cast, at, context, in_pieces):
    world.branch(cast.school, "一支部")
    html = at(cast.filer).get("/registers/").content.decode()
    address, go_on = in_pieces(html, "<tbody>")
    page = context.new_page()
    page.goto(address, wait_until="commit")
    with pytest.raises(TooLong):  # half a table is not shown
        page.wait_for_function(PAINTED, timeout=600)

    go_on.set()

    page.wait_for_load_state()
    page.wait_for_function(PAINTED)
    assert page.evaluate(SHIFTS) == 0
