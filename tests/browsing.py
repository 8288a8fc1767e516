"""The only place for what every journey in a browser needs: signing in, a quiet console, axe."""

from axe_playwright_python.sync_playwright import Axe

from tests import world

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def listen(page):
    """What the page logs as an error from now on; refusals of ours (4xx) are no errors."""
    said = []

    def hear(text):
        if "status of 4" not in text and "Status Error Code 4" not in text:
            said.append((page.url, text))

    page.on("console", lambda message: hear(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: hear(str(error)))
    return said


def sign_in(page, base, username, password=world.PASSWORD):
    """Through the sign-in page, as a person does."""
    page.goto(f"{base}/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.click("main .btn.main")
    page.wait_for_url(lambda url: "/login/" not in url)


def runs_off(page):
    """Whether the page, once all of it is there, is wider than its window."""
    page.wait_for_load_state()
    return page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


def barriers(page):
    """What axe finds on the page, once all of it is there: (rule, first element) each.

    A bar that sticks to the foot is let loose: what it covers just now can be scrolled free.
    """
    page.wait_for_load_state()
    page.evaluate(
        "document.querySelectorAll('.send, .judge').forEach(bar => bar.style.position = 'static')"
    )
    found = Axe().run(page, options=RULES).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in found]
