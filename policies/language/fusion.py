"""Many policies as one function: what is common to them is loaded once, and only what does not hold leaves a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import localcontext
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias, cast

from policies.language.codegen import Emitter
from policies.language.expression import Expression
from policies.language.generated import Module
from policies.language.operations import ARITHMETIC
from policies.language.rewriting import doubts
from policies.language.vocabulary import Scope

CheckCall: TypeAlias = Callable[..., Any]
"""A check: from the item (left out for a whole document), the document and what it is given to its own result."""


class Judgement(StrEnum):
    """What became of one policy on one subject.

    `UNASSESSED` is not applicable, but only because a fact that `when` tests for null is not known.
    """

    SATISFIED = "satisfied"
    VIOLATED = "violated"
    NOT_APPLICABLE = "not_applicable"
    UNDETERMINED = "undetermined"
    UNASSESSED = "unassessed"


class Hit(NamedTuple):
    """One policy that is not plainly satisfied or not applicable. `item` is None for a policy on the whole document.

    `outcome` is a Judgement (violated, undetermined or unassessed), or what a check returned.
    """

    rule: int
    item: int | None
    outcome: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one policy demands. Exactly one of `require` and `check` is set; `scope` is that of its expressions.

    `given` is what the check is called with after the document.
    """

    scope: Scope
    when: Expression | None = None
    require: Expression | None = None
    check: CheckCall | None = None
    given: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Fused:
    """All rules as one function for each subject. `source` is what was generated, for a curious reader."""

    source: str
    _runs: tuple[Callable[[Any], list[Hit]], ...]

    def run(self, document: Any) -> list[Hit]:
        """Every rule on every subject; satisfied and not applicable leave no trace."""
        with localcontext(ARITHMETIC):
            return [hit for run in self._runs for hit in run(document)]


def fuse(rules: Sequence[Rule], silent: tuple[object, ...] = ()) -> Fused:
    """One function out of many rules. Results of checks that are one of `silent` leave no trace."""
    if any(text is not None and text.is_refused for rule in rules for text in (rule.when, rule.require)):
        raise ValueError("a rule whose texts were refused cannot be compiled")
    subjects = dict.fromkeys(rule.scope.subject for rule in rules)
    module = Module()
    module.namespace["Hit"] = Hit
    module.namespace |= {judgement.name: judgement for judgement in Judgement}
    for place, subject in enumerate(subjects):
        numbered = [(number, rule) for number, rule in enumerate(rules) if rule.scope.subject == subject]
        module.functions.append(_function(module, f"run{place}", numbered, silent))
    source = module.source
    runs = module.compiled([f"run{place}" for place in range(len(subjects))])
    return Fused(source, cast("tuple[Callable[[Any], list[Hit]], ...]", runs))


def _function(module: Module, name: str, rules: list[tuple[int, Rule]], silent: tuple[object, ...]) -> str:
    emitter = Emitter(module)
    scope = rules[0][1].scope
    statements = [line for number, rule in rules for line in _statements(emitter, number, rule, silent)]
    lines = ["hits = []", "hit = hits.append"]
    if scope.items is None:
        body = statements
    else:
        items = emitter.place("document", scope.items.steps)
        body = [f"for index, item in enumerate({items}):"]
        body += [f"    {line}" for line in (*emitter.loads("item"), *statements)]
    lines += emitter.loads("document")
    lines += [f"{variable} = {code}" for code, variable in emitter.hoisted.items()]
    return "\n    ".join([f"def {name}(document):", *lines, *body, "return hits"])


def _statements(emitter: Emitter, number: int, rule: Rule, silent: tuple[object, ...]) -> Iterator[str]:
    index = "index" if rule.scope.subject is not None else "None"
    demand = list(_demand(emitter, number, rule, index, silent))
    if rule.when is None:
        yield from demand
        return
    when = rule.when.node
    code = emitter.condition(when)
    if when.lacks:
        yield f"w = {code}"
        code = "w"
    yield f"if {code}:"
    yield from (f"    {line}" for line in demand)
    if when.lacks:
        yield "elif w is None:"
        yield f"    hit(Hit({number}, {index}, UNDETERMINED))"
    yield from _doubt(emitter, number, rule.when, index)


def _demand(emitter: Emitter, number: int, rule: Rule, index: str, silent: tuple[object, ...]) -> Iterator[str]:
    if rule.require is not None:
        require = rule.require.node
        code = emitter.condition(require)
        if not require.lacks:
            yield f"if not {code}:"
            yield f"    hit(Hit({number}, {index}, VIOLATED))"
            return
        yield f"r = {code}"
        yield "if r is not True:"
        yield f"    hit(Hit({number}, {index}, UNDETERMINED if r is None else VIOLATED))"
        return
    subject = ["item", "document"] if rule.scope.subject is not None else ["document"]
    arguments = ", ".join([*subject, *[emitter.module.named(each) for each in rule.given]])
    yield f"r = {emitter.module.named(rule.check)}({arguments})"
    tests = [f"r is not {emitter.module.named(result)}" for result in silent]
    yield f"if {' and '.join(tests) or 'True'}:"
    yield f"    hit(Hit({number}, {index}, r))"


def _doubt(emitter: Emitter, number: int, when: Expression, index: str) -> Iterator[str]:
    """Not applicable only because something is not known is said; the quick test comes first."""
    if when.doubt is None:
        return
    paths = doubts(when.node)
    absent = dict.fromkeys(f"{emitter.place(path.anchor, path.steps)} is None" for path in paths)
    yield f"elif ({' or '.join(absent)}) and {emitter.condition(when.doubt)} is None:"
    yield f"    hit(Hit({number}, {index}, UNASSESSED))"


def judge(rule: Rule, document: Any, item: Any = None) -> Any:
    """One rule on one subject, by the plain backend, with nothing left out: a Judgement, or what the check returned."""
    applies = rule.when.evaluate(document, item) if rule.when is not None else True
    if applies is None:
        return Judgement.UNDETERMINED
    if not applies:
        return _inapplicable(rule.when, document, item)
    if rule.require is None:
        subject = (item, document) if rule.scope.subject is not None else (document,)
        return rule.check(*subject, *rule.given) if rule.check is not None else Judgement.SATISFIED
    holds = rule.require.evaluate(document, item)
    if holds is None:
        return Judgement.UNDETERMINED
    return Judgement.SATISFIED if holds else Judgement.VIOLATED


def _inapplicable(when: Expression | None, document: Any, item: Any) -> Judgement:
    if when is None or when.doubt is None:
        return Judgement.NOT_APPLICABLE
    with localcontext(ARITHMETIC):
        told = when.plain.value(when.doubt, document, item)
    return Judgement.UNASSESSED if told is None else Judgement.NOT_APPLICABLE
