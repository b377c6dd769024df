"""Plans, overrides of gates and figures of KPIs, in the table of targets; exits of pilots lie beside them.

====================  =================================  ==============================================================
pk                    sk                                 item
====================  =================================  ==============================================================
``YEAR#<year>``       ``PLAN#<plan>#<6 digits>``         a version of a plan: state, checksum of its terms, who did what
``OVERRIDES``         ``OVERRIDE#<id>``                  an override of a gate; few, so that one partition has all
``FIGURES#<node>``    ``<kpi>#<month>#<6 digits>``       a version of a figure; never changed
====================  =================================  ==============================================================
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from scrm import clock
from scrm.aws import cursors
from scrm.aws.table import ABSENT, Condition, Item, Put, Table, starts_with
from scrm.aws.two_person_items import as_read, decision_item, decision_of
from scrm.node_paths import covers
from scrm.paging import Page
from scrm.targets.figures import MonthFigure
from scrm.targets.overrides import Override, WantedOverride
from scrm.targets.plans import PlanState, PlanVersion, StalePlanError, year_of
from scrm.targets.stages import Figure
from scrm.two_persons import RequestState, StaleRequestError

SCHEMA_VERSION: Final = 1
_OVERRIDES: Final = "OVERRIDES"


class DynamoPlans:
    """Implements `scrm.targets.plans.PlanStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def versions(self, plan_id: str) -> Sequence[PlanVersion]:
        found = self._table.query(starts_with(f"YEAR#{year_of(plan_id)}", f"PLAN#{plan_id}#"))
        return [_to_version(item) for item in found]

    def of_year(self, year: int) -> Iterator[PlanVersion]:
        return map(_to_version, self._table.query(starts_with(f"YEAR#{year}", "PLAN#")))

    def add(self, version: PlanVersion, after: PlanVersion | None) -> PlanVersion:
        stored = replace(version, revision=1)
        writes = [Put(_version_item(stored), ABSENT), *([_over_the_read(after)] if after else [])]
        if not self._table.transact(writes):
            raise StalePlanError("somebody wrote or decided a version at the same time: read the plan again")
        return stored

    def decide(self, version: PlanVersion, replaces: PlanVersion | None) -> PlanVersion:
        if not self._table.transact([_over_the_read(one) for one in (version, replaces) if one]):
            raise StalePlanError("somebody decided at the same time: read the plan again")
        return replace(version, revision=version.revision + 1)


class DynamoOverrides:
    """Implements `scrm.targets.overrides.OverrideStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, override_id: str) -> Override | None:
        item = self._table.get({"pk": _OVERRIDES, "sk": f"OVERRIDE#{override_id}"})
        return _to_override(item) if item else None

    def save(self, override: Override) -> Override:
        saved = replace(override, version=override.version + 1)
        if not self._table.put(_override_item(saved), as_read(override)):
            raise StaleRequestError("somebody else decided at the same time: read the override again")
        return saved

    def at_or_above(self, node_path: str) -> list[Override]:
        known = starts_with(_OVERRIDES)
        condition = Condition(
            known.expression, {**known.values, ":approved": RequestState.APPROVED.value}, {"#state": "state"}
        )
        found = map(_to_override, self._table.query(condition, where="#state = :approved"))
        return [one for one in found if covers(one.wanted.node_path, node_path)]

    def page(self, node_path: str, cursor: str | None, limit: int) -> Page[Override]:
        """In the order of ids: those of other nodes are left out after the read."""
        scope = f"gate-overrides/{node_path}"
        start = cursors.key(cursors.decode(scope, cursor), "after")
        known = starts_with(_OVERRIDES)
        condition = Condition(known.expression, {**known.values, ":path": node_path})
        items, last = self._table.query_page(condition, start=start, limit=limit, where="begins_with(node_path, :path)")
        return Page(tuple(map(_to_override, items)), cursors.encode(scope, {"after": last}) if last else None)


class DynamoFigures:
    """Implements `scrm.targets.figures.FigureStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def latest(self, node_id: str, kpi: str, first: str, last: str) -> Mapping[str, MonthFigure]:
        condition = Condition(
            "pk = :pk AND sk BETWEEN :first AND :last",
            {":pk": f"FIGURES#{node_id}", ":first": f"{kpi}#{first}#", ":last": f"{kpi}#{last}#~"},
        )
        found = map(_to_figure, self._table.query(condition))
        return {figure.month: figure for figure in found}  # versions rise: the last one stays

    def add(self, figure: MonthFigure) -> bool:
        return self._table.put(_figure_item(figure), ABSENT)


def _over_the_read(version: PlanVersion) -> Put:
    """Written over the revision that was read, as the next one."""
    item = _version_item(replace(version, revision=version.revision + 1))
    return Put(item, Condition("revision = :read", {":read": version.revision}))


def _version_item(version: PlanVersion) -> Item:
    return {
        "pk": f"YEAR#{version.year}",
        "sk": f"PLAN#{version.plan_id}#{version.version:06d}",
        "schema_version": SCHEMA_VERSION,
        "plan_id": version.plan_id,
        "version": version.version,
        "kpi": version.kpi,
        "year": version.year,
        "terms_sha256": version.terms_sha256,
        "made_by": version.made_by,
        "made_at": clock.to_iso(version.made_at),
        "state": version.state.value,
        "decided_by": version.decided_by or None,
        "decided_at": clock.to_iso(version.decided_at) if version.decided_at else None,
        "note": version.note or None,
        "revision": version.revision,
    }


def _to_version(item: Mapping[str, Any]) -> PlanVersion:
    return PlanVersion(
        plan_id=item["plan_id"],
        version=item["version"],
        kpi=item["kpi"],
        year=item["year"],
        terms_sha256=item["terms_sha256"],
        made_by=item["made_by"],
        made_at=clock.from_iso(item["made_at"]),
        state=PlanState(item["state"]),
        decided_by=item.get("decided_by", ""),
        decided_at=clock.from_iso(item["decided_at"]) if "decided_at" in item else None,
        note=item.get("note", ""),
        revision=item["revision"],
    )


def _override_item(override: Override) -> Item:
    wanted = override.wanted
    return {
        "pk": _OVERRIDES,
        "sk": f"OVERRIDE#{override.override_id}",
        "schema_version": SCHEMA_VERSION,
        "override_id": override.override_id,
        "kpi": wanted.kpi,
        "node_id": wanted.node_id,
        "node_path": wanted.node_path,
        "valid_until": clock.to_iso(wanted.valid_until),
        "reason": wanted.reason,
        "requested_by": override.requested_by,
        "requested_at": clock.to_iso(override.requested_at),
        **decision_item(override),
    }


def _to_override(item: Mapping[str, Any]) -> Override:
    return Override(
        override_id=item["override_id"],
        wanted=WantedOverride(
            item["kpi"], item["node_id"], item["node_path"], clock.from_iso(item["valid_until"]), item["reason"]
        ),
        requested_by=item["requested_by"],
        requested_at=clock.from_iso(item["requested_at"]),
        **decision_of(item),
    )


def _figure_item(figure: MonthFigure) -> Item:
    return {
        "pk": f"FIGURES#{figure.node_id}",
        "sk": f"{figure.kpi}#{figure.month}#{figure.version:06d}",
        "schema_version": SCHEMA_VERSION,
        "node_id": figure.node_id,
        "kpi": figure.kpi,
        "month": figure.month,
        **_told(figure.figure),
        "source": figure.source,
        "told_by": figure.told_by,
        "told_at": clock.to_iso(figure.told_at),
        "version": figure.version,
    }


def _to_figure(item: Mapping[str, Any]) -> MonthFigure:
    return MonthFigure(
        node_id=item["node_id"],
        kpi=item["kpi"],
        month=item["month"],
        figure=_figure(item),
        source=item["source"],
        told_by=item["told_by"],
        told_at=clock.from_iso(item["told_at"]),
        version=item["version"],
    )


def _told(figure: Figure | None) -> Item:
    """Without a numerator it is hidden."""
    if figure is None:
        return {}
    return {"numerator": figure.numerator, "denominator": figure.denominator, "as_of": figure.as_of.isoformat()}


def _figure(item: Mapping[str, Any]) -> Figure | None:
    if "numerator" not in item:
        return None
    return Figure(item["numerator"], item.get("denominator"), date.fromisoformat(item["as_of"]))
