"""The real tus clients (npm tus-js-client, PyPI tuspy) through a proxy that cuts at every class of byte: run by run.py.

Every photo must end whole on the server, and of its bytes at most one chunk may reach the server twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from uuid import uuid4

from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from tusclient.uploader.uploader import Uploader

from tests.clients.proxy import Cut, Proxy

CHUNK = 128 * 1024
SIZE = 5 * CHUNK + 1_234
NODE = str(Path(sys.executable).parent / "node")
TOKEN = os.environ["TOKEN_LIN"]

PLACES: dict[str, Callable[[int, int], int]] = {
    "byte 0": lambda head, body: 0,
    "byte 1": lambda head, body: 1,
    "middle of the headers": lambda head, body: head // 2,
    "last byte of the headers": lambda head, body: head - 1,
    "end of the headers": lambda head, body: head,
    "first byte of the body": lambda head, body: head + min(1, body),
    "middle of the body": lambda head, body: head + body // 2,
    "last byte but one": lambda head, body: head + body - 1,
}
METHODS = ("POST", "HEAD", "PATCH")


def cuts() -> Iterator[tuple[str, Cut | None]]:
    """Every class of byte of every kind of request and answer; first none at all."""
    yield "no cut", None
    for method in METHODS:
        for side in ("request", "answer"):
            for name, after in PLACES.items():
                if "body" in name and (side, method) != ("request", "PATCH"):
                    continue  # the others have none
                yield f"{method} {side}: {name}", Cut(method, side, after)


def upload_by_tuspy(proxy: Proxy, path: Path, photo_id: str, digest: str) -> None:
    """It does not repeat a creation by itself: its user does."""
    client = TusClient(f"http://127.0.0.1:{proxy.port}/uploads", headers={"Authorization": f"Bearer {TOKEN}"})
    uploader = Uploader(
        str(path), client=client, chunk_size=CHUNK, retries=8, retry_delay=0.05,  # type: ignore[arg-type]
        metadata={"photo_id": photo_id, "sha256": digest},
    )  # fmt: skip
    for tries in range(3):
        try:
            uploader.upload()
            return
        except TusCommunicationError:
            if tries == 2:
                raise


class NodeClient:
    """One node process for all uploads by tus-js-client."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [NODE, "tus.mjs"], cwd=Path(__file__).parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def upload(self, proxy: Proxy, path: Path, photo_id: str, digest: str) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        job = {
            "endpoint": f"http://127.0.0.1:{proxy.port}/uploads", "file": str(path), "chunk": CHUNK, "token": TOKEN,
            "photo_id": photo_id, "sha256": digest,
        }  # fmt: skip
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        if "error" in said:
            raise RuntimeError(said["error"])


def known(photo_id: str) -> tuple[str, int]:
    """What the server says of the photo: hash and size."""
    asked = Request(f"{os.environ['BASE_URL']}/api/v1/photos/{photo_id}", headers={"Authorization": f"Bearer {TOKEN}"})
    with urlopen(asked, timeout=10) as answer:
        row = json.load(answer)
    return row["sha256"], row["size_bytes"]


def main() -> int:
    where = urlsplit(os.environ["BASE_URL"])
    proxy = Proxy((str(where.hostname), int(where.port or 80))).start()
    node = NodeClient()
    chance = random.Random(135)
    worst = 0
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        for client, upload in (("tus-js-client", node.upload), ("tuspy", upload_by_tuspy)):
            count = total = 0
            for name, cut in cuts():
                content = chance.randbytes(SIZE)
                path, photo_id = Path(folder, "photo"), str(uuid4())
                path.write_bytes(content)
                digest = hashlib.sha256(content).hexdigest()
                proxy.plan, proxy.made, proxy.received = cut, 0, 0
                if cut is not None and cut.method == "HEAD":  # asked only after another cut
                    proxy.plan = Cut("PATCH", "request", PLACES["middle of the body"])
                    proxy.after_that = cut
                try:
                    upload(proxy, path, photo_id, digest)
                    assert known(photo_id) == (digest, SIZE)
                except (AssertionError, RuntimeError, OSError, TusCommunicationError) as error:
                    faults.append(f"{client}, {name}: {type(error).__name__} {error}")
                    continue
                if cut is not None and proxy.plan is not None:
                    faults.append(f"{client}, {name}: was never cut")
                again = proxy.received - SIZE
                count, total, worst = count + 1, total + again, max(worst, again)
                if again > CHUNK:
                    faults.append(f"{client}, {name}: {again} bytes reached the server twice")
            print(f"tus: {client}: {count} photos of {SIZE} bytes whole, {total} bytes in all reached the server twice")
    print(f"tus: at most {worst} bytes of one photo reached the server twice (a chunk is {CHUNK})")
    print("\n".join(faults))
    assert node.process.stdin is not None
    node.process.stdin.close()
    node.process.wait(10)
    proxy.stop()
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
