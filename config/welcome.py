"""What `make run` prints when the system answers: the address, the demo log-ins, three things to try.

Without the demo: how the first administrator comes to be (docs/operations.md)."""

from __future__ import annotations

import os

from backend.guests import Guest
from demo.guests import LOGINS


def text(address: str, took_s: float) -> str:
    """Return the closing lines, in Chinese and English; log-ins only where the demo may be loaded."""
    lines = [
        "",
        f"已就绪，用时 {took_s:.0f} 秒 · ready after {took_s:.0f} s:  {address}",
        "",
        *(_with_demo(address) if _may_hold_demo() else _without_demo(address)),
        "",
        "停止 Ctrl-C · 日志 var/log/run.log · stop with Ctrl-C, log in var/log/run.log",
    ]
    return "\n".join(lines)


def _may_hold_demo() -> bool:
    wanted = os.environ.get("DEMO")
    return wanted == "1" or (wanted != "0" and "DATABASE_URL" not in os.environ)


def _with_demo(address: str) -> list[str]:
    return [
        "演示账号 · demo log-ins:",
        *map(_login, LOGINS),
        "",
        "试一试 · three things to try:",
        f"  1. 浏览器打开 {address}/ ，用 zhao 登录，看 135 进度和市场看板",
        f"     open {address}/ as zhao: the 135 grid and the market board, down to a single visit",
        f"  2. 打开 {address}/app/ ，用 lin 登录，这是客户经理的手机；断网后照样能用",
        f"     open {address}/app/ as lin: an account manager's phone, which goes on without a network",
        "  3. 按 README「最初五分钟」用 curl 以 lin 登录并上传一次走访，再看格子变化",
        "     push a visit as lin with curl (README, first five minutes) and watch the cells move",
        f"     接口文档 · the API, readable: {address}/api/docs",
    ]


def _without_demo(address: str) -> list[str]:
    return [
        "尚无人员时，先建立第一位管理员 · while there is nobody yet, make the first administrator:",
        "  .venv/bin/python manage.py createsuperuser",
        f"再用该账号登录 · then sign in: {address}/desk/",
        f"接口文档 · the API, readable: {address}/api/docs",
    ]


def _login(guest: Guest) -> str:
    return f"  {guest.username:<6} {guest.password}   {guest.name} · {guest.name_en}"
