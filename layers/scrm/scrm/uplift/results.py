"""What a review found: for each KPI, treated group and segment both figures, and what may be said of them (S15 to S17).

Nothing here looks at a customer: `Sums` are all there is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from scrm.uplift.balance import Covariate, balance
from scrm.uplift.comparison import Cell, Comparison, compare
from scrm.uplift.dilution import Dilution, dilution
from scrm.uplift.estimate import Estimate
from scrm.uplift.moments import NOBODY, Moments
from scrm.uplift.randomised import SampleRatio, effect, sample_ratio
from scrm.uplift.sums import TREATED, UNTREATED, CellSums, Sums
from scrm.uplift.terms import ReviewKind, ReviewTerms, Stratum
from scrm.uplift.unlinked import InWecom
from scrm.uplift.verdict import Bar, Verdict, corrected, overall, p_against, verdict

EVERYBODY: Final = ""
"""The segment of all."""
_BETWEEN: Final = "\t"


@dataclass(frozen=True, slots=True)
class Finding:
    """One KPI of one treated group in one segment (``branch=10``). ``holdout``: by chance, the causal figure; ``p`` is
    that of the bar, corrected for the KPIs of the segment. ``diluted``: where people are in WeCom whom the bank does
    not recognise."""

    kpi: str
    arm: str
    segment: str
    verdict: Verdict
    compared: Comparison
    holdout: Estimate | None = None
    explained: float | None = None
    p: float | None = None
    diluted: Dilution | None = None

    @property
    def figure(self) -> Estimate | None:
        """The one that the verdict goes by."""
        return self.holdout or self.compared.adjusted


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """``findings``: all segments. ``overall``: of everybody, by treated group. ``left_out``: customers who are in no
    group, by why. ``figures_missing``: customers of a group without all figures, by KPI and group. ``notes``: what a
    reader must know beside the figures, by name. ``in_wecom``: of a review of who added."""

    findings: Sequence[Finding]
    overall: Mapping[str, Verdict]
    balance: Mapping[str, Sequence[Covariate]] = field(default_factory=dict)
    customers: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    figures_missing: Mapping[str, int] = field(default_factory=dict)
    sample_ratio: SampleRatio | None = None
    notes: Sequence[str] = ()
    in_wecom: InWecom | None = None

    def of_everybody(self) -> list[Finding]:
        return [one for one in self.findings if one.segment == EVERYBODY]


def review(terms: ReviewTerms, sums: Sums) -> ReviewResult:
    """Of everybody and of each segment."""
    groups = (*TREATED[terms.kind], UNTREATED[terms.kind])
    ratio = _ratio(terms, sums) if terms.kind is ReviewKind.HOLDOUT else None
    findings: list[Finding] = []
    balances: dict[str, Sequence[Covariate]] = {}
    for arm in TREATED[terms.kind]:
        segments = _segments(terms, sums, arm)
        for segment, by_kpi in segments.items():
            told = [_find(terms, arm, segment, kpi, by_kpi[kpi], ratio) for kpi in by_kpi]
            if sums.in_wecom is not None:
                unlinked = sums.in_wecom.unlinked
                told = [_widened(one, terms.bar, by_kpi, segments[EVERYBODY], unlinked) for one in told]
            said = _corrected(told, terms)
            findings += said
            if segment == EVERYBODY:
                balances |= _balances(terms, arm, said, by_kpi)
    everybody = [one for one in findings if one.segment == EVERYBODY]
    return ReviewResult(
        findings=findings,
        overall={arm: overall([one.verdict for one in everybody if one.arm == arm]) for arm in TREATED[terms.kind]},
        balance=balances,
        customers={arm: sums.customers.get(arm, 0) for arm in groups},
        left_out={arm: count for arm, count in sorted(sums.customers.items()) if arm not in groups},
        figures_missing=_missing(terms, sums, groups),
        sample_ratio=ratio,
        notes=_notes(everybody, ratio) + _notes_of_unlinked(everybody, sums.in_wecom, terms.bar),
        in_wecom=sums.in_wecom,
    )


type _Cells = dict[str, Cell]


def _segments(terms: ReviewTerms, sums: Sums, arm: str) -> dict[str, dict[str, _Cells]]:
    """Cells by segment and KPI. A cell is a stratum and a band; segments that are no stratum are not told apart."""
    found: dict[str, dict[str, _Cells]] = {EVERYBODY: {}}
    untreated = UNTREATED[terms.kind]
    for kpi in terms.kpis:
        arms: dict[str, dict[str, dict[bool, Moments]]] = {EVERYBODY: {}}
        for row in sums.by_kpi.get(kpi, ()):
            if row.arm not in (arm, untreated):
                continue
            name = _name(terms, row)
            for segment in (EVERYBODY, *(f"{one.value}={row.strata[one]}" for one in terms.segments)):
                both = arms.setdefault(segment, {}).setdefault(name, {True: NOBODY, False: NOBODY})
                both[row.arm == arm] += row.moments
        for segment, cells in arms.items():
            made = {name: Cell(both[True], both[False]) for name, both in cells.items()}
            found.setdefault(segment, {})[kpi] = made
    return found


def _name(terms: ReviewTerms, row: CellSums) -> str:
    return _BETWEEN.join([*(row.strata[one] for one in terms.strata), str(row.band)])


def _find(terms: ReviewTerms, arm: str, segment: str, kpi: str, cells: _Cells, ratio: SampleRatio | None) -> Finding:
    found = compare(cells, terms.confidence)
    if terms.kind is not ReviewKind.HOLDOUT:
        return Finding(kpi, arm, segment, verdict(found, terms.bar), found)
    treated = sum((cell.treated for cell in cells.values()), NOBODY)
    held_out = sum((cell.untreated for cell in cells.values()), NOBODY)
    by_chance = effect(treated, held_out, terms.confidence)
    relative = by_chance.relative if by_chance else None
    said = _said_of_holdout(min(treated.n, held_out.n), relative, ratio, terms.bar)
    return Finding(kpi, arm, segment, said, found, relative, by_chance.explained if by_chance else None)


type _ByKpi = Mapping[str, _Cells]


def _widened(one: Finding, bar: Bar, by_kpi: _ByKpi, everybody: _ByKpi, unlinked: int) -> Finding:
    """By those whom the bank does not recognise. A segment is taken to have as many of them as of the recognised."""
    if one.compared.adjusted is None:
        return one
    treated, of_all = (sum(cell.treated.n for cell in cells[one.kpi].values()) for cells in (by_kpi, everybody))
    found = dilution(by_kpi[one.kpi], one.compared.adjusted, unlinked * treated / of_all)
    return replace(one, verdict=verdict(one.compared, bar, found), diluted=found)


def _said_of_holdout(least: int, found: Estimate | None, ratio: SampleRatio | None, bar: Bar) -> Verdict:
    if found is None or least < bar.least:
        return Verdict.INSUFFICIENT
    if ratio is not None and ratio.is_mismatch:
        return Verdict.NOT_COMPARABLE
    if found.low > bar.uplift:
        return Verdict.PASSED
    return Verdict.FAILED if found.high < bar.uplift else Verdict.OPEN


def _corrected(findings: Sequence[Finding], terms: ReviewTerms) -> list[Finding]:
    """Holm over the KPIs of a segment: what only looks decided because many were asked is open."""
    asked = {one.kpi: p_against(one.figure, terms.bar.uplift) for one in findings if one.figure is not None}
    found = corrected(asked)
    alpha = 1 - terms.confidence
    told = []
    for one in findings:
        p = found.get(one.kpi)
        is_decided = one.verdict in (Verdict.PASSED, Verdict.FAILED)
        said = Verdict.OPEN if is_decided and p is not None and p >= alpha else one.verdict
        told.append(replace(one, verdict=said, p=p))
    return told


def _balances(
    terms: ReviewTerms, arm: str, said: Sequence[Finding], by_kpi: Mapping[str, _Cells]
) -> dict[str, Sequence[Covariate]]:
    """By group and KPI. Of too few none: the mean of a handful of customers is their own affair (S12)."""
    found = {}
    for one in said:
        is_enough = min(one.compared.treated, one.compared.untreated) >= terms.bar.least
        if is_enough and (rows := _balance(terms, by_kpi[one.kpi])):
            found[f"{arm}/{one.kpi}"] = rows
    return found


def _balance(terms: ReviewTerms, cells: _Cells) -> Sequence[Covariate]:
    groups: dict[str, dict[str, list[str]]] = {}
    for name in cells:
        *values, _ = name.split(_BETWEEN)
        for stratum, value in zip(terms.strata, values, strict=True):
            if stratum is not Stratum.BRANCH:
                groups.setdefault(stratum.value, {}).setdefault(value, []).append(name)
    return balance(cells, groups)


def _ratio(terms: ReviewTerms, sums: Sums) -> SampleRatio:
    [arm] = TREATED[terms.kind]
    counted = sums.customers
    return sample_ratio(counted.get(arm, 0), counted.get(UNTREATED[terms.kind], 0), terms.treated_share)


def _missing(terms: ReviewTerms, sums: Sums, groups: Sequence[str]) -> dict[str, int]:
    found = {}
    for kpi in terms.kpis:
        for arm in groups:
            told = sum(row.moments.n for row in sums.by_kpi.get(kpi, ()) if row.arm == arm)
            found[f"{kpi}/{arm}"] = sums.customers.get(arm, 0) - told
    return found


def _notes(everybody: Sequence[Finding], ratio: SampleRatio | None) -> list[str]:
    notes = []
    if ratio is not None and ratio.is_mismatch:
        notes.append("sample_ratio_mismatch")
    for arm in sorted({one.arm for one in everybody}):
        by_kpi = {one.kpi: one.figure for one in everybody if one.arm == arm}
        holdings, aum = by_kpi.get("holdings"), by_kpi.get("aum_fen")
        if holdings is not None and aum is not None and holdings.low > 0 and aum.value < 0:
            notes.append("holdings_up_aum_down")
    return sorted(set(notes))


def _notes_of_unlinked(everybody: Sequence[Finding], found: InWecom | None, bar: Bar) -> list[str]:
    """``identity_links_poor``: more than is tolerated are not recognised. ``unlinked_may_hide_it``: recognised, they
    might turn what would be called failed."""
    notes = []
    if found is not None and found.share > bar.tolerated_unlinked:
        notes.append("identity_links_poor")
    if any(_may_hide(one, bar.uplift) for one in everybody):
        notes.append("unlinked_may_hide_it")
    return notes


def _may_hide(one: Finding, bar: float) -> bool:
    seen = one.compared.adjusted
    return (
        one.verdict is Verdict.OPEN
        and seen is not None
        and seen.high < bar
        and one.diluted is not None
        and one.diluted.reaches(bar)
    )
