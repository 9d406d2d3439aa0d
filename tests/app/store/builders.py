"""Decisions to record, a store to record them in, and a way to do in the database what the store never would."""

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import create_engine

from app.store import Basis, DecisionSummary, HoldStep, RecordedDecision, Store, digest_of, new_id
from app.store.upgrade import upgrade
from policies.domain.decision import Subject, Verdict
from policies.domain.outcome import SubjectType
from policies.holding import Hold, HoldChange, HoldReason, HoldState

POLICIES = b"id: line-price-floor"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REASON = HoldReason(finding_id="fnd_1", policy_id="overage-not-set-up", message="No overage price: ünbilled.")


def a_store(url, **options):
    """An upgraded, open store that knows the policies that `a_decision` was made with."""
    upgrade(url)
    store = Store.open(url, **options)
    store.artefacts.put("policies", POLICIES)
    return store


def a_decision(
    *, quote_id="Q-1", request=b'{"quote_id": "Q-1"}', document=b'{"verdict": "flag"}', context=None, **terms
):
    """A quote that was flagged at noon, unless the test says otherwise."""
    subject = Subject(
        type=SubjectType.QUOTE, id=quote_id, content_hash=terms.pop("content_hash", "sha256:c"), revision="1"
    )
    basis = Basis(as_of=NOON, policies=terms.pop("policies", digest_of(POLICIES)), context=context)
    defaults = {
        "decision_id": new_id("dec"),
        "created_at": NOON,
        "subject": subject,
        "verdict": Verdict.FLAG,
        "headline": "Net price under the floor.",
        "currency": "USD",
        "policy_version": "sha256:p",
        "at_risk_under": Decimal("14400.00"),
    }
    return RecordedDecision(
        summary=DecisionSummary(**(defaults | terms)), basis=basis, request=request, document=document
    )


def a_hold(number=1, **terms):
    """A configuration that is held since noon, unless the test says otherwise."""
    defaults = {
        "billing_configuration_id": f"BC-{number}",
        "state": HoldState.HELD,
        "since": NOON,
        "held_since": NOON,
        "decision_id": "dec_1",
        "currency": "USD",
        "reasons": (REASON,),
    }
    return Hold(**(defaults | terms))


def a_step(hold, *events):
    """What makes a hold be as it is given, whatever it was."""
    return HoldStep(
        billing_configuration_id=hold.billing_configuration_id,
        after=lambda _: HoldChange(hold=hold, at=NOON, events=events),
    )


def force(url, *statements):
    """Run statements as someone would who may write to the database and takes the guards down first."""
    engine = create_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            guards = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            statements = (*[f"DROP TRIGGER {guard}" for guard in guards], *statements)
        else:
            tables = ("decisions", "chain", "artefacts")
            statements = (*[f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables], *statements)
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
