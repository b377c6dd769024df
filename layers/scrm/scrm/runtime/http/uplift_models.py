"""Reviews of uplift on the wire. Shares are of what the treated would have had: 0.2 is 20 %. Money is in fen."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field

from scrm.runtime.http.target_models import NodeText
from scrm.runtime.http.wire import Asked, Page, Reply, Timestamp
from scrm.settings.uplift import UpliftDocument
from scrm.uplift import reviews
from scrm.uplift.reviews import ReviewState
from scrm.uplift.terms import DAYS_AFTER, KPIS, ReviewKind, ReviewTerms, Stratum
from scrm.uplift.unlinked import Since
from scrm.uplift.verdict import Bar, Verdict
from scrm.uplift.waiting import WaitReason


class BarRequest(Asked):
    """What has to be exceeded, and when nothing is said."""

    uplift: Annotated[float, Field(ge=0, le=10, description="20 % by the sources (S16).")] = 0.2
    least: Annotated[int, Field(ge=30, le=10**7, description="Customers of each group.")] = 200
    least_compared: Annotated[float, Field(ge=0.5, le=1)] = 0.8
    tolerated_unlinked: Annotated[
        float,
        Field(ge=0, le=1, description="Share of people in WeCom whom the bank does not recognise: above, a warning."),
    ] = 0.05


class UpliftReviewRequest(Asked):
    """What is asked, before it can be answered. ``first`` to ``last``: business days of the window."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    kind: ReviewKind = ReviewKind.ADDED
    node_id: NodeText
    kpis: Annotated[tuple[str, ...], Field(min_length=1, max_length=len(KPIS))]
    first: date
    last: date
    days_after: int = DAYS_AFTER
    months_before: int = 6
    strata: Annotated[tuple[Stratum, ...], Field(max_length=3)] = (Stratum.TIER, Stratum.AGE_BAND, Stratum.BRANCH)
    segments: Annotated[tuple[Stratum, ...], Field(max_length=3)] = (Stratum.BRANCH, Stratum.TIER)
    bands: int = 8
    bar: BarRequest = BarRequest()
    confidence: float = 0.95
    campaign_id: Annotated[str, Field(max_length=64)] = ""

    def terms(self, node_path: str, treated_share: float) -> ReviewTerms:
        """Raises InvalidTermsError."""
        return ReviewTerms(
            name=self.name,
            kind=self.kind,
            node_id=self.node_id,
            node_path=node_path,
            kpis=self.kpis,
            first=self.first,
            last=self.last,
            days_after=self.days_after,
            months_before=self.months_before,
            strata=self.strata,
            segments=self.segments,
            bands=self.bands,
            bar=Bar(**self.bar.model_dump()),
            confidence=self.confidence,
            campaign_id=self.campaign_id,
            treated_share=treated_share,
        )


class UpliftReview(Reply):
    """``is_late``: the answer could be known when the question was written down, so that it is no pre-registration."""

    review_id: str
    name: str
    kind: ReviewKind
    node_id: str
    state: ReviewState
    first: date
    due_on: date
    versions: int
    is_late: bool
    waits_for: str
    terms_sha256: str
    registered_by: str
    registered_at: Timestamp
    ran_at: Timestamp | None

    @classmethod
    def of(cls, found: reviews.Review) -> Self:
        return cls.model_validate(found)


class UpliftWait(Reply):
    """``subject``: the window, the month, the feed, or what the last run said. ``until``: the business day on which it
    ends by itself; None: somebody has to deliver something first."""

    reason: WaitReason
    subject: str
    until: date | None


class UpliftWaiting(Reply):
    """Reviews are looked at every hour; ``waits`` is empty once there is a result."""

    review: UpliftReview
    waits: list[UpliftWait]


class UpliftReviewList(Reply):
    items: list[UpliftReview]


class UpliftEstimate(Reply):
    value: float
    error: float
    low: float
    high: float
    p: float


class UpliftDilution(Reply):
    """What people whom the bank does not recognise can have hidden at worst. ``high`` None: no upper end is known."""

    share: float = Field(description="Of the comparison group, at most so much had added too.")
    low: float
    high: float | None


class UpliftFinding(Reply):
    """``naive`` beside ``adjusted``; ``holdout`` where chance made the groups. All are None where too few are.
    ``diluted``: None too where nobody was looked for."""

    kpi: str
    arm: str
    segment: str
    verdict: Verdict
    treated: int
    untreated: int
    compared: float
    naive: UpliftEstimate | None
    adjusted: UpliftEstimate | None
    gain: float | None = Field(description="Units of the KPI by treated customer.")
    placebo: UpliftEstimate | None
    holdout: UpliftEstimate | None
    explained: float | None
    p: float | None = Field(description="Against the bar, corrected for the number of KPIs (Holm).")
    diluted: UpliftDilution | None = None


class UpliftCovariate(Reply):
    """Differences in units of the covariate's own spread; ``weighted``: as the adjusted figure compares."""

    name: str
    treated: float
    untreated: float
    raw: float | None
    weighted: float | None


class UpliftInWecom(Reply):
    """People whom members follow, and of them those whom the bank does not recognise. ``share``: of ``people``."""

    people: int = Field(description="Followed beneath the node of the review.")
    unlinked: int
    unlinked_since: dict[Since, int] = Field(description="By when they first added a member.")
    people_of_bank: int
    unlinked_of_bank: int
    share: float


class UpliftInputs(Reply):
    """Versions of what was read."""

    customers: str
    customers_before: str
    months: dict[str, str]
    relations: list[str]
    relations_before: list[str]
    touches: list[str]


class UpliftResult(Reply):
    review: UpliftReview
    version: int
    made_at: Timestamp
    inputs: UpliftInputs
    overall: dict[str, Verdict]
    findings: list[UpliftFinding]
    balance: dict[str, list[UpliftCovariate]]
    customers: dict[str, int]
    left_out: dict[str, int]
    figures_missing: dict[str, int]
    sample_ratio_p: float | None
    notes: list[str]
    in_wecom: UpliftInWecom | None = Field(
        None, description="Of who added; None of results made before it was counted."
    )
    months_of_level: list[str]
    month_after: str
    bar: float
    confidence: float


class UpliftSegmentPage(Page):
    items: list[UpliftFinding]


class UpliftReturn(Reply):
    kpi: str
    arm: str
    treated: int
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    worth_fen: int | None
    worth_fen_low: int | None
    worth_fen_high: int | None


class UpliftReturns(Reply):
    """What it brings and costs in a year (S19). None: nothing that may be believed has a worth."""

    review: UpliftReview
    version: int
    rows: list[UpliftReturn]
    cost_fen: int
    net_fen: int | None
    net_fen_low: int | None
    net_fen_high: int | None


class UpliftSettings(Reply):
    version: int
    is_valid: bool
    given: list[str]
    settings: UpliftDocument


class UpliftSettingsRequest(Asked):
    """The whole document: a field that is left out takes its default."""

    version: int = Field(ge=0)
    settings: UpliftDocument
