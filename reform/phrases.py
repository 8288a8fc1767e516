"""The only place that writes and offers frequent opinions: of one person, and of an authority."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform import filings
from reform.models import Phrase
from reform.models.talk import PhraseUse
from schools import scope
from schools.errors import Denied
from schools.models import Region, User
from schools.scope import Seat

MOST = 20  # of one owner for one use: more would have to be searched
MOST_CHARACTERS = 300
# What is offered to a reviewer whose authority and who oneself keeps none yet.
USUAL = (
    gettext_lazy("The numbers do not agree with the evidence: check them and send them again."),
    gettext_lazy("The evidence cannot be read or is not complete: send another copy."),
    gettext_lazy("The dates lie outside this period: send what belongs to this one."),
)


def uses(seat: Seat, *, shared: bool) -> Sequence[PhraseUse]:
    """What this seat keeps opinions for: its own ones, or those `shared` by its authority."""
    if shared:
        return tuple(PhraseUse) if seat.region and seat.has("share_phrases") else ()
    if not seat.has("keep_phrases"):
        return ()
    return (PhraseUse.note,) if seat.school else (PhraseUse.return_,)


def kept(seat: Seat) -> "QuerySet[Phrase]":
    """All that this seat may change: one's own, and what one's authority shares where one may."""
    mine = Q(user=seat.user, use__in=uses(seat, shared=False))
    if uses(seat, shared=True):
        mine |= Q(pk__in=_shared(seat).values("pk"))
    return Phrase.objects.filter(mine)


def only_read(seat: Seat) -> "QuerySet[Phrase]":
    """What its authority shares for the uses of this seat, where others may change it."""
    mine = set(uses(seat, shared=False)) - set(uses(seat, shared=True))
    shared = _shared(seat).filter(use__in=mine) if mine else Phrase.objects.none()
    return shared.select_related("region").order_by("position", "pk")


def offered(seat: Seat, use: str) -> list[str]:
    """The texts to choose from, one's own first; one query."""
    found = Phrase.objects.filter(Q(user=seat.user) | Q(pk__in=_shared(seat).values("pk")), use=use)
    own_first = found.order_by(F("user").asc(nulls_last=True), "position", "pk")
    texts = list(dict.fromkeys(own_first.values_list("text", flat=True)))
    return texts or [str(text) for text in USUAL if use == PhraseUse.return_]


def add(seat: Seat, *, use: str, shared: bool, text: str) -> Phrase:
    """One more at the end of its list. ValidationError: "text" → sentences."""
    if use not in uses(seat, shared=shared):
        raise Denied(_("Your post here does not include this step."))
    owner = {"region_id": seat.place_code} if shared else {"user": seat.user}
    with transaction.atomic():
        _lock(seat, shared=shared)
        others = Phrase.objects.filter(use=use, **owner)
        if others.count() >= MOST:
            raise ValidationError(
                {"text": [_("There are %(n)d already; remove one first.") % {"n": MOST}]}
            )
        last = others.aggregate(last=Max("position"))["last"]
        position = 0 if last is None else last + 1
        text = _clean(text, others)
        return Phrase.objects.create(use=use, text=text, position=position, **owner)


def change(phrase: Phrase, text: str) -> None:
    """Another text in the same place."""
    phrase.text = _clean(text, _beside(phrase).exclude(pk=phrase.pk))
    Phrase.objects.filter(pk=phrase.pk).update(text=phrase.text)  # removed meanwhile: none


def move(phrase: Phrase, steps: int, *, by: Seat) -> bool:
    """Up (-1) or down (1) in its list; False at its end, where it stays."""
    with transaction.atomic():
        _lock(by, shared=phrase.region_id is not None)
        order = list(_beside(phrase))
        at = next((n for n, one in enumerate(order) if one.pk == phrase.pk), None)
        if at is None or not 0 <= at + steps < len(order):
            return False
        order.insert(at + steps, order.pop(at))
        for position, one in enumerate(order):
            one.position = position
        Phrase.objects.bulk_update(order, ["position"])
    return True


def remove(phrase: Phrase) -> None:
    phrase.delete()


def _shared(seat: Seat) -> "QuerySet[Phrase]":
    """Those of exactly the authority of this seat."""
    return scope.reaching(Phrase.objects.all(), seat).filter(region=seat.place_code)


def _beside(phrase: Phrase) -> "QuerySet[Phrase]":
    """The list that a phrase stands in."""
    return Phrase.objects.filter(user=phrase.user_id, region=phrase.region_id, use=phrase.use)


def _lock(seat: Seat, *, shared: bool) -> None:
    """Whoever writes the same list at the same time waits."""
    if shared:
        Region.objects.select_for_update(no_key=True).get(pk=seat.place_code)
    else:
        User.objects.select_for_update(no_key=True).get(pk=seat.user.pk)


def _clean(text: str, others: "QuerySet[Phrase]") -> str:
    """A text that can be offered, or ValidationError."""
    text = "\n".join(line.strip() for line in text.replace("\0", "").split("\n")).strip()
    over = len(text) - MOST_CHARACTERS
    wrong: list[str] = []
    if not text:
        wrong = [_("Write the sentence that you need again and again.")]
    elif over > 0:
        wrong = [_("At most %(most)d characters; this is %(over)d too many.")
                 % {"most": MOST_CHARACTERS, "over": over}]  # fmt: skip
    elif others.filter(text=text).exists():
        wrong = [_("This one is on the list already.")]
    else:
        wrong = filings.private_numbers(text)
    if wrong:
        raise ValidationError({"text": wrong})
    return text
