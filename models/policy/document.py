"""The policy file as types: what `config/policy.toml` may say. `models.policy.policy` checks what types cannot."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta, Struct

from models.alerts import AlertSeverity
from models.decision import Effect
from models.events import Id, LabelKind, Share, Token
from models.facts import IdentifierKind
from models.scoring.scorecard import ScorecardTable
from models.scoring.variables import VariableTables

WindowName = Literal["1h", "24h", "7d", "30d", "90d"]
Cny = Annotated[float, Meta(ge=0, le=1e9)]
Factor = Annotated[float, Meta(ge=0, le=1)]
RingSize = Annotated[int, Meta(ge=2)]
Days = Annotated[float, Meta(gt=0, le=3660)]
CREDIT_LABELS: tuple[LabelKind, ...] = ("first_payment_default", "overdue")
"""What honest people may come to: a credit loss, never mixed into the label of fraud."""


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; a key it does not know is an error, for it is most likely a slip."""


class DecisionThresholds(Table, frozen=True, kw_only=True):
    """Fraud scores from which the score alone asks for a review or a rejection, at equality too."""

    review_at: Share
    reject_at: Share

    def __post_init__(self) -> None:
        if self.review_at > self.reject_at:
            raise ValueError(f"review_at {self.review_at} is above reject_at {self.reject_at}")


class WhenDegraded(Table, frozen=True, kw_only=True):
    """What happens when a dependency could not be asked."""

    approve: bool
    """False: such an application goes to review at least."""


class LabelMeaning(Table, frozen=True, kw_only=True):
    """Which labels say what about fraud, and when; kinds named in neither say nothing about it. `models.labelling`
    applies it."""

    fraud: tuple[LabelKind, ...]
    honest: tuple[LabelKind, ...]
    maturity_days: dict[LabelKind, Days] = {}
    """Honest kind -> days from such a label until it counts, and then only if no label of fraud has come; the kinds not
    named here count at once. Repaid once may be bait."""
    keep_days: Annotated[float, Meta(gt=0, le=3660)] = 180.0
    """Days after an application for which its features are kept for labels; a later label teaches nothing."""

    def __post_init__(self) -> None:
        both = sorted(set(self.fraud) & set(self.honest))
        if both:
            raise ValueError(f"{', '.join(both)} is named both as fraud and as honest")
        credit = sorted(set(CREDIT_LABELS) & {*self.fraud, *self.honest})
        if credit:
            raise ValueError(f"{', '.join(credit)} is a credit loss, which says nothing about fraud")
        strangers = sorted(set(self.maturity_days) - set(self.honest))
        if strangers:
            raise ValueError(f"maturity_days: {', '.join(strangers)} is not named as honest")
        slowest = max(self.maturity_days.values(), default=0.0)
        if slowest >= self.keep_days:
            raise ValueError(f"keep_days {self.keep_days:g} is not above the longest maturity, {slowest:g} days")


class RandomControl(Table, frozen=True, kw_only=True):
    """Applications that would be rejected and go to review instead, chosen by chance, so that the models also learn
    what becomes of such; `models.control` chooses."""

    share: Annotated[float, Meta(ge=0, le=0.2)]
    """Of would-be rejects, 0 to 0.2; 0 is none."""
    seed: Id = "control"
    """Another seed chooses others."""
    never: tuple[str, ...] = ()
    """Reason codes; an application that one of them rejects stays rejected."""


class FactorSteps(Table, frozen=True, kw_only=True):
    """A factor by bins of a score: `factors[i]` from `edges[i - 1]` up to but not including `edges[i]`."""

    edges: tuple[float, ...]
    factors: tuple[Factor, ...]
    missing: Factor = 1.0

    def __post_init__(self) -> None:
        if any(lower >= upper for lower, upper in pairwise(self.edges)):
            raise ValueError("the edges must rise")
        if len(self.factors) != len(self.edges) + 1:
            raise ValueError(
                f"{len(self.edges)} edges make {len(self.edges) + 1} bins; factors has {len(self.factors)}"
            )

    def factor(self, score: float | None) -> float:
        """The factor of the bin that the score is in; `missing` without a score."""
        if score is None:
            return self.missing
        return self.factors[sum(score >= edge for edge in self.edges)]


class ProductMaxima(Table, frozen=True, kw_only=True):
    """The most that is lent for one product, in CNY."""

    appliance: Cny
    home: Cny
    education: Cny
    medical_beauty: Cny
    cash: Cny


class CreditLimits(Table, frozen=True, kw_only=True):
    """How the credit limit is made; `models.credit_limit` does it."""

    maximum_cny: ProductMaxima
    income_multiple: Annotated[float, Meta(ge=0, le=120)]
    """Most months' income that is lent."""
    without_income_cny: Cny
    """Most that is lent when the income is missing."""
    step_cny: Annotated[float, Meta(gt=0)]
    """Limits are rounded down to a multiple of it."""
    by_credit_score: FactorSteps
    """By the mean of the variable scores, 0 to 100."""
    by_fraud_score: FactorSteps


class RingAlerts(Table, frozen=True, kw_only=True):
    """When a growing ring is reported: once at each of these sizes (applications)."""

    sizes: Annotated[tuple[RingSize, ...], Meta(min_length=1)]
    high_from: RingSize
    critical_from: RingSize

    def __post_init__(self) -> None:
        if any(lower >= upper for lower, upper in pairwise(self.sizes)):
            raise ValueError("the sizes must rise")


class VelocityAlert(Table, frozen=True, kw_only=True):
    """So many applications with one identifier within a window are reported."""

    kind: IdentifierKind
    window: WindowName
    applications: Annotated[int, Meta(ge=2)]
    severity: AlertSeverity = "medium"
    unless: str | None = None
    """A condition in the rules' language under which this is no news."""


class AlertRules(Table, frozen=True, kw_only=True):
    """When the risk team is alerted."""

    ring: RingAlerts
    velocity: tuple[VelocityAlert, ...]


class PromotionRules(Table, frozen=True, kw_only=True):
    """When a challenger takes the champion's place, and when a shift is reported; `models.learning.tournament`."""

    automatic: bool = True
    """False: a champion changes by command alone."""
    minimum_frauds: Annotated[int, Meta(ge=10)] = 50
    """Frauds, scored by both, before anything is compared."""
    confidence: Annotated[float, Meta(gt=0.5, lt=1)] = 0.95
    """That no challenger is promoted by luck, within any `window_frauds` frauds."""
    minimum_gain: Share = 0.01
    """Of average precision, at equality too."""
    window_frauds: Annotated[int, Meta(ge=50, le=10_000)] = 1_000
    """The newest so many frauds, and the honest applications between them, are what models are compared on."""
    cool_down_examples: Annotated[int, Meta(ge=0)] = 2_000
    """Examples after a promotion before the next one."""
    drift_psi: Annotated[float, Meta(gt=0)] = 0.25
    """A feature's population stability index from which its shift is reported; 0.25 is what credit scoring has long
    called a major shift (N. Siddiqi, Credit Risk Scorecards, 2006)."""
    drift_window_days: Annotated[float, Meta(ge=0)] = 7
    """Days of labels that are compared with the reference: a whole week has all hours and weekdays."""

    def __post_init__(self) -> None:
        if self.minimum_frauds > self.window_frauds:
            raise ValueError(f"minimum_frauds {self.minimum_frauds} is above window_frauds {self.window_frauds}")


class KnownCrowd(Table, frozen=True, kw_only=True):
    """An identifier that many honest strangers share, by the lender's own knowledge: a shop's tablet, the address of a
    dormitory or of a carrier. Alerts and audit records tell its token."""

    kind: IdentifierKind
    token: Token
    weight: Factor = 0.0
    """What is left of its weight in links, 0 to 1; a device or cell counts as a shop's, too."""
    note: Annotated[str, Meta(max_length=256)] = ""
    """Whose it is."""


class RuleDocument(Table, frozen=True, kw_only=True):
    """One rule as written: when it hits, what that does, and which values the reason shows."""

    code: str
    when: str
    effect: Effect
    detail: dict[str, str | int | float] = {}
    """Detail name -> a number, or an expression for a value; a text stands in quotes of its own, as in `"'7d'"`."""


class PolicyDocument(Table, frozen=True, kw_only=True):
    """The whole file."""

    name: Id
    version: Id
    decision: DecisionThresholds
    degraded: WhenDegraded
    labels: LabelMeaning
    parameters: dict[str, float]
    """Named numbers for expressions."""
    rules: Annotated[tuple[RuleDocument, ...], Meta(max_length=500)]
    scorecard: ScorecardTable
    scores: VariableTables
    limits: CreditLimits
    alerts: AlertRules
    control: RandomControl = RandomControl(share=0.0)
    """Without the table there is none."""
    learning: PromotionRules = PromotionRules()
    crowds: tuple[KnownCrowd, ...] = ()
