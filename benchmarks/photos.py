"""Photos coming in, bytes a second against a bare file write; and being read: `python -m benchmarks.photos [--quick]`.

Intake: whole photos by tus (creation-with-upload: one request each) from four connections, by turns with the barest
write of the same bytes by the same server process (benchmarks/bare.py); both end with the bytes on the disk. Reading:
photos per CPU second of the tick, its child and the database, copies and hashes included.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import local
from uuid import uuid4

from benchmarks import field, measure
from benchmarks.measure import Meter, figure, say

PORT = 18_145
CONNECTIONS = 4
SIZES = {"350 KB": 350_000, "4 MB": 4_000_000, "16 MB": 16_000_000}  # a compressed photo, a camera's, the largest
TUS = "application/offset+octet-stream"
_own = local()


def main() -> int:
    asked = measure.arguments(__doc__ or "")
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder, measure.database("photos") as url:
        os.environ["UPLOADS_DIR"], os.environ["PHOTOS_DIR"] = f"{folder}/uploads", f"{folder}/photos"
        Path(folder, "uploads").mkdir()
        field.build()
        with served() as server:
            workers = [server.pid, *measure.children_of(server.pid)]
            good = [intake(name, size, workers, url, quick=asked.quick) for name, size in SIZES.items()]
        reading(Path(folder), 32 if asked.quick else 160)
    return 0 if all(good) else 1


def intake(name: str, size: int, workers: list[int], url: str, *, quick: bool) -> bool:
    """One size: both sides by turns, so that a busy moment of the machine meets both."""
    rounds, each = (4, 12) if quick else (10, 24)
    if size > 1_000_000:
        each //= 3
    content = random.Random(135).randbytes(size)
    walls: dict[str, float] = {"bare": 0.0, "photos": 0.0}
    meters = {side: Meter(workers) for side in walls}
    ready: list[tuple[bytes, dict[str, str]]] = []
    sides: dict[str, Callable[[int], None]] = {"bare": lambda n: bare(content), "photos": lambda n: photo(*ready[n])}
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        ready[:] = [prepared(content) for _ in range(CONNECTIONS)]
        list(pool.map(sides["photos"], range(CONNECTIONS)))  # warm
        for _ in range(rounds):
            ready[:] = [prepared(content) for _ in range(each)]  # a phone knows its hash: none of this is timed
            for side, send in sides.items():
                meters[side].pids = [*workers, *measure.server_pids(url)]
                with meters[side].running():
                    began = time.perf_counter()
                    list(pool.map(send, range(each)))
                    walls[side] += time.perf_counter() - began
    total = rounds * each * size / 1e6
    for side, wall in walls.items():
        say(f"{name}, {side}: {total / wall:.0f} MB/s, {total / meters[side].spent.cpu:.0f} MB per CPU second")
    return figure(f"photo_intake_{name.replace(' ', '').lower()}_vs_bare_write", walls["bare"] / walls["photos"], 0.5)


def connection() -> http.client.HTTPConnection:
    if not hasattr(_own, "connection"):
        _own.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    return _own.connection


def bare(content: bytes) -> None:
    connection().request("POST", "/bare", content)
    answer = connection().getresponse()
    answer.read()
    assert answer.status == 204


def prepared(content: bytes) -> tuple[bytes, dict[str, str]]:
    """A photo of its own with what a phone says of it."""
    content = os.urandom(16) + content[16:]
    told = {"photo_id": str(uuid4()), "sha256": hashlib.sha256(content).hexdigest()}
    headers = {
        "Authorization": f"Bearer {field.TOKEN}",
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(content)),
        "Upload-Metadata": ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in told.items()),
        "Content-Type": TUS,
    }
    return content, headers


def photo(content: bytes, headers: dict[str, str]) -> None:
    connection().request("POST", "/uploads", content, headers)
    answer = connection().getresponse()
    said = answer.read()
    assert answer.status == 201, said[:500]
    assert answer.headers["Upload-Offset"] == str(len(content))


@contextmanager
def served() -> Iterator[subprocess.Popen[bytes]]:
    command = [
        sys.executable, "-m", "gunicorn", "benchmarks.bare", "--workers", "1", "--threads", str(CONNECTIONS),
        "--worker-class", "gthread", "--bind", f"127.0.0.1:{PORT}", "--log-level", "error",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "DATABASE_POOL_SIZE": "4"})
    try:
        for _ in range(200):
            try:
                http.client.HTTPConnection("127.0.0.1", PORT, timeout=5).connect()
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(20)


# -- reading -----------------------------------------------------------------------------------------------------------


def reading(folder: Path, count: int) -> None:
    """Photos as our app sends them: 1600 pixels wide, JPEG."""
    from django.conf import settings
    from django.db import connection as database

    from backend import clock
    from config import photo_store as wiring
    from visits import photo_processing, photo_store
    from visits.models import StoredPhoto

    settings.STORAGES = {**settings.STORAGES, "photos": wiring.backend(folder / "photos", {})}
    pictures = [picture(seed) for seed in range(8)]
    made = StoredPhoto.objects.first()
    assert made is not None
    StoredPhoto.objects.update(state="refused")
    for number in range(count):
        content, name = pictures[number % len(pictures)], f"2026/11/{uuid4()}"
        path = folder / "picture"
        path.write_bytes(content)
        photo_store.put(name, path)
        StoredPhoto.objects.create(
            id=uuid4(), person_id=made.person_id, sha256=os.urandom(32), size_bytes=len(content), name=name,
            arrived_at=clock.now(),
        )  # fmt: skip
    before, server = os.times(), Meter([measure.backend_pid(database.connection)])
    with server.running():
        while photo_processing.process_due():
            pass
    after = os.times()
    children = after.children_user + after.children_system - before.children_user - before.children_system
    assert StoredPhoto.objects.filter(state="ready").count() == count
    say(
        f"{count} photos of {sum(map(len, pictures)) // len(pictures) // 1000} KB read:"
        f" {count / (server.spent.cpu + children):.1f} per CPU second ({count / server.spent.wall:.1f} a second)"
    )


def picture(seed: int) -> bytes:
    from PIL import Image, ImageFilter

    chance = random.Random(seed)
    coarse = Image.frombytes("RGB", (160, 120), chance.randbytes(160 * 120 * 3))
    fine = coarse.resize((1600, 1200), Image.Resampling.BICUBIC).filter(ImageFilter.DETAIL)
    out = io.BytesIO()
    fine.save(out, "JPEG", quality=80)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
