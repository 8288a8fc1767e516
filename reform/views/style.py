"""The only place for the style page: every part in every state, where the look is checked."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from reform.context import house
from reform.views import style_samples
from schools.access import access

THEMES = {
    "": gettext_lazy("As in your account"),
    "light": gettext_lazy("Light"),
    "dark": gettext_lazy("Dark"),
}


@access("see_style")
@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """Invented samples; what is pressed in them leads back here. The top line has the language."""
    asked = request.GET.get("theme", "")[:20]
    theme = asked if asked in THEMES else ""
    page = reverse("style")
    here = f"{page}?theme={theme}" if theme else f"{page}?"
    frame = house(request)["house"]
    context = {
        "house": frame | ({"theme": theme} if theme else {}),
        "themes": [
            {
                "label": label,
                "url": f"{page}?theme={name}" if name else page,
                "current": name == theme,
            }
            for name, label in THEMES.items()
        ],
        "strange": [asked] if asked and asked not in THEMES else [],
        "here": here,
        **style_samples.all_of(request, here, frame),
    }
    return render(request, "style/style.html", context)
