"""A large photo is cut in the middle of its way, by a tunnel and then by a kill: it goes on, and no byte goes twice.

In the tunnel what is sent arrives nowhere and nobody says so, until the phone knows that it has no network. (Where a
connection is reset instead, Chromium itself sends the piece once more, at most 256 KB; the server stores none of it.)
"""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import expect

from tests.browser import visiting
from tests.browser.stage import Phone, Stage
from tests.clients.proxy import Cut, Proxy
from visits.models import StoredPhoto, Visit

TAKEN_BYTES = 4_000_000  # of the camera's file; the phone makes it smaller before it keeps it
CUT_AT = 4  # the line breaks in the middle of this piece of 256 KB


@dataclass
class Line(Proxy):
    """Counts the bytes of photos only, and how often the place was asked from which to go on."""

    asked: int = 0
    pieces: int = 0
    is_in_tunnel: bool = False

    async def _pass(
        self,
        head: bytes,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        length: int,
        limit: int | None,
        *,
        counts: bool,
    ) -> bool:
        is_photo = head.startswith(b"PATCH /uploads/")
        self.asked += head.startswith(b"HEAD /uploads/")
        self.pieces += is_photo
        is_whole = await super()._pass(head, source, target, length, limit, counts=is_photo)
        if is_photo and not is_whole:
            self.is_in_tunnel = True
            while await source.read(65_536):
                pass  # lost, until the phone gives the connection up
        return is_whole


def walk(stage: Stage) -> None:
    """Her photo is under way when the line breaks; then the browser is killed; the next start sends the rest."""
    shop, where = stage.cast.shops[0], urlsplit(stage.address)
    line = Line((str(where.hostname), int(where.port or 80)))
    line.start()
    try:
        with replace(stage, address=f"http://127.0.0.1:{line.port}", has_radio=False).phone("lin") as phone:
            _takes_it(phone, stage, str(shop.pk))
            reached = _is_cut(phone, line)
            phone.kill()
            phone.open()
            phone.page.goto("/app/unsent")
            expect(phone.page.get_by_text("全部已发送")).to_be_visible()
            _is_whole(stage, line, reached)
    finally:
        line.stop()


def _takes_it(phone: Phone, stage: Stage, shop_id: str) -> None:
    phone.sign_in("lin")
    phone.settle()
    phone.page.goto(f"/app/shop/{shop_id}")
    expect(phone.page.get_by_role("heading", name=stage.cast.shops[0].name).first).to_be_visible()
    phone.cut()
    visiting.begin(phone.page, shop_id)
    visiting.forward(phone.page, "收尾离店")
    phone.page.get_by_label("拍店面").set_input_files(_photo(stage.folder))
    expect(phone.page.get_by_role("img", name="店面")).to_be_visible()
    visiting.check_out(phone.page, shop_id)
    phone.page.goto("/app/unsent")
    expect(phone.page.get_by_text("2 条待发送")).to_be_visible()  # the visit and its photo


def _is_cut(phone: Phone, line: Line) -> int:
    """The line is dead from the middle of a piece; how many bytes the server has by then."""
    line.plan = Cut("PATCH", "request", lambda head, body: head + (body // 2 if line.pieces == CUT_AT else body + 1))
    phone.cut(is_cut=False)
    for _ in range(3_000):
        if line.is_in_tunnel:
            break
        phone.page.wait_for_timeout(10)
    assert line.is_in_tunnel
    phone.cut()
    reached = line.received
    expect(phone.page.get_by_text(re.compile("没有网络")).first).to_be_visible()
    expect(phone.page.get_by_text("1 条待发送")).to_be_visible()  # the photo; its visit is there
    assert Visit.objects.get().photos_missing == 1
    assert not StoredPhoto.objects.exists()
    return reached


def _is_whole(stage: Stage, line: Line, reached: int) -> None:
    [photo] = StoredPhoto.objects.all()
    content = (Path(os.environ["BROWSER_FILES"]) / "photos" / photo.name).read_bytes()
    assert bytes(photo.sha256) == sha256(content).digest()
    assert photo.size_bytes == len(content)
    assert 0 < reached < len(content)
    again = line.received - len(content)
    told = f"photo of {TAKEN_BYTES / 1e6:.0f} MB, kept as {len(content):,} bytes: cut at {reached:,}"
    print(f"{told}, {again} bytes went twice, asked {line.asked} times where to go on", flush=True)
    assert again == 0
    assert line.asked >= 1
    visit = Visit.objects.get()
    assert (visit.retailer_id, visit.photos_declared, visit.photos_missing) == (stage.cast.shops[0].pk, 1, 0)
    assert photo.visit_id == visit.pk


def _photo(folder: Path) -> Path:
    """Noise, so that no compression makes it small."""
    image = Image.frombytes("RGB", (1600, 1600), os.urandom(1600 * 1600 * 3))
    path = folder / "shelf.jpg"
    image.save(path, quality=95, subsampling=0)
    content = path.read_bytes()
    assert len(content) >= TAKEN_BYTES
    return path
