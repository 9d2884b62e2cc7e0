"""An evaluation as data and as Markdown, with a plain word on each baseline that is not beaten."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from staking_model.card_text import metrics_markdown
from staking_model.evaluation.forecasts import CLIMATOLOGY, MEANINGS, NETWORK
from staking_model.evaluation.scores import ALARM_RATE
from staking_model.metrics import SetMetrics


class EvaluationReport(BaseModel):
    """All sets, and what was missing.

    Attributes:
        model: name of the model.
        onnx_sha256: of its network.
        seed: of the simulated markets.
        sets: figures by test set.
        notes: what the reader must know, such as that no real history was given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    onnx_sha256: str
    seed: int
    sets: tuple[SetMetrics, ...]
    notes: tuple[str, ...] = ()


def report_markdown(report: EvaluationReport) -> str:
    """Tables and findings."""
    meanings = "\n".join(f"- *{name}*: {meaning}" for name, meaning in MEANINGS.items())
    notes = "".join(f"**{note}**\n\n" for note in report.notes)
    sets = "\n".join(metrics_markdown(entry, level="##") + "\n" + findings(entry) for entry in report.sets)
    return f"""# Evaluation of {report.model}

{notes}Network `{report.onnx_sha256}`, simulated markets of seed {report.seed}. In brackets: 90 %
bootstrap intervals, resampled by episode. Skill is against climatology; alarms go to the {ALARM_RATE:.0%} highest
forecasts; onset windows are those with no event under way when asked. Stake, outflows and durations exist only in the
simulator and on our own chain; real history has prices only.

{meanings}

{sets}"""


def findings(entry: SetMetrics) -> str:
    """Where the network does not beat a baseline, and where the evidence does not tell."""
    ours = entry.risk[NETWORK]
    lines = []
    for name, other in entry.risk.items():
        if name != NETWORK and (worse := _worse(ours.brier, other.brier, ours.auc, other.auc)):
            lines.append(f"- not better than {name} in {worse}")
    if entry.skill_intervals and entry.skill_intervals[NETWORK].low <= 0:
        lines.append(f"- {entry.episodes} episodes do not tell its Brier score from {CLIMATOLOGY}'s")
    durations = {name: figures for name, figures in entry.duration.items() if name != NETWORK}
    if entry.duration:
        own = entry.duration[NETWORK]
        for name, figures in durations.items():
            if figures.mean_absolute_error <= own.mean_absolute_error:
                lines.append(
                    f"- duration: not better than {name} in mean absolute error "
                    f"({own.mean_absolute_error:.4f} against {figures.mean_absolute_error:.4f})"
                )
            if figures.concordance >= own.concordance:
                lines.append(
                    f"- duration: not better than {name} in concordance "
                    f"({own.concordance:.3f} against {figures.concordance:.3f})"
                )
    if not lines:
        return "The network beats every baseline here.\n"
    return "Where the network does not win:\n\n" + "\n".join(lines) + "\n"


def _worse(brier: float, other_brier: float, auc: float, other_auc: float) -> str:
    parts = []
    if brier >= other_brier:
        parts.append(f"Brier score ({brier:.4f} against {other_brier:.4f})")
    if auc <= other_auc:
        parts.append(f"AUC ({auc:.3f} against {other_auc:.3f})")
    return " and ".join(parts)
