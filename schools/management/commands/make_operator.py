"""The only place that makes an operator without one: the first account of an installation."""

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from schools import clock
from schools.models import Membership, Region, User
from schools.models.regions import NATION
from schools.roles import Role


class Command(BaseCommand):
    help = "Make an account that keeps the installation; asks for its password (or reads a line)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="what colleagues call the person")

    def handle(self, **options: Any) -> None:
        username = options["username"]
        if not Region.objects.filter(pk=NATION).exists():
            raise CommandError("There are no regions yet: run load_regions first.")
        if User.objects.filter(username=username).exists():
            raise CommandError(
                _("There is an account %(name)s already. An operator gives it another post.")
                % {"name": username}
            )
        user = User(username=username, name=options["name"] or username)
        password = self._password()
        try:
            user.full_clean(exclude=["password"])
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        user.set_password(password)
        with transaction.atomic():
            user.save()
            Membership.objects.create(
                user=user, role=Role.operator, region_id=NATION, starts_on=clock.today()
            )
        self.stdout.write(_("%(name)s may sign in and open the back office.") % {"name": username})

    def _password(self) -> str:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\n")
        first = getpass.getpass(_("Password: "))
        if first != getpass.getpass(_("The same again: ")):
            raise CommandError(_("The two passwords differ."))
        return first
