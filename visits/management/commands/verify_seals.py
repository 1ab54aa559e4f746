"""`manage.py verify_seals`: whether receipts of briefings, readings and quiz attempts stand as they were sealed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from visits import sealing
from visits.models import Seal

WORDS = {
    "chain": "链断 · the chain is broken",
    "missing link": "缺链 · a link is missing before it",
    "changed": "已被改动 · was changed",
    "gone": "已不存在 · is gone",
    "came back": "撤回后又出现 · came back",
    "added": "事后添加 · was added later",
}


class Command(BaseCommand):
    """Reads only. Ends with 1 when something does not agree; prints the head of the chain, to be kept elsewhere."""

    help = "Verify the chain of seals, and every sealed receipt against what stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--held", default="", help="a head printed earlier, sequence:hash, that must still be there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        faults, (sequence, head) = sealing.verify()
        for fault in faults:
            part = f" / {fault.part}" if fault.part else ""
            self.stdout.write(f"#{fault.sequence} {fault.kind} {fault.record}{part}: {WORDS[fault.what]}")
        self.stdout.write(f"head {sequence}:{head}")
        if options["held"]:
            _check_held(options["held"])
        if faults:
            raise CommandError(f"{len(faults)} 处不符 · {len(faults)} faults")


def _check_held(held: str) -> None:
    sequence, _, expected = held.partition(":")
    if not sequence.isdigit():
        raise CommandError("--held is sequence:hash as printed")
    link = Seal.objects.filter(sequence=int(sequence)).values_list("hash", flat=True).first()
    if link is None or bytes(link).hex() != expected:
        raise CommandError(f"第 {sequence} 环与留存的不同 · link {sequence} differs from the one that was kept")
