"""What a reader sees of a page: its words, and its headline."""

import re
from html import unescape

# A moment of today has its date beside it for paper.
_TODAY = re.compile(r'<span class="no-print">([^<]*)</span><span class="paper">.*?</span>')


def on_screen(html):
    """The marks of a page without what is there for paper alone."""
    return _TODAY.sub(r"\1", html)


def words(response):
    """The text of a page as a reader sees it."""
    html = on_screen(response.content.decode()).replace("<wbr>", "")
    html = re.sub(r"<(script|style).*?</\1>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)).replace("\xa0", " "))


def heading(response):
    found = re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.S)
    return unescape(re.sub(r"<[^>]+>", "", found[1])).replace("\xa0", " ")
