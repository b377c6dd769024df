"""The KPIs that are there without anybody's doing (S4, S5, S9, S10, S19). The sources name them and define none but
usage and coverage; what they leave open is decided here, and a bank that decides otherwise adds its own version."""

from typing import Final

from scrm.kpi.catalogue import Aggregation, AsOf, KpiDefinition, OwnerLevel, Source, Unit

CHANNELS: Final = {"one_to_one": "一对一群发", "group": "客户群", "moments": "朋友圈", "rm_task": "客户经理任务"}
"""Channels that reach customers; a message to members reaches none."""


def _count(
    kpi: str,
    title: str,
    unit: Unit,
    source: Source,
    facts: tuple[str, ...],
    measures: tuple[str, ...] = (),
    known_by: tuple[str, ...] = (),
) -> KpiDefinition:
    """Events of the period, by their business day."""
    owner, summed = OwnerLevel.MEMBER, measures or (kpi,)
    return KpiDefinition(
        kpi, 1, title, unit, Aggregation.SUM, summed, (), source, AsOf.EVENT_DAY, owner, facts, known_by
    )


def _ratio(
    kpi: str, title: str, sides: tuple[tuple[str, ...], tuple[str, ...]], source: Source, facts: tuple[str, ...]
) -> KpiDefinition:
    """Events of the period over events of the period."""
    unit, owner = (Unit.SECONDS if kpi == "first_response" else Unit.SHARE), OwnerLevel.MEMBER
    aggregation = Aggregation.RATIO_OF_SUMS
    return KpiDefinition(kpi, 1, title, unit, aggregation, *sides, source, AsOf.EVENT_DAY, owner, facts)


def _standing(
    kpi: str,
    title: str,
    unit: Unit,
    sides: tuple[tuple[str, ...], tuple[str, ...]],
    facts: tuple[str, ...],
    aggregation: Aggregation = Aggregation.LAST,
) -> KpiDefinition:
    """Where relations and the roster stand, as of the last snapshot of the period."""
    owner = OwnerLevel.TEAM
    return KpiDefinition(kpi, 1, title, unit, aggregation, *sides, Source.RELATIONS, AsOf.LAST_SNAPSHOT, owner, facts)


def _bank(kpi: str, title: str, unit: Unit, numerator: str, denominator: str = "") -> KpiDefinition:
    """From the bank's published facts; about customers' own affairs, so small cells are hidden."""
    return KpiDefinition(
        kpi,
        1,
        title,
        unit,
        Aggregation.LAST,
        (numerator,),
        (denominator,) if denominator else (),
        Source.BANK_FACTS,
        AsOf.LAST_PUBLICATION,
        OwnerLevel.BRANCH,
        ("customer_months", "bank_customers"),
        cell="fact_customers",
    )


def _told(kpi: str, title: str) -> KpiDefinition:
    return KpiDefinition(kpi, 1, title, Unit.FEN, Aggregation.SUM, (), (), Source.TOLD, AsOf.TOLD, OwnerLevel.BRANCH)


_FRONT_END: Final = (
    _standing(
        "staff_usage_rate",
        "员工使用率",
        Unit.SHARE,
        (("active_rms",), ("roster_rms",)),
        ("behaviour_statistics", "staff_roster"),
        Aggregation.DISTINCT,
    ),
    _standing("licensed_share", "企微开通率", Unit.SHARE, (("licensed_rms",), ("roster_rms",)), ("staff_roster",)),
    _standing(
        "customer_coverage_rate",
        "客户覆盖率",
        Unit.SHARE,
        (("covered_customers",), ("bank_customers",)),
        ("relations", "bank_customers"),
    ),
    _standing("pool_size", "客户池规模", Unit.CUSTOMERS, (("pool_size",), ()), ("relations",)),
    _standing(
        "identity_link_rate",
        "客户身份匹配率",
        Unit.SHARE,
        (("linked_customers",), ("bank_customers",)),
        ("bank_customers",),
    ),
    _standing(
        "active_rms",
        "活跃客户经理",
        Unit.PERSONS,
        (("active_rms",), ()),
        ("behaviour_statistics",),
        Aggregation.DISTINCT,
    ),
    _count(
        "reached",
        "触达客户（人次）",
        Unit.SENDS,
        Source.SENDS,
        ("send_settled",),
        tuple(f"reached_{channel}" for channel in CHANNELS),
        tuple(f"sends_settled_{channel}" for channel in CHANNELS),
    ),
    _count("added", "添加客户", Unit.CUSTOMERS, Source.CONTACTS, ("contact_added",), known_by=("lost",)),
    _count(
        "valid_added",
        "有效添加客户",
        Unit.CUSTOMERS,
        Source.CONTACTS,
        ("add_judged",),
        known_by=("adds_decided",),
    ),
    _count("lost", "流失客户", Unit.CUSTOMERS, Source.CONTACTS, ("contact_lost",), known_by=("added",)),
)

_BY_CHANNEL: Final = tuple(
    definition
    for channel, title in CHANNELS.items()
    for definition in (
        _count(
            f"sends_{channel}",
            f"{title}发送人次",
            Unit.SENDS,
            Source.SENDS,
            ("send_settled",),
            (f"sends_settled_{channel}",),
        ),
        _ratio(
            f"reach_rate_{channel}",
            f"{title}送达率",
            ((f"reached_{channel}",), (f"sends_settled_{channel}",)),
            Source.SENDS,
            ("send_settled",),
        ),
    )
)

_SERVICE: Final = (
    _ratio("reply_rate", "按时回复率", (("answered_in_time",), ("questions",)), Source.ARCHIVE, ("service_quality",)),
    _ratio(
        "first_response",
        "平均首次响应时间",
        (("first_response_seconds",), ("answered",)),
        Source.ARCHIVE,
        ("service_quality",),
    ),
    _ratio("task_completion", "客户经理任务完成率", (("tasks_done",), ("tasks_given",)), Source.TASKS, ("task_done",)),
    _ratio(
        "handover_success",
        "客户交接成功率",
        (("handovers_done",), ("handovers_done", "handovers_failed")),
        Source.HANDOVER,
        ("handover_finished",),
    ),
)

_BUSINESS: Final = (
    _bank("aum", "客户资产（AUM）", Unit.FEN, "aum_fen"),
    _bank("product_holding", "户均持有产品数", Unit.RATE, "holdings", "fact_customers"),
    _bank("product_penetration", "产品持有渗透率", Unit.SHARE, "holding_customers", "fact_customers"),
    _bank("card_binding", "三方绑卡率", Unit.SHARE, "bound_customers", "fact_customers"),
    _bank("active_rate", "参活率", Unit.SHARE, "active_customers", "fact_customers"),
    _bank("mobile_bank_mau", "手机银行月活", Unit.CUSTOMERS, "mobile_active_customers"),
)

_RETURN: Final = (
    KpiDefinition(
        "licence_cost",
        1,
        "企微席位费用",
        Unit.FEN,
        Aggregation.LAST,
        ("licensed_rms",),
        (),
        Source.RELATIONS,
        AsOf.LAST_SNAPSHOT,
        OwnerLevel.BANK,
        ("staff_roster",),
    ),
    _told("programme_cost", "项目投入"),
    _told("programme_income", "项目收益"),
)

SHIPPED: Final = (*_FRONT_END, *_BY_CHANNEL, *_SERVICE, *_BUSINESS, *_RETURN)
