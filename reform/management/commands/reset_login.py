"""The only place on the console that gives somebody a new activation code."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from reform import accounts
from schools import clock
from schools.activation import VALID_FOR
from schools.errors import Denied
from schools.models import User


class Command(BaseCommand):
    help = (
        "Print a new activation code for an account, once, and end its waiting after wrong tries."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, **options: Any) -> None:
        username = options["username"]
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(
                _("There is no account %(name)s. Capital letters matter.") % {"name": username}
            )
        try:
            code = accounts.reissue(user, by=None)
        except Denied as denied:
            raise CommandError(denied.reason) from None
        address = f"{settings.PUBLIC_URL}{reverse('activate')}?{urlencode({'u': username})}"
        self.stdout.write(code)
        self.stdout.write(
            _("For %(name)s, once, until %(until)s, at %(address)s. It is not shown again.")
            % {
                "name": username,
                "until": clock.told(clock.now() + VALID_FOR),
                "address": address,
            }
        )
