"""`manage.py bring_display_schemes --unit 4202 --by zhou [--release] [code ...]`: the schemes that ship, for a unit."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend import clock
from backend.errors import Problem
from backend.models import Person, Unit
from backend.scope import actor_of
from visits import schemes


class Command(BaseCommand):
    help = "Brings the display schemes that ship to a unit, as drafts, or in force from today with --release."

    def add_arguments(self, parser: CommandParser) -> None:
        codes = [scheme["code"] for scheme in schemes.shipped()]
        parser.add_argument("codes", nargs="*", metavar="code", help=f"default all: {', '.join(codes)}")
        parser.add_argument("--unit", required=True, help="code of the unit")
        parser.add_argument("--by", required=True, help="log-in name of who may write templates there")
        parser.add_argument("--release", action="store_true", help="in force from today")

    def handle(self, *args: Any, **options: Any) -> None:
        unit = Unit.objects.filter(code=options["unit"]).first()
        person = Person.objects.filter(username=options["by"]).first()
        if unit is None or person is None:
            raise CommandError("no such unit or person")
        try:
            made = schemes.bring(
                actor=actor_of(person), unit=unit, on=clock.today(), codes=options["codes"], release=options["release"]
            )
        except (Problem, LookupError) as refused:
            raise CommandError(str(refused)) from refused
        for version in made:
            self.stdout.write(f"{version.template.code} v{version.number}")
