"""Running the tests that policies carry: each example is judged by its own policy, and compared with what it expects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

from policies.check import NotApplicable, Satisfied, Undetermined, Violated
from policies.derivation import derive
from policies.domain.material import material
from policies.evaluation import evaluate
from policies.policy import AppliesTo, Expected
from policies.policyset import PolicySet, judged
from policies.setup_evaluation import evaluate_setup
from policies.subjects import KINDS
from policies.twin.setup import SetUp, SetUpFacts
from policies.twin.twin import twin

if TYPE_CHECKING:
    from datetime import date

    from policies.check import CheckResult
    from policies.domain.agreement import Agreement
    from policies.domain.billing import BillingConfiguration
    from policies.domain.catalog import Catalog
    from policies.domain.company import Company
    from policies.domain.finding import Finding
    from policies.domain.invoice import Invoice
    from policies.domain.quote import Quote
    from policies.policy import Policy, PolicyTest

DEFAULT_DAY: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEFAULT_COMPANY: Final[Mapping[str, object]] = {"name": "Test", "currency": "USD"}
_CENT: Final = Decimal("0.01")


class Documents(Protocol):
    """Reads canonical documents; raises ValueError with all that is wrong."""

    def quote(self, data: Any) -> Quote:
        """A quote from its canonical form."""

    def agreement(self, data: Any) -> Agreement:
        """An agreement from its canonical form."""

    def billing(self, data: Any) -> BillingConfiguration:
        """A billing configuration from its canonical form."""

    def invoice(self, data: Any) -> Invoice:
        """An invoice, or a preview of one, from its canonical form."""

    def catalog(self, data: Any) -> Catalog:
        """A catalog from the form of catalog.yaml."""

    def company(self, data: Any) -> Company:
        """A company from the form of company.yaml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What became of one test. `failure` is a sentence, None where the test passed."""

    policy_id: str
    test: str
    source: str
    failure: str | None = None


def run_tests(policies: Iterable[Policy], documents: Documents) -> Iterator[Proof]:
    """Every test of every policy, one after the other."""
    for policy in policies:
        for test in policy.tests:
            failure = _failure(policy, test, documents)
            yield Proof(policy_id=policy.id, test=test.name, source=policy.source, failure=failure)


def messages(policy: Policy, test: PolicyTest, documents: Documents) -> tuple[str, ...]:
    """What the policy says on a test's document, finding by finding; nothing where that cannot be read."""
    try:
        facts = _FACTS[policy.applies_to](test, documents)
    except ValueError:
        return ()
    return tuple(finding.message for finding in _findings(policy, facts))


def _failure(policy: Policy, test: PolicyTest, documents: Documents) -> str | None:
    try:
        facts = _FACTS[policy.applies_to](test, documents)
    except ValueError as error:
        return f"its document cannot be read: {error}"
    subjects = KINDS[policy.applies_to].subjects(facts, policy.scope.subject)
    results = [judged(policy, facts, each) for each in subjects]
    came = _expected_of(results)
    if came is not test.expect:
        return f"expected {test.expect}, came out {came}{_why(results)}"
    return _amount_failure(test, results) or _remedy_failure(policy, test, facts)


def _quote_facts(test: PolicyTest, documents: Documents) -> Any:
    return derive(
        documents.quote(test.quote),
        as_of=_as_of(test),
        company=_company(test, documents),
        catalog=_catalog(test, documents),
    )


def _set_up_facts(test: PolicyTest, documents: Documents) -> Any:
    as_of = _as_of(test)
    setup = SetUp(
        agreement=documents.agreement(test.agreement),
        configuration=documents.billing(test.billing),
        as_of=as_of,
        today=as_of.date(),
        previews=tuple(documents.invoice(each) for each in test.previews),
        company=_company(test, documents),
        catalog=_catalog(test, documents),
        approved=material(documents.quote(test.approved)) if test.approved is not None else None,
        previous=documents.billing(test.previous) if test.previous is not None else None,
    )
    return SetUpFacts(setup=setup, twin=twin(setup))


_FACTS: Final[Mapping[AppliesTo, Callable[[PolicyTest, Documents], Any]]] = {
    AppliesTo.QUOTE: _quote_facts,
    AppliesTo.BILLING_CONFIGURATION: _set_up_facts,
}


def _company(test: PolicyTest, documents: Documents) -> Company | None:
    return documents.company({**DEFAULT_COMPANY, **test.company}) if test.company is not None else None


def _catalog(test: PolicyTest, documents: Documents) -> Catalog | None:
    return documents.catalog({"products": [], **test.catalog}) if test.catalog is not None else None


def _as_of(test: PolicyTest) -> datetime:
    return _noon(test.as_of) if test.as_of is not None else DEFAULT_DAY


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _expected_of(results: Iterable[CheckResult]) -> Expected:
    """The strongest outcome over all lines: violated before undetermined before satisfied."""
    kinds = {_kind(result) for result in results}
    strongest = (Expected.VIOLATED, Expected.UNDETERMINED, Expected.SATISFIED)
    return next((each for each in strongest if each in kinds), Expected.NOT_APPLICABLE)


def _kind(result: CheckResult) -> Expected:
    match result:
        case Satisfied():
            return Expected.SATISFIED
        case NotApplicable():
            return Expected.NOT_APPLICABLE
        case Undetermined(counts=counts):
            return Expected.UNDETERMINED if counts else Expected.NOT_APPLICABLE
    return Expected.VIOLATED


def _why(results: Iterable[CheckResult]) -> str:
    reasons = [result.because for result in results if isinstance(result, Undetermined)]
    return f" ({'; '.join(reasons)})" if reasons else ""


def _amount_failure(test: PolicyTest, results: Iterable[CheckResult]) -> str | None:
    if test.amount is None:
        return None
    losses = [violated.loss for violated in _violations(results)]
    amounts = [loss.remaining_term for loss in losses if loss is not None and loss.remaining_term is not None]
    if not amounts:
        return f"expected {test.amount} at risk, the amount is not assessed"
    total = sum(amounts, Decimal(0))
    # A test states the amount in cents; what is finer than that is not what it is about.
    if total.quantize(_CENT) != test.amount.quantize(_CENT):
        return f"expected {test.amount} at risk, came out {total.quantize(_CENT)}"
    return None


def _violations(results: Iterable[CheckResult]) -> Iterator[Violated]:
    for result in results:
        if isinstance(result, tuple):
            yield from result
        elif isinstance(result, Violated):
            yield result


def _remedy_failure(policy: Policy, test: PolicyTest, facts: Any) -> str | None:
    if test.clears is None:
        return None
    findings = _findings(policy, facts)
    proofs = [finding.remedy.clears for finding in findings if finding.remedy is not None and finding.remedy.changes]
    if not proofs:
        return "expected a remedy, there is none" if test.clears else None
    if all(proof is test.clears for proof in proofs):
        return None
    return f"its remedy {'does not clear' if test.clears else 'clears'} it"


def _findings(policy: Policy, facts: Any) -> tuple[Finding, ...]:
    alone = PolicySet.of((policy,))
    if isinstance(facts, SetUpFacts):
        return evaluate_setup(facts, alone).findings
    return evaluate(facts, alone).findings
