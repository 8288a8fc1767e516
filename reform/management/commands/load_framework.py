"""The only place that loads a framework from its files and publishes it, by hand."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reform import publishing
from reform.marked_yaml import Problems
from reform.models import Item
from reform.models.catalogue import FrameworkState
from schools.errors import Denied
from schools.management.seeds import SEEDS


class Command(BaseCommand):
    help = "Load a framework from its YAML files and publish it; a second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", default=SEEDS / "framework")
        parser.add_argument("--draft", action="store_true", help="load it, do not publish yet")

    def handle(self, **options: Any) -> None:
        try:
            framework = publishing.load(options["folder"])
            if framework.state == FrameworkState.draft and not options["draft"]:
                framework = publishing.publish(framework)
        except Problems as problems:
            raise CommandError(f"{options['folder']}\n{problems}") from None
        except Denied as denied:
            raise CommandError(denied.reason) from None
        items = Item.objects.filter(framework=framework).count()
        self.stdout.write(f"{framework.version} {framework.state}: {items} items.")
