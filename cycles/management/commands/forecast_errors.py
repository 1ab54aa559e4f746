"""`manage.py forecast_errors`: how far the demand model and both naive forecasts were off over past months."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cycles import forecast_errors

NAMES = {"model": "模型 · model", "last_month": "同上月 · as last month", "last_year": "同去年 · as last year"}


class Command(BaseCommand):
    """Reads only; each month is forecast from the facts dated before it."""

    help = "Print the error and accuracy of the forecast beside both naive ones, for all territories."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--months", type=int, default=12, help="how many whole months back (1 to 24)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["months"] <= 24:
            raise CommandError("--months lies between 1 and 24")
        found = forecast_errors.backtest(options["months"])
        for month in sorted({one.month for one in found}):
            told = {one.method: one for one in found if one.month == month}
            errors = "  ".join(f"{NAMES[name]} {one.error:.1f} %" for name, one in told.items())
            self.stdout.write(f"{month:%Y-%m}  {errors}")
        for method, (error, accuracy) in forecast_errors.total(found).items():
            self.stdout.write(f"{NAMES[method]}: 误差 · error {error} %, 准确率 · accuracy {accuracy} %")
