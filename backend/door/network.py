"""The door on the local network: a second port over TLS, and a plain one that only tells how to trust it.

backend/door/server.py opens both where `LAN=1 make run` (config/lan.py) asks for them.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from aiohttp.web import BaseRequest, Response, StreamResponse

AUTHORITY = "ca.crt"  # for phones
SERVER = "server.pem"  # key and certificate
AUTHORITY_PATH = "/lan-ca.crt"
_DIGITS = re.compile("..")


@dataclass(frozen=True)
class Network:
    """Where the machine stands on its network, and the folder with the two files above."""

    address: str
    tls_port: int
    steps_port: int
    folder: Path

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 at least, by the server's certificate."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.load_cert_chain(self.folder / SERVER)
        return made

    async def answer(self, request: BaseRequest) -> StreamResponse:
        """On the plain port: the authority's certificate, else the steps. Nothing else is served without TLS."""
        authority = (self.folder / AUTHORITY).read_bytes()
        if request.path == AUTHORITY_PATH:
            return _answer(request, authority, "application/x-x509-ca-cert")
        page = _PAGE.format(
            origin=f"https://{self.address}:{self.tls_port}", path=AUTHORITY_PATH, fingerprint=fingerprint(authority)
        )
        return _answer(request, page.encode(), "text/html; charset=utf-8")


def fingerprint(pem: bytes) -> str:
    """The SHA-256 of a certificate as phones show it: AB:CD:..."""
    return ":".join(_DIGITS.findall(sha256(ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))).hexdigest().upper()))


def _answer(request: BaseRequest, body: bytes, kind: str) -> Response:
    if request.method not in {"GET", "HEAD"}:
        response = Response(status=405, headers={"Allow": "GET, HEAD"})
        response.force_close()
        return response
    headers = {
        "Content-Type": kind,
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body=body, headers=headers)


_PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>135 · 安装证书</title></head><body>
<h1>在手机上使用 135</h1>
<ol>
<li><a href="{path}">下载证书</a>，核对指纹与电脑上显示的一致：<br><small><code>{fingerprint}</code></small></li>
<li>安卓：设置 → 安全 → 加密与凭据 → 安装证书 → CA 证书，选择刚下载的文件。<br>
苹果：设置 → 已下载描述文件 → 安装；再到 通用 → 关于本机 → 证书信任设置，打开开关。</li>
<li>打开 <a href="{origin}/app/">{origin}/app/</a>，登录后添加到主屏幕。</li>
</ol>
<p>证书只对内网地址有效，不再使用时可以在同一处删除。</p>
<h1 lang="en">135 on your phone</h1>
<ol lang="en">
<li><a href="{path}">Download the certificate</a> and compare the fingerprint above with the one on the computer.</li>
<li>Android: Settings → Security → Encryption and credentials → Install a certificate → CA certificate.<br>
iPhone: Settings → Profile downloaded → Install; then General → About → Certificate Trust Settings, switch it on.</li>
<li>Open <a href="{origin}/app/">{origin}/app/</a>, sign in, and add it to the home screen.</li>
</ol>
<p lang="en">It is good for private addresses only; remove it in the same place when you are done.</p>
</body></html>
"""
