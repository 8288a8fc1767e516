"""What a reader sees of a page: its words, and its headline."""

import re
from html import unescape


def words(response):
    """The text of a page as a reader sees it."""
    html = response.content.decode().replace("<wbr>", "")
    html = re.sub(r"<(script|style).*?</\1>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)).replace("\xa0", " "))


def heading(response):
    found = re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.S)
    return unescape(re.sub(r"<[^>]+>", "", found[1])).replace("\xa0", " ")
