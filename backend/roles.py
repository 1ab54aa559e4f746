"""The posts of the trade and what each may do: seeded by a migration, kept as data, read by scope."""

from __future__ import annotations

from dataclasses import dataclass

READS = ("org.read", "retail.read", "brands.read", "policies.read", "cycles.read", "boards.read", "market.read")
FIELD = (*READS, "visits.read", "visits.record", "retail.edit", "quarantine.read", "cycles.plan")
LEADS = (*READS, "visits.read", "people.read", "quarantine.read")


@dataclass(frozen=True)
class RoleSeed:
    """A role as it stands in a fresh database."""

    code: str
    name: str
    name_en: str
    capabilities: tuple[str, ...]


ROLES: tuple[RoleSeed, ...] = (
    RoleSeed("account_manager", "客户经理", "account manager", (*FIELD, "breaches.read", "alerts.answer")),
    RoleSeed(
        "market_manager",
        "市场经理",
        "market manager",
        (
            *FIELD,
            "people.read",
            "retail.assign",
            "quarantine.fix",
            "cycles.review",
            "visits.verify",
            "breaches.read",
            "devices.read",
            "intelligence.verify",
            "alerts.edit",
            "alerts.answer",
            "exports.run",
            "reports.write",
        ),
    ),
    RoleSeed(
        "brand_manager",
        "品牌经理",
        "brand manager",
        (
            *READS,
            "visits.read",
            "brands.edit",
            "cycles.plan",
            "cycles.review",
            "requests.answer",
            "intelligence.verify",
            "alerts.edit",
            "alerts.answer",
            "exports.run",
        ),
    ),
    RoleSeed(
        "county_leader",
        "县级负责人",
        "county leader",
        (
            *LEADS,
            "retail.assign",
            "restricted.read",
            "cycles.review",
            "visits.verify",
            "breaches.read",
            "devices.read",
            "intelligence.verify",
            "intelligence.decide",
            "alerts.edit",
            "alerts.answer",
            "exports.run",
            "exports.personal",
            "reports.write",
        ),
    ),
    RoleSeed(
        "prefecture_leader",
        "地市负责人",
        "prefecture leader",
        (
            *LEADS,
            "retail.assign",
            "restricted.read",
            "cycles.review",
            "months.reopen",
            "rules.answer",
            "breaches.read",
            "devices.read",
            "intelligence.decide",
            "alerts.edit",
            "alerts.answer",
            "exports.run",
            "exports.personal",
            "reports.write",
            "launches.decide",
        ),
    ),
    RoleSeed(
        "province_leader",
        "省级负责人",
        "province leader",
        (
            *LEADS,
            "restricted.read",
            "alerts.edit",
            "alerts.answer",
            "exports.run",
        ),
    ),
    RoleSeed(
        "analyst",
        "市场分析员",
        "analyst",
        (
            *READS,
            "visits.read",
            "intelligence.verify",
            "alerts.edit",
            "alerts.answer",
            "exports.run",
        ),
    ),
    RoleSeed(
        "service_desk",
        "客服员",
        "service desk",
        ("org.read", "retail.read", "brands.read", "policies.read", "requests.answer"),
    ),
    RoleSeed(
        "logistics",
        "物流员",
        "logistics",
        ("org.read", "retail.read", "brands.read", "policies.read", "requests.answer"),
    ),
    RoleSeed(
        "enforcement",
        "专卖管理员",
        "enforcement",
        (
            "org.read",
            "retail.read",
            "brands.read",
            "restricted.read",
            "requests.answer",
            "breaches.read",
            "breaches.settle",
        ),
    ),
    RoleSeed(
        "policy_editor",
        "政策管理员",
        "policy editor",
        ("org.read", "brands.read", "policies.read", "policies.edit", "admin.site"),
    ),
    RoleSeed(
        "data_steward",
        "数据管理员",
        "data steward",
        (
            "org.read",
            "retail.read",
            "retail.edit",
            "retail.assign",
            "brands.read",
            "brands.edit",
            "market.read",
            "market.edit",
            "imports.run",
            "quarantine.read",
            "quarantine.fix",
            "admin.site",
            "exports.run",
        ),
    ),
    RoleSeed("auditor", "审计员", "auditor", ("org.read", "people.read", "audit.read")),
    RoleSeed(
        "administrator",
        "系统管理员",
        "administrator",
        (
            "org.read",
            "org.edit",
            "people.read",
            "people.manage",
            "parameters.edit",
            "calendar.edit",
            "months.reopen",
            "rules.answer",
            "cycles.read",
            "brands.read",
            "policies.read",
            "audit.read",
            "admin.site",
            "devices.read",
        ),
    ),
)
