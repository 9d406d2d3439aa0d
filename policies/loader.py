"""Loading policies: every file is read, every fault of every file is named, and a set with one fault is not taken up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import dropwhile
from typing import TYPE_CHECKING, Any, Final

from policies.check import Check, NoParameters
from policies.domain.finding import Direction, Effect
from policies.domain.material import LINE_FIELDS, QUOTE_FIELDS
from policies.examples import read_tests
from policies.language import Band, Facts, Problem, Reader, Source, TableText, Target, Unit, in_order
from policies.language.problem import did_you_mean
from policies.patterns import PATTERNS
from policies.policy import AmountRule, AppliesTo, Policy, RemedyRule, WhenUndetermined
from policies.policy_file import KEYS, PolicyFile
from policies.policyset import PolicySet
from policies.subjects import KINDS, Kind
from policies.yaml_file import Unreadable, YamlFile, read

if TYPE_CHECKING:
    from policies.domain.company import PolicyOverride
    from policies.language import Expression, Message
    from policies.patterns import Pattern

_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_AMOUNT_KEYS: Final = ("per_period", "remaining_term", "already_lost", "assumptions")
_TABLE_KEYS: Final = ("by", "default", "bands")
_NOTHING: Final = Facts()


class PoliciesRefused(ValueError):  # noqa: N818 - it says what happened
    """The set is not taken up. `problems` are all faults of all files, in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        super().__init__("\n".join(problem.render() for problem in self.problems))


def load(
    files: Mapping[str, str], checks: Mapping[str, Check], overrides: Mapping[str, PolicyOverride] | None = None
) -> PolicySet:
    """Read policy files (name to text) into one set. Raises `PoliciesRefused` with every fault at once.

    A later file whose policy has the id of an earlier one replaces it, so a company's own files come last.
    """
    policies: dict[str, Policy] = {}
    problems: list[Problem] = []
    for name, text in files.items():
        policy = load_one(text, name, checks, problems)
        if policy is not None:
            policies[policy.id] = policy
    if problems:
        raise PoliciesRefused(problems)
    return PolicySet.of(overridden(policies.values(), overrides or {}))


def load_one(text: str, name: str, checks: Mapping[str, Check], problems: list[Problem]) -> Policy | None:
    """One policy; its faults are added to `problems`, and None is the answer where there are any."""
    try:
        file = read(text, name)
    except Unreadable as unreadable:
        problems.extend(unreadable.problems)
        return None
    reading = _Reading(PolicyFile(file, []), file, checks)
    policy = reading.policy()
    found = [*reading.at.problems, *reading.reader.problems]
    problems.extend(found)
    return None if found else policy


def overridden(policies: Iterable[Policy], overrides: Mapping[str, PolicyOverride]) -> tuple[Policy, ...]:
    """The policies as the company wants them: left out, or with another effect."""
    kept = []
    for policy in policies:
        override = overrides.get(policy.id)
        if override is None:
            kept.append(policy)
        elif override.enabled:
            kept.append(replace(policy, effect=override.effect) if override.effect is not None else policy)
    return tuple(kept)


@dataclass(slots=True, init=False)
class _Reading:
    """One file on its way to a policy."""

    at: PolicyFile
    file: YamlFile
    checks: Mapping[str, Check]
    reader: Reader
    given: Facts
    applies_to: AppliesTo
    kind: Kind

    def __init__(self, at: PolicyFile, file: YamlFile, checks: Mapping[str, Check]) -> None:
        self.at = at
        self.file = file
        self.checks = checks
        self.given = _NOTHING
        self.applies_to, self.kind = self._kind()
        for_each, item = at.text(("for_each",)), self.kind.item
        if for_each not in (None, item):
            at.refuse(("for_each",), f"for_each is {item} or left out, not {for_each}")
            for_each = item
        self.reader = Reader(self.kind.vocabulary, for_each)

    def _kind(self) -> tuple[AppliesTo, Kind]:
        """What the policy judges; a quote, to read on, where the file names nothing that is judged."""
        named = self.at.choice(("applies_to",), AppliesTo, AppliesTo.QUOTE) or AppliesTo.QUOTE
        if named not in KINDS:
            words = " or ".join(KINDS)
            hint = f"a policy on {AppliesTo.BILLING_CONFIGURATION} sees the agreement too"
            self.at.refuse(("applies_to",), f"{named} is not judged by itself: write {words}", hint)
            named = AppliesTo.QUOTE
        return named, KINDS[named]

    def policy(self) -> Policy | None:
        at = self.at
        at.mapping((), KEYS)
        if not isinstance(self.file.value, dict):
            at.refuse((), "a policy file has keys such as id, pattern, effect and message")
            return None
        self.reader.add_tables(self._tables())
        when = self._condition("when")
        if when is not None:
            self.given = when.holds
        require, check = self._condition("require"), self._check()
        if (require is None) is (at.text(("check",)) is None):
            at.refuse((), "a policy has either require (an expression) or check (a named check)")
        parameters = self._parameters(check)
        failed = self.given | require.fails if require is not None else self.given
        values: dict[str, Any] = {
            "id": self._id(),
            "pattern": self._pattern(),
            "title": at.text(("title",), required=True),
            "applies_to": self.applies_to,
            "effect": at.choice(("effect",), Effect),
            "when_undetermined": at.choice(("when_undetermined",), WhenUndetermined, WhenUndetermined.NOT_ASSESSED),
            "message": self._message(("message",), failed, check),
            "amount": self._amount(failed, require),
            "remedy": self._remedy(failed, require),
            "tests": read_tests(at, self.applies_to),
            "reads": _reads(check, (when, require)),
            "direction": at.choice(("direction",), Direction) if at.text(("direction",)) else None,
        }
        return self._built(values, when, require, check, parameters)

    def _built(
        self,
        values: dict[str, Any],
        when: Expression | None,
        require: Expression | None,
        check: Check | None,
        parameters: object,
    ) -> Policy | None:
        at = self.at
        effective = at.mapping(("effective",), ("from", "to"))
        values |= {
            "effective_from": at.day(("effective", "from")) if effective else None,
            "effective_to": at.day(("effective", "to")) if effective else None,
            "confidence": at.number(("confidence",)),
            "approver": at.text(("approver",)),
            "owner": at.text(("owner",), required=True),
            "description": (at.text(("description",)) or "").strip(),
        }
        if at.problems or self.reader.problems:
            return None
        return Policy(
            scope=self.reader.scope,
            when=when,
            require=require,
            check=check,
            parameters=parameters,
            source=self.file.name,
            **values,
        )

    def _id(self) -> str | None:
        found = self.at.text(("id",), required=True)
        if found is not None and not _ID.fullmatch(found):
            self.at.refuse(("id",), "an id has small letters, digits and single hyphens, such as line-price-floor")
        return found

    def _pattern(self) -> Pattern | None:
        number = self.at.text(("pattern",), required=True)
        if number is not None and number not in PATTERNS:
            self.at.refuse(("pattern",), f"there is no pattern {number}", did_you_mean(number, PATTERNS))
        return PATTERNS.get(number or "")

    def _condition(self, key: str) -> Expression | None:
        source = self.at.source((key,))
        return self.reader.condition(source, self.given) if source is not None else None

    def _check(self) -> Check | None:
        name = self.at.text(("check",))
        if name is None:
            return None
        check = self.checks.get(name)
        if check is None:
            self.at.refuse(("check",), f"there is no check {name}", did_you_mean(name, self.checks))
            return None
        if check.scope not in self.kind.scopes:
            other = next(named for named, kind in KINDS.items() if check.scope in kind.scopes)
            self.at.refuse(("check",), f"the check {name} judges a {_plain(other)}: write applies_to: {other}")
            return check
        wanted = self.kind.scopes[check.scope]
        if wanted != self.reader.scope.subject:
            words = f"each {wanted}: write for_each: {wanted}" if wanted else f"{self._whole}: leave out for_each"
            self.at.refuse(("check",), f"the check {name} judges {words}")
        return check

    @property
    def _whole(self) -> str:
        return f"the whole {_plain(self.applies_to)}"

    def _parameters(self, check: Check | None) -> object:
        return self.at.parameters(("parameters",), check.parameters if check is not None else NoParameters)

    def _message(self, place: tuple[str, ...], given: Facts, check: Check | None = None) -> Message | None:
        text = self.at.text(place, required=True)
        if text is None or (check is None and self.at.text(("check",)) is not None):
            return None
        return self.reader.message(self.file.source(place, text), given, check.reports if check is not None else ())

    def _amount(self, given: Facts, require: Expression | None) -> AmountRule | None:
        value = self.file.value.get("amount_at_risk") if isinstance(self.file.value, dict) else None
        if value is None:
            return None
        if require is None:
            self.at.refuse(("amount_at_risk",), "a check says itself what is at risk: leave this out")
            return None
        if not isinstance(value, dict):
            return AmountRule(remaining_term=self._money(("amount_at_risk",), given))
        self.at.mapping(("amount_at_risk",), _AMOUNT_KEYS)
        assumptions = range(len(self.at.items(("amount_at_risk", "assumptions"))))
        said = [self._message(("amount_at_risk", "assumptions", index), given) for index in assumptions]  # type: ignore[arg-type]
        return AmountRule(
            remaining_term=self._money(("amount_at_risk", "remaining_term"), given),
            per_period=self._money(("amount_at_risk", "per_period"), given),
            already_lost=self._money(("amount_at_risk", "already_lost"), given),
            assumptions=tuple(message for message in said if message is not None),
        )

    def _money(self, place: tuple[str, ...], given: Facts) -> Expression | None:
        source = self.at.source(place)
        return self.reader.number(source, given, Unit.MONEY) if source is not None else None

    def _remedy(self, given: Facts, require: Expression | None) -> RemedyRule | None:
        if not self.at.mapping(("remedy",), ("set", "to", "text")):
            return None
        if require is None:
            self.at.refuse(("remedy",), "a check says itself what clears it: leave this out")
            return None
        target_text, value_text = self.at.source(("remedy", "set")), self.at.source(("remedy", "to"))
        if target_text is None or value_text is None:
            self.at.refuse(("remedy",), "a remedy says what to set and to what value")
            return None
        target = self._target(target_text)
        value = self.reader.value_for(value_text, target, given)
        if target is None:
            return None
        text = self._message(("remedy", "text"), given) if self.at.text(("remedy", "text")) else None
        hops = dropwhile(self.kind.behind.__contains__, (hop for step in target.steps for hop in step.hops))
        on_item = target.path.partition(".")[0] == self.kind.item
        return RemedyRule(hops=tuple(hops), on_item=on_item, value=value, text=text)

    def _target(self, source: Source) -> Target | None:
        """The field that a remedy sets; of a set-up only what billing holds can be set."""
        target, kind = self.reader.target(source), self.kind
        if target is None or self.applies_to is AppliesTo.QUOTE:
            return target
        if target.path.partition(".")[0] not in (kind.item, kind.document):
            self.at.refuse(("remedy", "set"), f"a remedy sets a field of the {kind.item} or of the {kind.document}")
            return None
        return target

    def _tables(self) -> Iterable[TableText]:
        for name in self.at.mapping(("tables",)):
            place = ("tables", name)
            rows = self.at.mapping(place)
            by = self.at.source((*place, "by"))
            if by is None:
                self.at.refuse(place, f"the table {name} does not say what it is looked up by")
                continue
            texts = [(key, self.at.source((*place, key))) for key in rows if key not in _TABLE_KEYS]
            yield TableText(
                name=self.file.source((*place, "\0key"), name),
                by=by,
                rows=tuple((self.file.source((*place, key, "\0key"), key), text) for key, text in texts if text),
                default=self.at.source((*place, "default")),
                bands=tuple(self._bands((*place, "bands"))),
            )

    def _bands(self, place: tuple[str | int, ...]) -> Iterable[Band]:
        for index, band in enumerate(self.at.items(place)):
            if not isinstance(band, Mapping) or "value" not in band:
                self.at.refuse((*place, index), "a band has up_to and value")
                continue
            up_to = self.at.source((*place, index, "up_to")) or self.file.source((*place, index), "null")
            value = self.at.source((*place, index, "value"))
            if value is not None:
                yield Band(up_to, value)


def _plain(kind: AppliesTo) -> str:
    return kind.replace("_", " ")


def _reads(check: Check | None, expressions: Iterable[Expression | None]) -> frozenset[str]:
    """The material fields on which a policy's answer depends; empty where nothing narrows them."""
    if check is not None and check.reads:
        return frozenset(check.reads)
    if check is not None:
        return frozenset()
    words = {word for each in expressions if each is not None for word in re.findall(r"[a-z_]+", each.source.text)}
    return frozenset(words & (LINE_FIELDS.keys() | QUOTE_FIELDS.keys())) | _renewal_reads(words)


def _renewal_reads(words: set[str]) -> frozenset[str]:
    return frozenset(f"renewal.{word}" for word in words) if "renewal" in words else frozenset()
