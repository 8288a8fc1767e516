"""The only place that collects the words of the product, keeps their Chinese and compiles it."""

import fcntl
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import template

LOCALE = "zh_Hans"
HEADER = rb"""msgid ""
msgstr ""
"Language: zh_Hans\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"
"""
ONE, PLURAL = None, (1, 2)
CONTEXT, CONTEXT_PLURAL = ((1, "c"), 2), ((1, "c"), 2, 3)
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), ONE),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), PLURAL),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), CONTEXT),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), CONTEXT_PLURAL),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[.0-9]*[a-z]|%[sd]|\{\w*\}")
Key = tuple[str, str]  # context, singular msgid


class Command(BaseCommand):
    help = "Collect the words of code and templates into django.po and compile it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--merge", type=Path, help="a .po file whose translations win")
        parser.add_argument("--check", action="store_true", help="only report; exit 1 on gaps")
        parser.add_argument("--prune", action="store_true", help="forget what is no longer used")
        parser.add_argument("--compile", action="store_true", help="only compile, when out of date")

    def handle(self, **options: Any) -> None:
        po = catalogue_path()
        if options["compile"]:
            compile_when_stale(po)
            return
        if options["check"]:
            self.report(po)
            return
        po.parent.mkdir(parents=True, exist_ok=True)
        with locked(po.parent):
            fragment = read(options["merge"]) if options["merge"] else Catalog()
            catalogue = rebuild(read(po), fragment, prune=options["prune"])
            write(catalogue, po)
            compile_now(po)
        gaps = sum(not translated(message) for message in entries(catalogue))
        self.stdout.write(f"{len(catalogue)} messages, {gaps} without a translation")

    def report(self, po: Path) -> None:
        """Say each gap in a line; a gap ends the command with exit code 1."""
        gaps = list(problems(rebuild(read(po), Catalog())))
        for line in gaps:
            self.stderr.write(line)
        if gaps:
            raise CommandError(f"{len(gaps)} messages need attention; see `manage.py messages`.")
        self.stdout.write("Every message is translated.")


def catalogue_path() -> Path:
    return Path(settings.LOCALE_PATHS[0]) / LOCALE / "LC_MESSAGES" / "django.po"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One writer at a time, also between processes."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def read(path: Path) -> Catalog:
    """A catalogue from a file; empty when there is none."""
    if not path.exists():
        return Catalog(locale=LOCALE)
    with path.open("rb") as handle:
        try:
            return read_po(handle, locale=LOCALE, abort_invalid=True)
        except PoFileError as error:
            raise CommandError(f"{path}: {error}") from error


def entries(catalogue: Catalog) -> Iterator[Message]:
    """All messages but the header."""
    return (message for message in catalogue if message.id)


def translated(message: Message) -> bool:
    strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return all(strings)


def key(message: Message) -> Key:
    first = message.id[0] if isinstance(message.id, (list, tuple)) else message.id
    return message.context or "", first


def rebuild(old: Catalog, fragment: Catalog, *, prune: bool = False) -> Catalog:
    """What code and templates say now, with the translations known so far; `fragment` wins."""
    known = {key(m): m for m in (*old.obsolete.values(), *entries(old)) if translated(m)}
    known.update((key(m), m) for m in entries(fragment) if translated(m))
    new = Catalog(locale=LOCALE, project="reform", charset="utf-8", fuzzy=False)
    for path, msgid, context in words():
        found = known.get((context or "", msgid if isinstance(msgid, str) else msgid[0]))
        new.add(
            msgid,
            fitting(msgid, found),
            context=context,
            locations=[(path, 0)],
            flags={"fuzzy"} if found and found.fuzzy else (),
        )
    used = {key(message) for message in entries(new)}
    if not prune:
        new.obsolete.update((k, m) for k, m in sorted(known.items()) if k not in used)
    return new


def fitting(msgid: Any, found: Message | None) -> Any:
    """The known translation in the shape that the message has today."""
    string = found.string if found else ""
    first = string[0] if isinstance(string, (list, tuple)) else string
    return first if isinstance(msgid, str) else (first,)


def words() -> Iterator[tuple[str, Any, str | None]]:
    """(file, msgid or (singular, plural), context) of everything marked for translation."""
    base = Path(settings.BASE_DIR)
    code = (p for app in ("schools", "reform") for p in (base / app).rglob("*.py"))
    for path in sorted(p for p in code if "migrations" not in p.parts):
        yield from found_in(path.relative_to(base), path.read_bytes())
    for path in sorted((base / "templates").rglob("*.*")):
        if path.suffix in {".html", ".txt", ".subject"}:
            yield from found_in(path.relative_to(base), as_python(path))


def as_python(path: Path) -> bytes:
    """A template turned by Django into lines of calls that a Python tokenizer can read."""
    code = template.templatize(path.read_text(encoding="utf-8"), origin=str(path))
    return "\n".join(line.lstrip() for line in code.splitlines()).encode()


def found_in(path: Path, code: bytes) -> Iterator[tuple[str, Any, str | None]]:
    try:
        for _line, msgid, _comments, context in extract("python", io.BytesIO(code), KEYWORDS):
            yield path.as_posix(), msgid, context
    except (SyntaxError, UnicodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error


def problems(catalogue: Catalog) -> Iterator[str]:
    """A line for each message that is missing, doubtful, wrong or left over."""
    for message in sorted(entries(catalogue), key=key):
        where = message.locations[0][0]
        if not translated(message):
            yield f"{where}: no translation: {key(message)[1]!r}"
        elif message.fuzzy:
            yield f"{where}: doubtful (fuzzy): {key(message)[1]!r}"
        elif placeholders(message.id) != placeholders(message.string):
            yield f"{where}: placeholders differ: {key(message)[1]!r} → {message.string!r}"
    for left in catalogue.obsolete.values():
        yield f"no longer used (messages --prune): {key(left)[1]!r}"


def placeholders(text: Any) -> set[str]:
    """The variables of a message; of a plural message those of its last form."""
    return set(PLACEHOLDER.findall(text if isinstance(text, str) else text[-1]))


def write(catalogue: Catalog, po: Path) -> None:
    """Write the file when it changed, sorted, without line numbers or dates: small diffs."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=100, sort_output=True, include_lineno=False, omit_header=True)
    text = HEADER + b"\n" + buffer.getvalue().strip() + b"\n"
    if not po.exists() or po.read_bytes() != text:
        replace(po, text)


def compile_when_stale(po: Path) -> None:
    mo = po.with_suffix(".mo")
    if po.exists() and (not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime):
        compile_now(po)


def compile_now(po: Path) -> None:
    buffer = io.BytesIO()
    write_mo(buffer, read(po))
    replace(po.with_suffix(".mo"), buffer.getvalue())


def replace(path: Path, content: bytes) -> None:
    """All or nothing: a reader sees the old file or the new one."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(content)
    part.replace(path)
