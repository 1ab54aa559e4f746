"""`manage.py recompute --month 2026-03`: proves that every figure of a month follows from facts; run by operators."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from backend import marks
from cycles import changes
from cycles.management.commands.open_months import first_of
from cycles.models import Month
from cycles.recompute import Report, prefecture_ids, recompute
from market.rollups import recompute as rollups
from market.rollups import segments


class Command(BaseCommand):
    """Exit code 1 where something differs that facts which arrived later do not explain. Changes nothing."""

    help = "Make everything derived of a month again from its facts, compare it with what is kept, and take it back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", type=first_of, required=True, metavar="YYYY-MM")
        parser.add_argument("--prefecture", action="append", metavar="CODE", help="only this one; may be repeated")

    def handle(self, *, month: date, prefecture: list[str] | None = None, **_options: object) -> None:
        if not Month.objects.filter(month=month).exclude(state=Month.State.OPENING).exists():
            raise CommandError(f"{month:%Y-%m} 尚未打开 · has not been opened")
        try:
            units = prefecture_ids(prefecture) if prefecture else None
        except LookupError as missing:
            raise CommandError(f"没有这个地市 · no such prefecture: {missing}") from None
        for consumer in (changes.CONSUMER, rollups.CONSUMER, segments.CONSUMER):
            if waiting := marks.lag(consumer).count:
                self.stdout.write(f"{consumer}: {waiting} 条变更待处理 · changes wait; what they speak of may differ")
        report = recompute(month, units)
        self._tell(report)
        if report.unexplained:
            sys.exit(1)

    def _tell(self, report: Report) -> None:
        self.stdout.write(f"{report.month:%Y-%m}")
        for kind in report.kinds.values():
            self.stdout.write(f"  {kind.name}: {kind.differ} 处不同 · differ, {kind.explained} 处已说明 · explained")
            for line in kind.shown:
                self.stdout.write(f"    {line}")
        self.stdout.write(f"  {report.unexplained} 处差异 · differences")
