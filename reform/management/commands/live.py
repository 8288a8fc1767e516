"""The only place that starts a real installation: looks it over, brings it up to date, first
accounts, then every process."""

import os
import threading
import time
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from reform import accounts, backup, dump, instance, rounds
from reform.management import checkup, loading, processes
from schools import activation, clock
from schools.models import Membership, Region, School, User
from schools.models.regions import NATION
from schools.models.schools import SchoolKind
from schools.roles import Role

OFTEN = timedelta(hours=20)  # a start that changes nothing makes no second backup of a day
RULE = "─" * 72


class First(NamedTuple):
    """An account made at the first start, and the code that is told once."""

    user: User
    what: str
    code: str


class Command(BaseCommand):
    help = "Start a real installation (make start). A repeated start is the upgrade."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--prepare", action="store_true", help="bring it up to date and end; start nothing"
        )

    def handle(self, **options: Any) -> None:
        began = time.monotonic()
        call_command("messages", compile=True)
        with processes.OnlyOne() as lock:
            port = 0 if options["prepare"] else processes.choose_port(os.environ.get("PORT", ""))
            if not checkup.show(self.tell):
                raise CommandError(
                    _("Nothing was started or changed. Put right whatever is marked ✗.")
                )
            self.bring_up()
            if options["prepare"]:
                self.tell(_("It is up to date."))
                return
            address = f"http://127.0.0.1:{port}/"
            lock.write(address)
            lock.flush()
            threading.Thread(target=self.announce, args=(port, began), daemon=True).start()
            code = processes.run_all(port)
        if code:
            raise CommandError("A process ended by itself; its last lines above say why.")

    def tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def bring_up(self) -> None:
        """Backup, tables and ground, first accounts; each only where there is need."""
        settled = instance.read(settings.VAR_DIR)
        empty = dump.is_empty()
        if empty and not (settled.get("COUNTY") and settled.get("COUNTY_NAME")):
            raise CommandError(
                _(
                    "The first start needs the county and its bureau: make start COUNTY=330106 "
                    "NAME=… HOST=… (or restore a backup: make restore FROM=…)."
                )
            )
        ready = not empty and loading.is_ready()
        said = "" if empty else self.save(must=not ready)
        if not ready:
            loading.lay(self.tell)
        if said:
            rounds.beat(rounds.BACKUP, said)
        if settled.get("COUNTY") and settled.get("COUNTY_NAME"):
            self.introduce(first_accounts(settled["COUNTY"], settled["COUNTY_NAME"]))
        loading.is_done()
        connection.close()

    def save(self, *, must: bool) -> str:
        """A backup before anything changes, and else one a day; what was made, if one was."""
        folder = Path(settings.BACKUP_DIR or settings.VAR_DIR / "backups")
        last = backup.backups(folder)
        if not must and last and age(last[-1]) < OFTEN:
            return ""
        self.tell(_("Backup …"))
        try:
            made = backup.make(folder)
        except dump.Failed as failed:
            if must:
                unchanged = _("Nothing was changed.")
                raise CommandError(f"{failed} {unchanged}") from failed
            self.tell(f"! {failed}")
            return ""
        backup.forget_old(folder, settings.BACKUPS_KEPT)
        self.tell(made.sentence())
        return made.sentence()

    def introduce(self, made: list[First]) -> None:
        """The codes, at once: whatever comes after may fail, and they are not told again."""
        if not made:
            return
        self.tell(f"\n{RULE}")
        self.tell(_("Accounts (each code is valid for 14 days and works once):"))
        for first in made:
            self.tell(f"  {first.user.username:<14}{first.code}   {first.what}")
        self.tell(
            _("Use a code at %(url)s. A new one: %(command)s")
            % {
                "url": f"{settings.PUBLIC_URL}/activate/",
                "command": f"{manage()} reset_login {made[0].user.username}",
            }
        )
        self.tell(RULE)

    def announce(self, port: int, began: float) -> None:
        """Once a page can be had, say where."""
        if not processes.answers(port):
            return
        words = {
            "url": settings.PUBLIC_URL,
            "port": port,
            "seconds": round(time.monotonic() - began),
            "var": settings.VAR_DIR,
        }
        said = _("Open %(url)s (ready after %(seconds)d s). Ctrl-C ends it.") % words
        if settings.BEHIND_PROXY:
            said += (
                "\n"
                + _(
                    "It listens on 127.0.0.1:%(port)d alone; a reverse proxy stands before it: "
                    "deploy/nginx.conf."
                )
                % words
            )
        said += "\n" + _("The data is in %(var)s. What is alive: %(url)s/status/") % words
        self.tell(f"\n{RULE}\n{said}\n{RULE}")


def first_accounts(county: str, name: str) -> list[First]:
    """A manager of the county, who also reviews until somebody else does, and an operator, where
    there has never been one."""
    made = []
    with transaction.atomic():
        region = Region.objects.select_for_update().get(pk=county)
        if not Membership.objects.filter(role=Role.manager, region=region).exists():
            _bureau(region, name)
            made.append(_first(region, Role.manager, ""))
            accounts.appoint(None, made[0].user, place=region, role=Role.reviewer)
        if not Membership.objects.filter(role=Role.operator, region_id=NATION).exists():
            free = not User.objects.filter(username__iexact="operator").exists()
            nation = Region.objects.get(pk=NATION)
            made.append(_first(nation, Role.operator, "operator" if free else ""))
    return made


def _bureau(region: Region, name: str) -> None:
    """The bureau under its own name, as a region and as what keeps entries itself."""
    if not region.bureau_name:
        Region.objects.filter(pk=region.pk).update(bureau_name=name)
    if not School.objects.filter(authority=region, kind=SchoolKind.bureau).exists():
        School.objects.create(
            code=f"B-{region.pk}", name=name, region=region, authority=region,
            kind=SchoolKind.bureau,
        )  # fmt: skip


def _first(place: Region, role: Role, username: str) -> First:
    """It goes by its role until whoever holds it fills in a name."""
    name = str(role.label)
    user = accounts.create(None, place=place, role=role, name=name, username=username)
    return First(user, name, activation.issue(user, None))


def age(folder: Path) -> timedelta:
    """How long ago a backup was made, by its manifest."""
    try:
        return clock.now() - backup.read(folder).made_at
    except dump.Failed:
        return timedelta.max


def manage() -> str:
    """How to run a command of this installation from where the code lies."""
    folder = settings.VAR_DIR
    shown = (
        folder.relative_to(settings.BASE_DIR)
        if folder.is_relative_to(settings.BASE_DIR)
        else folder
    )
    return f"VAR_DIR={shown} .venv/bin/python manage.py"
