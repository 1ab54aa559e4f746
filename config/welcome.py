"""What `make run` prints when the system answers: the address, the demo log-ins, three things to try."""

from __future__ import annotations

import os

from backend.guests import Guest
from demo.guests import LOGINS


def text(address: str, took_s: float) -> str:
    """Return the closing lines, in Chinese and English; log-ins only where the demo may be loaded."""
    demo = "DATABASE_URL" not in os.environ or os.environ.get("DEMO") == "1"
    lines = [
        "",
        f"已就绪，用时 {took_s:.0f} 秒 · ready after {took_s:.0f} s:  {address}",
        *(["", "演示账号 · demo log-ins:", *map(_login, LOGINS)] if demo else []),
        "",
        "试一试 · three things to try:",
        f"  1. 浏览器打开 {address}/ ，用 zhao 登录，看 135 进度和市场看板",
        f"     open {address}/ as zhao: the 135 grid and the market board, down to a single visit",
        "  2. 按 README「最初五分钟」用 curl 以 lin 登录并上传一次拜访，再看格子变化",
        "     push a visit as lin with curl (README, first five minutes) and watch the cells move",
        f"  3. 接口文档 · the API, readable: {address}/api/docs",
        "",
        "停止 Ctrl-C · 日志 var/log/run.log · stop with Ctrl-C, log in var/log/run.log",
    ]
    return "\n".join(lines)


def _login(guest: Guest) -> str:
    return f"  {guest.username:<6} {guest.password}   {guest.name} · {guest.name_en}"
