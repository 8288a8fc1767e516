"""The only place for the columns of a list of accounts: their headings, and what a cell may say."""

import unicodedata
from functools import cache
from typing import Any

import yaml
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform import accounts
from schools.columns import Listing, Row, bare, refuse_twice, row_of
from schools.errors import Denied
from schools.forms import work_phone
from schools.language import is_chinese, listed
from schools.models import User
from schools.roles import SCHOOL_ROLES, Role
from schools.sheets import HEAD_ROWS, Sheet

COLUMNS = ("code", "school", "name", "role", "post", "phone", "email", "username")
HINTS: dict[str, str | Promise] = {
    "code": gettext_lazy("Of the school. Needed only where two schools have the same name."),
    "school": gettext_lazy("Its name as in the list of schools. May be empty beside a code."),
    "name": gettext_lazy("Empty: the account goes by its role until the person signs in."),
    "role": gettext_lazy("Filer or secretary. Empty: filer."),
    "post": gettext_lazy("What colleagues call the person at school. May be empty."),
    "phone": gettext_lazy("An office number, with its area code. No mobile number."),
    "email": gettext_lazy("May be empty."),
    "username": gettext_lazy("Empty for a new account: one is made."),
}
MOST_ROWS = 5_000
ROLES = tuple(role for role in Role if role in SCHOOL_ROLES)


@cache
def words() -> dict[str, Any]:
    """The words of `seeds/people_list.yaml`."""
    path = settings.BASE_DIR / "seeds" / "people_list.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def title(column: str) -> str:
    """The heading of a column as we write it, in the reader's language."""
    said = words()["columns"][column]
    return said["zh"] if is_chinese() else said["en"]


@cache
def _headings() -> dict[str, str]:
    return {
        bare(word): column
        for column, said in words()["columns"].items()
        for word in [said["zh"], said["en"], column, *said["also"]]
    }


def column_of(heading: str) -> str | None:
    """Which column a heading names; what stands in brackets behind it does not count."""
    plain = unicodedata.normalize("NFKC", heading)
    return _headings().get(bare(plain.partition("(")[0])) or _headings().get(bare(plain))


def recognise(sheet: Sheet) -> Listing:
    """Find the headings and put every row under them; Denied when there is no list to read."""
    heads = [list(map(column_of, cells)) for _number, cells in sheet.rows[:HEAD_ROWS]]
    top = next((at for at, named in enumerate(heads) if {"school", "code"} & set(named)), None)
    if top is None:
        found = [cell.strip() for cell in sheet.rows[0][1] if cell.strip()] if sheet.rows else []
        raise Denied(
            _("No column is headed “%(name)s”. The first row reads: %(found)s.")
            % {"name": title("school"), "found": listed(found)[:200]}
        )
    head = [cell.strip() for cell in sheet.rows[top][1]]
    columns = heads[top]
    refuse_twice(head, columns)
    body = sheet.rows[top + 1 :]
    if len(body) > MOST_ROWS:
        raise Denied(_("The list has more than 5,000 rows. Divide it into several files."))
    rows = [row_of(number, cells, columns, sheet.ragged_counts) for number, cells in body]
    sums = set(map(bare, words()["sums"]))
    rows = [row for row in rows if bare(row.texts.get("school", "")) not in sums]
    if not rows:
        raise Denied(_("There is no account below the headings."))
    return Listing(
        [column for column in columns if column],
        rows,
        [cell for cell, column in zip(head, columns, strict=True) if cell and not column],
    )


def values(row: Row) -> dict[str, str]:
    """What the filled cells say, by attribute; what is wrong becomes problems of the row."""
    found = {}
    for column, parse in _PARSERS.items():
        text = row.texts.get(column, "")
        if not text:
            continue
        try:
            found[column] = parse(text)
        except Denied as denied:
            row.wrong(column, denied.reason)
        except ValidationError as error:
            row.wrong(column, " ".join(error.messages))
    found.setdefault("role", Role.filer)
    return found


def goes_by_role(name: str, role: str) -> bool:
    """Whether an account has no name of a person yet: it is called what its role is called."""
    return not name or bare(name) in map(bare, words()["role"][role])


# ---- what a cell says; each raises Denied or ValidationError with the sentence


def _short(field: str) -> Any:
    most = accounts.MOST[field]

    def parse(text: str) -> str:
        plain = " ".join(text.split())
        if len(plain) > most:
            raise Denied(_("This is longer than %(most)d characters.") % {"most": most})
        if not plain.isprintable():
            raise Denied(_("This holds characters that cannot be seen. Type it again."))
        return plain

    return parse


def role(text: str) -> str:
    """A role at a school; those of the authority are given by the operator."""
    wanted = bare(text)
    for value, said in words()["role"].items():
        if wanted in map(bare, [value, *said]):
            return value
    allowed = listed(str(one.label) for one in ROLES)
    raise Denied(
        _("“%(text)s” is not a role at a school. Enter one of: %(allowed)s.")
        % {"text": text[:40], "allowed": allowed}
    )


def email(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip()
    try:
        validate_email(plain)
    except ValidationError:
        raise Denied(_("“%(text)s” is not an e-mail address.") % {"text": text[:40]}) from None
    return plain


def username(text: str) -> str:
    """An account's name; letters, digits and @ . + - _ as everywhere."""
    plain = unicodedata.normalize("NFKC", text).strip()
    User.username_validator(plain)
    return _short("username")(plain)


_PARSERS = {
    "name": _short("name"),
    "role": role,
    "post": _short("post"),
    "phone": work_phone,
    "email": email,
    "username": username,
}
