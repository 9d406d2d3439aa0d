"""Calling one check on one quote, and once more after the change that it proposes."""

from datetime import UTC, datetime
from typing import Any

from policies.check import Check, CheckResult, Scope, Violated
from policies.derivation import derive
from policies.domain.catalog import Catalog
from policies.domain.company import Company
from policies.domain.quote import Quote
from policies.remedy import apply

AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)


def judged(
    check: Check, quote: Quote, *, company: Company | None = None, catalog: Catalog | None = None, **parameters: Any
) -> CheckResult:
    """What a check says of a quote's first line, or of the quote, on 1 June 2026."""
    facts = derive(quote, as_of=AS_OF, company=company, catalog=catalog)
    subject = (facts.lines[0],) if check.scope is Scope.LINE else ()
    return check.run(*subject, facts, check.parameters(**parameters))


def violated(check: Check, quote: Quote, **given: Any) -> Violated:
    """The one violation that a check finds."""
    found = judged(check, quote, **given)
    found = found[0] if isinstance(found, tuple) and len(found) == 1 else found
    assert isinstance(found, Violated), found
    return found


def after(check: Check, quote: Quote, **given: Any) -> CheckResult:
    """What the check says once the change is made that it proposes."""
    changed = apply(quote, violated(check, quote, **given).changes)
    return judged(check, changed, **given)
