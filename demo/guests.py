"""The log-ins told to everybody who tries the demo: on the log-in page and by `make run` (config/welcome.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from backend.guests import Guest

DEMO_PASSWORD: Final = "demo-135"
LOGINS: Final = tuple(
    Guest(username, DEMO_PASSWORD, name, name_en)
    for username, name, name_en in (
        ("lin", "客户经理 林", "account manager Lin"),
        ("chen", "市场经理 陈", "market manager Chen"),
        ("wu", "外县客户经理 吴", "Wu, account manager of another county"),
        ("zhao", "市局（公司）领导 赵", "prefecture leader Zhao"),
        ("shao", "政策管理员 邵", "policy editor Shao"),
        ("tang", "专卖管理员 唐", "enforcement officer Tang"),
        ("deng", "客服员 邓", "Deng of the service desk"),
        ("wen", "物流员 温", "Wen of logistics"),
        ("sun", "系统管理员 孙", "administrator Sun"),
    )
)


def while_loaded() -> Sequence[Guest]:
    """The log-ins where the demo may be and is loaded, else nobody. One query."""
    from django.conf import settings

    from backend.models import Parameter
    from web.boards.parameters import GENERATED

    if settings.DEMO_ALLOWED and Parameter.objects.filter(key=GENERATED, value=True).exists():
        return LOGINS
    return ()
