"""Contrast of the tokens, computed for both themes: text 4.5:1, the edge of a control 3:1."""

import re

import pytest
from django.conf import settings

CSS = (settings.BASE_DIR / "reform/static/look/tokens.css").read_text("utf-8")
GROUNDS = ("paper", "surface", "wash")
WORDS = ("ink", "muted", "seal", "done", "wait", "due", "late", "back", "todo", "busy")
PAIRS = [(word, ground) for word in WORDS for ground in GROUNDS] + [
    ("ink", "late-wash"),  # a note that something is wrong
    ("muted", "late-wash"),
    ("late", "late-wash"),
    ("seal", "late-wash"),  # a link in it, pointed at
    ("ink", "add"),  # what was written anew, and what was taken out
    ("ink", "cut"),
    ("paper", "ink"),  # the one main button, the tip of a cell
    ("on-seal", "seal"),
]
EDGES = [("line", ground) for ground in ("paper", "surface")]


def block(head):
    """The colours of one block of the file: name → #rrggbb."""
    found = re.search(rf"(?m)^\s*{re.escape(head)} \{{(.*?)\}}", CSS, re.S)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", found[1]))


THEMES = {"light": block(":root"), "dark": block(':root[data-theme="dark"]')}


def luminance(colour):
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_counted_as_the_standard_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_each_pair_of_tokens_can_be_read_in_both_themes():
    weak = [
        (theme, word, ground, round(contrast(of[word], of[ground]), 2))
        for theme, of in THEMES.items()
        for pairs, least in ((PAIRS, 4.5), (EDGES, 3))
        for word, ground in pairs
        if contrast(of[word], of[ground]) < least
    ]
    assert weak == []


def test_dark_is_the_same_by_the_system_and_by_choice_and_knows_every_colour():
    by_system = block(':root:not([data-theme="light"])')

    assert by_system == THEMES["dark"]
    assert by_system.keys() == THEMES["light"].keys()


def test_every_colour_of_the_pages_is_a_token():
    look = settings.BASE_DIR / "reform/static/look"
    pages = {file.name: file.read_text("utf-8") for file in look.glob("*.css")}
    raw = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(", re.I)
    print_only = pages["pages.css"].partition("@media print {")

    others = [css for name, css in pages.items() if name not in {"tokens.css", "pages.css"}]
    assert [css for css in others if raw.search(css)] == []
    assert raw.search(print_only[0]) is None
    assert set(raw.findall(print_only[2])) == {"#fff", "#000", "#444", "#bbb"}
    text = "".join(pages.values())
    known = set(re.findall(r"--([\w-]+):", text))
    assert set(re.findall(r"var\(--([\w-]+)\)", text)) - known == set()
