"""What was learned while the demo ran: lines for the summary, and a page with curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from pathlib import Path

import jinja2
import msgspec

from config.errors import OperatorError
from config.settings import Settings
from models.events import Time
from models.labelling import Audited, frozen_decision
from models.learning.tournament import SCORECARD
from models.policy.policy import load_policy_file
from scripts.demonstration.learning import Scored, changes, in_order, recall, stretches
from scripts.demonstration.learning_plots import draw_recall
from scripts.simulator.fraud import SHIFT
from scripts.simulator.records import GroundTruth
from streams.kafka import read_to_end

REPORT_FILE = "report.html"
RECALL_FILE, NEW_FRAUD_FILE = "recall.png", "new_fraud.png"
TEMPLATE = Path(__file__).with_name("learning_report.html.j2")


class _Audit(Audited, frozen=True, kw_only=True):
    decided_at: Time
    supersedes: str | None = None


async def read_scored(settings: Settings, truths: Mapping[str, GroundTruth]) -> list[Scored]:
    """The first decision on each application whose truth is known, from `decision-audit`, in their order. The scorecard
    scores the features that were decided on. Raises BrokerUnreachableError."""
    scorecard = load_policy_file(settings.policy).scorecard
    decoder = msgspec.json.Decoder(_Audit)
    found: dict[str, Scored] = {}
    async with aclosing(read_to_end(settings, settings.topic("decision-audit"))) as records:
        async for record in records:
            audit = decoder.decode(record.value)
            truth = truths.get(audit.application_id)
            if truth is None or audit.supersedes is not None or audit.application_id in found:
                continue
            frozen = frozen_decision(audit)
            found[audit.application_id] = Scored(
                decided_at=audit.decided_at,
                occurred_at=audit.event.occurred_at,
                fraud=truth.fraud,
                typology=truth.typology,
                model=frozen.model or SCORECARD,
                served=frozen.fraud_score,
                scorecard=scorecard.score(frozen.features, frozen.categories, frozen.anomaly).fraud_score,
            )
    return in_order(found.values())


def learning_lines(scored: Sequence[Scored]) -> list[str]:
    """What became of it, in a few sentences."""
    found = changes(scored)
    if not found:
        return ["Learning: no model has beaten the scorecard yet, which has decided all along"]
    lines = [f"Learning: {each.model} decides from application {each.first:,} on" for each in found]
    since = recall(scored[found[0].first - 1 :])
    lines.append(
        f"Recall at 1% false positives since application {found[0].first:,}, of {since.frauds:,} frauds: "
        f"{percent(since.served)}; the scorecard alone: {percent(since.scorecard)}"
    )
    new = [each for each in stretches(scored, SHIFT.name) if each.new.frauds]
    if new:
        lines.append(
            f"{SHIFT.name}, which appeared half-way: "
            + ", ".join(percent(each.new.served) for each in new)
            + " in one stretch of applications after the other; the scorecard alone: "
            + ", ".join(percent(each.new.scorecard) for each in new)
        )
    return lines


def write_learning_report(directory: Path, scored: Sequence[Scored]) -> Path:
    """Write the page and its curves; the page's path. Raises OperatorError when the directory cannot be written."""
    rows, found = stretches(scored, SHIFT.name), changes(scored)
    shifted = any(each.new.frauds for each in rows)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, day=_day)
    page = environment.get_template(TEMPLATE.name).render(
        lines=learning_lines(scored),
        stretches=rows,
        changes=found,
        new=SHIFT.name if shifted else None,
        recall_file=RECALL_FILE,
        new_fraud_file=NEW_FRAUD_FILE,
    )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if rows:
            draw_recall(directory / RECALL_FILE, rows, found, lambda each: each.every, "All fraud")
        if shifted:
            draw_recall(directory / NEW_FRAUD_FILE, rows, found, lambda each: each.new, f"New fraud: {SHIFT.name}")
        path = directory / REPORT_FILE
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"The report cannot be written: {error}") from error
    return path


def percent(share: float | None) -> str:
    """A share from 0 to 1 for people; a dash for None."""
    return "–" if share is None else f"{share:.0%}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
