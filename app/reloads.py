"""What becomes of rules and models that change under a running process: logged and counted, by web processes and workers alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.observability.logs import places_of

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from app.models import InForce, LiveModels
    from app.observability.metrics import Metrics
    from app.rules import LiveRules, Rules, RulesRefused
    from scoring.model.errors import ModelRefused

MOST_TOLD: Final = 20
"""So many faults of the rules are logged; `quoteguard policies check` has all of them."""


def tell_of_rules(rules: LiveRules, metrics: Metrics, log: FilteringBoundLogger) -> Rules:
    """Take up the rules in force, and log and count what becomes of them. Raises `RulesRefused` where there are none yet."""

    def taken_up(found: Rules) -> None:
        log.info("rules_taken_up", policy_version=found.version, policies=len(found.policies.policies))
        for warning in found.warnings[:MOST_TOLD]:
            log.warning("rules_doubtful", about=warning)

    def refused(reasons: RulesRefused) -> None:
        metrics.policy_reload_failed()
        log.error("rules_refused", reasons=list(reasons.reasons[:MOST_TOLD]))

    rules.on_change, rules.on_failure = taken_up, refused
    return rules.current()


def tell_of_models(models: LiveModels, metrics: Metrics, log: FilteringBoundLogger) -> None:
    """Take up the models in force, and log and count what becomes of them."""

    def taken_up(in_force: InForce) -> None:
        champion, challenger = (each and each.version for each in (in_force.champion, in_force.challenger))
        log.info("models_taken_up", champion=champion, challenger=challenger)

    def refused(reasons: ModelRefused) -> None:
        metrics.model_reload_failed()
        log.error("models_refused", reasons=list(reasons.reasons[:MOST_TOLD]))

    def failed(error: Exception) -> None:
        metrics.scoring_failed()
        log.error("not_scored", fault=places_of(error))

    models.on_change, models.on_failure, models.on_fault = taken_up, refused, failed
    models.current()
