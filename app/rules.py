"""The rules in force: policies, catalog, company and waivers out of the home folder, taken up whole or not at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from time import monotonic
from typing import Any, Final

from cpq_hooks.canonical import (
    load_agreement,
    load_billing_configuration,
    load_catalog,
    load_company,
    load_invoice,
    load_quote,
    read_waivers,
)
from cpq_hooks.problem import Invalid
from cpq_hooks.yaml_files import read_yaml
from policies.checks import ALL
from policies.domain.agreement import Agreement
from policies.domain.billing import BillingConfiguration
from policies.domain.catalog import Catalog
from policies.domain.company import Company
from policies.domain.invoice import Invoice
from policies.domain.quote import Quote
from policies.linter import lint
from policies.loader import PoliciesRefused, load
from policies.policyset import PolicySet
from policies.testing import run_tests
from policies.waiver import Waiver

CATALOG: Final = "catalog.yaml"
COMPANY: Final = "company.yaml"
WAIVERS: Final = "waivers.yaml"
POLICIES: Final = "policies"
LIBRARY: Final = "library"


class RulesRefused(ValueError):  # noqa: N818 - it says what happened
    """The files cannot be taken up; `reasons` are for a person, one for each fault, with file and line."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFiles:
    """The texts that rules are made of. Policies are by file name, the library's first."""

    policies: Mapping[str, str]
    catalog: str | None = None
    company: str | None = None
    waivers: str | None = None

    @property
    def policies_text(self) -> bytes:
        """All policies as one text, the same for the same content."""
        return json.dumps(dict(self.policies), sort_keys=True, ensure_ascii=True).encode()

    @property
    def version(self) -> str:
        """`sha256:` and the digest of everything that a verdict can depend on, waivers left out: they are on the record."""
        parts = {"policies": dict(self.policies), "catalog": self.catalog, "company": self.company}
        return "sha256:" + sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What quotes are judged by, and the texts that it came from."""

    policies: PolicySet
    files: RuleFiles
    version: str
    catalog: Catalog | None = None
    company: Company | None = None
    waivers: tuple[Waiver, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def simulated(self) -> bool:
        """Whether the tables are those of a simulated company."""
        tables = (self.catalog, self.company)
        return any(table is not None and table.simulated for table in tables)


class CanonicalDocuments:
    """Reads the documents of policy tests by the canonical schemas."""

    def quote(self, data: Any) -> Quote:
        return load_quote(data)

    def agreement(self, data: Any) -> Agreement:
        return load_agreement(data)

    def billing(self, data: Any) -> BillingConfiguration:
        return load_billing_configuration(data)

    def invoice(self, data: Any) -> Invoice:
        return load_invoice(data)

    def catalog(self, data: Any) -> Catalog:
        return load_catalog(data)

    def company(self, data: Any) -> Company:
        return load_company(data)


def library_files() -> dict[str, str]:
    """The policies that come with Quoteguard, by file name."""
    folder = files("policies") / LIBRARY
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return {f"{LIBRARY}/{name}": (folder / name).read_text("utf-8") for name in names}


def read_home(home: Path | None) -> RuleFiles:
    """The rule files of a home folder over the library; a folder or file that is not there is left out."""
    policies = library_files()
    if home is None:
        return RuleFiles(policies=policies)
    own = home / POLICIES
    for path in sorted(own.glob("*.yaml")) if own.is_dir() else ():
        policies[f"{POLICIES}/{path.name}"] = _text(path)
    return RuleFiles(
        policies=policies,
        catalog=_optional(home / CATALOG),
        company=_optional(home / COMPANY),
        waivers=_optional(home / WAIVERS),
    )


def take_up(texts: RuleFiles, *, tested: bool = True, before: Rules | None = None) -> Rules:
    """Rules from their texts. Raises `RulesRefused` with every fault of every file, failing tests included.

    A policy's tests depend on nothing but its own text, so those that passed in the rules taken up `before` count.
    """
    reasons: list[str] = []
    catalog = _loaded(CATALOG, texts.catalog, load_catalog, reasons)
    company = _loaded(COMPANY, texts.company, load_company, reasons)
    waivers = _loaded(WAIVERS, texts.waivers, read_waivers, reasons) or ()
    policies = _policies(texts, company, reasons)
    warnings: tuple[str, ...] = ()
    if not reasons:
        faults = lint(company, catalog, policies)
        reasons += [f"{fault.file}: {fault.message}" for fault in faults if fault.refuses]
        warnings = tuple(f"{fault.file}: {fault.message}" for fault in faults if not fault.refuses)
    if tested and not reasons:
        proven = before.files.policies if before is not None else {}
        untested = [
            each for each in policies.policies.values() if texts.policies[each.source] != proven.get(each.source)
        ]
        results = run_tests(untested, CanonicalDocuments())
        reasons += [f"{each.source}: test {each.test!r}: {each.failure}" for each in results if each.failure]
    if reasons:
        raise RulesRefused(tuple(reasons))
    return Rules(
        policies=policies,
        files=texts,
        version=texts.version,
        catalog=catalog,
        company=company,
        waivers=waivers,
        warnings=warnings,
    )


@dataclass(slots=True)
class LiveRules:
    """The rules of a home folder, looked at again from time to time; what cannot be taken up leaves the last in force.

    `on_failure` and `on_change` are told what happened; neither may raise.
    """

    home: Path | None
    every: timedelta
    on_change: Callable[[Rules], None] = lambda _: None
    on_failure: Callable[[RulesRefused], None] = lambda _: None
    _rules: Rules | None = None
    _signature: object = None
    _next_look: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def current(self) -> Rules:
        """The rules in force. Raises `RulesRefused` only where none were ever taken up."""
        if self._rules is None:
            with self._lock:
                if self._rules is None:
                    self._signature = _signature(self.home)
                    self._rules = take_up(read_home(self.home))
                    self._next_look = monotonic() + self.every.total_seconds()
                    self.on_change(self._rules)
        elif self.every and monotonic() >= self._next_look and self._lock.acquire(blocking=False):
            # The folder is read beside the requests: nobody waits for a change to be tested.
            threading.Thread(target=self._look, name="rules", daemon=True).start()
        return self._rules

    def _look(self) -> None:
        try:
            self._next_look = monotonic() + self.every.total_seconds()
            signature = _signature(self.home)
            if signature != self._signature:
                self._try()
                self._signature = signature
        except RulesRefused as refused:
            self._signature = signature
            self.on_failure(refused)
        except OSError as error:
            # A passing fault: the folder is looked at again next time, as if it had not been.
            self.on_failure(RulesRefused((f"the home folder cannot be read: {error.strerror}",)))
        finally:
            self._lock.release()

    def _try(self) -> None:
        texts = read_home(self.home)
        if self._rules is None or texts != self._rules.files:
            self._rules = take_up(texts, before=self._rules)
            self.on_change(self._rules)


def _policies(texts: RuleFiles, company: Company | None, reasons: list[str]) -> PolicySet:
    try:
        return load(texts.policies, ALL, company.policy_overrides if company is not None else None)
    except PoliciesRefused as refused:
        reasons += [problem.render() for problem in refused.problems]
        return PolicySet.of(())


def _loaded(name: str, text: str | None, loader: Callable[[Any], Any], reasons: list[str]) -> Any:
    if text is None:
        return None
    try:
        return loader(read_yaml(text))
    except Invalid as invalid:
        reasons += [f"{name}:{problem.line or 1}: {problem.path}: {problem.message}" for problem in invalid.problems]
        return None


def _optional(path: Path) -> str | None:
    return _text(path) if path.is_file() else None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise RulesRefused((f"{path.name}: the file is not UTF-8 text",)) from None


def _signature(home: Path | None) -> object:
    """What changes when any rule file does: names, sizes and times of change."""
    if home is None:
        return None
    own = sorted((home / POLICIES).glob("*.yaml")) if (home / POLICIES).is_dir() else []
    found = []
    for path in (home / CATALOG, home / COMPANY, home / WAIVERS, *own):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        found.append((path.name, stat.st_size, stat.st_mtime_ns))
    return tuple(found)
