"""The definitions that every figure is made by: text for people, with the version that entries keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.bookkeeping.money import DEFINITIONS_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a figure means. `formula` is in words; `trap` is what it must not be read as."""

    id: str
    title: str
    text: str
    formula: str = ""
    trap: str = ""


VERSION: Final = DEFINITIONS_VERSION

_ALL: Final = (
    Definition(
        id="prevented",
        title="Prevented",
        text="Money at risk that was flagged on a quote, whose flagged field was changed before the quote was sent, and whose deal "
        "was signed. A deal that is lost, and one that is signed unchanged, prevents nothing; nor does a finding that somebody "
        "consented to, or that went away because a policy changed.",
        formula="the smaller of the money at risk that was cleared and the worth of the changed terms: the signed deal's fixed total "
        "less that total with the flagged fields as they were. Where no fixed total shows the change (a price for overage, a notice "
        "period), the money at risk that was cleared.",
        trap="An estimate of what would have been lost. Never to be added to what was recovered.",
    ),
    Definition(
        id="corrected",
        title="Corrected before the first invoice",
        text="Money at risk on a billing configuration that was held, and that a later verification found to be right before the first "
        "invoice went out. One that was waived, or let go after that day, counts nothing.",
        formula="the most that was at risk on a line, less what was left at the release",
    ),
    Definition(
        id="detected",
        title="Detected",
        text="Money that was not billed (or billed too much) and is still open: found by an audit, a reconciliation, a review or a "
        "dispute, and neither recovered nor written off.",
        formula="the audited difference of each line, period and pattern, counted once however often it is found",
        trap="Not what was lost: most of it can be recovered as long as the agreement allows it.",
    ),
    Definition(
        id="recovered",
        title="Recovered",
        text="Money that was detected and has been invoiced and agreed since, as a recovery case or an outcome says, or as a later audit "
        "sees on invoices. What has been paid of it is `collected`, a part of it and no ledger of its own.",
        formula="moved out of detected, cent by cent",
    ),
    Definition(
        id="written_off",
        title="Written off",
        text="Money that was detected and that a recovery case gave up.",
        formula="moved out of detected",
    ),
    Definition(
        id="leakage_rate",
        title="Leakage rate",
        text="Which share of what should have been billed was not, over the agreements whose newest audit is kept. Over-billing has a rate "
        "of its own; the two are never netted.",
        formula="billed too little / should have been billed",
        trap="It speaks of audited agreements only. Not all leakage can be measured.",
    ),
    Definition(
        id="prevention_yield",
        title="Prevention yield",
        text="Of all money that was stopped or found, the share that never reached an invoice.",
        formula="(prevented + corrected) / (prevented + corrected + found after billing)",
    ),
    Definition(
        id="detection_rate",
        title="Detection rate",
        text="Of confirmed leaks, the share that had been flagged.",
        formula="flagged and confirmed / (flagged and confirmed + found by others)",
        trap="Leaks that nobody found are in neither number; `leaks_in_all` and `missed_in_passed` estimate them.",
    ),
    Definition(
        id="leaks_in_all",
        title="Leaks in all, estimated",
        text="How many leaks there are, from what audits and everybody else found independently of each other.",
        formula="Chapman's estimator, (n1+1)(n2+1)/(m+1) - 1",
        trap="Too low where one search leads to the other.",
    ),
    Definition(
        id="missed_in_passed",
        title="Leaks among deals picked by lot",
        text="The share of leaks among deals that were audited by lot and not on suspicion.",
        formula="leaks / outcomes that were selected by lot",
    ),
    Definition(
        id="false_positive_share",
        title="False positives",
        text="Of the findings of a policy that somebody judged, the share that was wrong.",
        formula="dismissed as wrong / judged (a share of what was found, not FP / (FP + TN))",
    ),
    Definition(
        id="tier_calibration",
        title="Precision of a tier",
        text="Of the deals in a tier that turned out, the share that leaked. A tier that its precision does not bear is demoted.",
        formula="confirmed / (confirmed + dismissed), by tier",
    ),
    Definition(
        id="time_to_detect",
        title="Days to detect",
        text="Days from the end of the period that was billed wrongly to the day on which it was found; median and 90th percentile.",
    ),
    Definition(
        id="time_to_resolve",
        title="Days to resolve",
        text="Days from the day on which money was found to the day on which none of it was open; median and 90th percentile.",
        trap="What is still open has no such time yet, so a young list looks quick.",
    ),
    Definition(
        id="recurrence",
        title="Recurrence",
        text="Of what was closed, the share whose pattern came back on the same product and source system within 90 days.",
        formula="came back / closed",
    ),
    Definition(
        id="cycle_time_cost",
        title="Days that a flag costs",
        text="How much longer signed deals took that were flagged, beside unflagged ones of the same size.",
        formula="median days from first check to signature, flagged less not flagged, by size, weighted by flagged deals",
    ),
    Definition(
        id="override_rate",
        title="Overrides",
        text="The share of findings that somebody consented to or waived.",
        formula="consented / findings that enforce",
    ),
    Definition(
        id="override_regret",
        title="Override regret",
        text="The share of overridden findings that later turned out to be leaks.",
        formula="overridden and confirmed / overridden and judged",
    ),
    Definition(
        id="flags_per_quote", title="Findings per decision", text="How many findings a decision has in the mean."
    ),
    Definition(
        id="flags_per_analyst_day",
        title="Reviews per analyst and day",
        text="How many decisions a reviewer decides on a day with any.",
    ),
    Definition(
        id="review_seconds",
        title="Seconds per review",
        text="Seconds between the decision and the review of it; the median. From 1,000 seconds on it is told to three digits, cut off.",
    ),
    Definition(
        id="rubber_stamping",
        title="Approvals per reviewer",
        text="The share of a reviewer's decisions that approve. Near 100 % in little time, an approval is a rubber stamp.",
        formula="approvals / reviews",
    ),
    Definition(
        id="clean_quote_rate",
        title="Clean quotes",
        text="The share of quotes that passed without anything standing in the way, at any time.",
        formula="never flagged or blocked / quotes",
    ),
    Definition(
        id="fix_effect",
        title="What a fix at the source brought",
        text="How often, and with how much money, a pattern, policy or product came up per day, before the fix and after it, over "
        "windows of the same length.",
        formula="rate after / rate before, by Poisson counts; money per day before less after, drawn anew a thousand times",
        trap="Other things change too. Below ten cases before the fix, nothing can be told.",
    ),
    Definition(
        id="bunching",
        title="Bunched under a limit",
        text="More quotes than a smooth distribution has in the point just under a discount limit.",
        formula="quotes in the point up to the limit against the mean of the points beside it; binomial probability, over all limits",
    ),
    Definition(
        id="split_quotes",
        title="Split quotes",
        text="Quotes of one account over the same products within days, each under a deal-size limit and together above it.",
    ),
    Definition(
        id="probing",
        title="Probing",
        text="A quote that was sent again and again with small changes until it passed.",
        formula="at least four small changes after an answer that stood in the way, and then an allow",
    ),
)

DEFINITIONS: Final = {each.id: each for each in _ALL}
"""All definitions by id, in the order in which help pages show them."""


def definitions_page() -> str:
    """The definitions as a part of docs/ledgers.md."""
    parts = [f"Version {VERSION}. Every entry of the ledgers keeps the version that it was made by.\n"]
    for each in _ALL:
        parts.append(f"### {each.title}\n\n`{each.id}`. {each.text}\n")
        if each.formula:
            parts.append(f"Formula: {each.formula}.\n".replace("..", "."))
        if each.trap:
            parts.append(f"Mind: {each.trap}\n")
    return "\n".join(parts).rstrip()
