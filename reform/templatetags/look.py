"""The only place for the words and shapes that templates ask for: lights, icons, dates, minutes."""

import re
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import CheckboxInput, CheckboxSelectMultiple
from django.forms.boundfield import BoundField
from django.http import HttpRequest
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from reform import slots
from reform.states import LIGHT_WORDS
from schools import clock, language
from schools.roles import Role

register = template.Library()
register.filter("listed", language.listed)

# Strokes of 20 × 20 icons.
ICONS = {
    "home": "M3 9.5 10 4l7 5.5V17H3zM8 17v-4.5h4V17",
    "list": "M7 5h10M7 10h10M7 15h10M3 5h.01M3 10h.01M3 15h.01",
    "person": "M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 17.5c1-6.5 12-6.5 13 0",
    "board": "M2 17h14M4 17v-5M8 17V5M12 17V9M16 17V3",
    "review": "M4 3h12v14H4zM7 10l2.2 2.2L13.2 8",
    "school": "M3 17V8l7-4 7 4v9zM7 17v-5h6v5",
    "campaign": "M4 4h12v9H9l-4 4v-4H4z",
    "framework": "M5 3h7l3 3v11H5zM8 9h4M8 12h4",
    "log": "M4 3h12v14H4zM7.5 3v14M10.5 7H13M10.5 10H13",
    "pulse": "M2 10h4l2-5 4 10 2-5h4",
    "tools": "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4",
    "steps": "M3 5l1.5 1.5L7 4M10 5h7M3 10.5 4.5 12 7 9.5M10 10.5h7M4 16h2M10 16h7",
    "book": "M4 3h10a2 2 0 0 1 2 2v12H6a2 2 0 0 1-2-2zM4 15a2 2 0 0 1 2-2h10M8 6.5h5",
    "file": "M5 3h7l3 3v11H5zM12 3v3h3",
    "swatch": "M3 3h5v11a2.5 2.5 0 0 1-5 0zM8 7l4-3 4 5-8 6.5M5.5 14h.01",
}


@register.filter
def local(thing: Any, field: str) -> Any:
    """`{{ item|local:"title" }}`: the half of a bilingual record that the reader reads."""
    return language.local(thing, field)


@register.filter
def within(text: str, place: str) -> str:
    """Words below the name of a place, without that name: nobody reads it twice."""
    rest = text.removeprefix(place).strip()
    return rest or str(Role.reviewer.label)


@register.filter
def light_word(name: str) -> str:
    """The word of a light; any other text is given back as it is."""
    return str(LIGHT_WORDS.get(name, name))


@register.simple_tag
def light(name: str, word: str = "", url: str = "") -> SafeString:
    """`{% light "late" %}`, `{% light row.light word=row.said url=row.url %}`: shape and word."""
    said = word or light_word(name)
    if url:
        return format_html('<a class="light {}" href="{}">{}</a>', name, url, said)
    return format_html('<span class="light {}">{}</span>', name, said)


@register.simple_tag
def all_lights() -> tuple[str, ...]:
    return tuple(LIGHT_WORDS)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A small drawing before a word; never without the word."""
    return format_html(
        '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="{}"/></svg>',
        ICONS[name],
    )


@register.filter
def minutes(number: int) -> str:
    """12 → "about 12 minutes"; from an hour on in half hours, as nobody plans finer."""
    if number < 60:
        return ngettext("about %(n)d minute", "about %(n)d minutes", number) % {"n": number}
    halves = round(number / 30)
    n = f"{halves // 2}.5" if halves % 2 else str(halves // 2)
    return ngettext("about %(n)s hour", "about %(n)s hours", 1 if n == "1" else 2) % {"n": n}


@register.filter
def workdays_left(number: int) -> str:
    """Working days to a date, in words: 6, 0 (the last day) or -3 (past)."""
    if number > 0:
        words = ngettext("%(n)d working day left", "%(n)d working days left", number)
    elif number == 0:
        return gettext("due today")
    else:
        words = ngettext(
            "%(n)d working day past the date", "%(n)d working days past the date", -number
        )
    return words % {"n": abs(number)}


@register.filter
def grouped(number: int) -> str:
    """10000 → "10,000", as every number of four digits and more is written."""
    return f"{number:,}"


@register.filter
def size(octets: int) -> str:
    """49152 → "48 KB"; one decimal from a megabyte on."""
    if octets < 1024:
        return ngettext("%(n)d byte", "%(n)d bytes", octets) % {"n": octets}
    if octets < 1024 * 1024:
        return f"{round(octets / 1024)} KB"
    return f"{octets / 1024 / 1024:.1f} MB"


@register.filter
def day(value: date | None) -> SafeString:
    """A date as <time>2026-11-30</time>, never broken over two lines."""
    if value is None:
        return mark_safe("")
    if isinstance(value, datetime):
        value = clock.local_date(value)
    return format_html('<time datetime="{0}">{0}</time>', value.isoformat())


@register.filter
def moment(value: datetime) -> str:
    """A moment by the clock of Shanghai: "today 11:42", on paper with its date, as that is read
    tomorrow; "11-18 08:30", with the year if another."""
    there = value.astimezone(clock.SHANGHAI)
    today = clock.today()
    if there.date() == today:
        said = gettext("today %(time)s") % {"time": f"{there:%H:%M}"}
        both = '<span class="no-print">{}</span><span class="paper">{}</span>'
        return format_html(both, said, stamp(value))
    return f"{there:%m-%d %H:%M}" if there.year == today.year else f"{there:%Y-%m-%d %H:%M}"


@register.filter
def stamp(value: datetime) -> str:
    """A moment on paper, where "today" is soon wrong: 2026-11-20 12:00."""
    return clock.told(value)


_DATE = re.compile(r"(?<![\w-])(?:\d{4}-)?\d{2}-\d{2}(?: \d{2}:\d{2})?(?![\w-])")
# Wider than a phone: it may fold between two characters, away from its ends and from numbers.
_LONG_RUN = re.compile(r"[\u4e00-\u9fff\u00a0\dA-Z.]{14,}")
_FOLD = re.compile(r"(?<=[\u4e00-\u9fff]{2})(?=[\u4e00-\u9fff]{3})")
# Full-width stops, and quotation marks after a Chinese word, have their own room; the word for
# "today" stands where a date would, which is kept apart.
_STOP_GAP = re.compile(
    r"(?<=[\u3002\uff01\uff1b\uff1f]) "
    r"|(?<=[\u4e00-\u9fff]) (?=\u201c|(?:<[^>]*>)?\u4eca\u5929 \d)"
)
# The code of an item, S1.1, is a number like others.
_NUMBER_GAP = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[A-Z]?\d)|(?<=\d) (?=[\u4e00-\u9fff])")


@register.filter
def unbroken(text: str) -> SafeString:
    """A sentence for a heading: dates stay whole, and a Chinese one folds at its punctuation."""
    safe = _STOP_GAP.sub("", str(conditional_escape(text)))
    safe = _NUMBER_GAP.sub("\u00a0", safe)
    safe = _LONG_RUN.sub(lambda found: _FOLD.sub("<wbr>", found[0]), safe)
    return mark_safe(_DATE.sub(lambda found: f"<time>{found[0]}</time>", safe))


# Fields of forms that nobody types.
_MACHINE = ("csrfmiddlewaretoken", "version", "key", "next", "kept", "seat", "language", "do")


@register.simple_tag
def typed_texts(request: HttpRequest | None) -> list[str]:
    """The words of a request that was refused, so that the page can give them back."""
    if not request:  # "" where a template has no request at all
        return []
    return [
        text
        for name, text in request.POST.items()
        if name not in _MACHINE and "password" not in name and len(text) > 1 and not text.isdigit()
    ]


@register.filter
def term(period: str) -> str:
    """ " (first term)" behind an item that is asked each term, nothing behind another."""
    no = slots.term_of(period)
    if no is None:
        return ""
    return gettext(" (first term)") if no == 1 else gettext(" (second term)")


@register.filter
def is_tick(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def is_group(field: BoundField) -> bool:
    """Whether a field is several ticks, which stand under one legend."""
    return isinstance(field.field.widget, CheckboxSelectMultiple)
