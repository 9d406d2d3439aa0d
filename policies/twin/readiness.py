"""Whether billing will ever act on what is set up: charges and configurations in a state that makes no invoices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from policies.domain.decision import NotAssessed
from policies.domain.finding import Change, Direction, Evidence
from policies.domain.wording import listed
from policies.twin.found import SURE, Found, difference
from policies.twin.platforms import Platform, Silence, platform_of, spelt
from policies.twin.worth import worth_of

if TYPE_CHECKING:
    from policies.domain.billing import BillingCharge, BillingConfiguration
    from policies.twin.model import Difference, Match, Matching, Stream
    from policies.twin.setup import SetUp

CAUSE: Final = "never-invoices"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stop:
    """One thing that stops the invoices: where it stands, what stands there, why and what to do, and the change where one does it."""

    field: str
    actual: str | None
    expected: str
    silence: Silence
    changes: tuple[Change, ...] = ()


def never_invoices(
    setup: SetUp, matching: Matching, agreement: Sequence[Stream], billing: Sequence[Stream]
) -> Iterator[Found]:
    """What will never be invoiced, with the agreed money that it keeps back, and the states that are not known.

    Where the whole configuration is stopped, that is one difference for all of its lines. Otherwise each match with stopped
    charges is one: all that the agreement bills where none of its charges invoices, else what the stopped ones would bill.
    A charge that bills nothing agreed loses nothing by its silence.
    """
    configuration, platform = setup.configuration, platform_of(setup.configuration.source)
    yield from _unknown(configuration, platform)
    whole = list(_stops_of_configuration(configuration, platform))
    if whole:
        yield _difference(setup, whole, tuple(each for each in matching.matches), agreement)
        return
    stops = {each.charge_id: list(_stops_of(each, at, platform)) for at, each in enumerate(configuration.charges)}
    for match in matching.matches:
        stopped = [charge_id for charge_id in match.charge_ids if stops.get(charge_id)]
        if stopped:
            reasons = [stop for charge_id in stopped for stop in stops[charge_id]]
            is_all = len(stopped) == len(match.charge_ids)
            yield _difference(setup, reasons, (match,), agreement if is_all else billing, charge_ids=tuple(stopped))


def invoicing_charges(configuration: BillingConfiguration) -> tuple[BillingCharge, ...]:
    """The charges that nothing stops, as far as is known; none where the whole configuration is stopped."""
    platform = platform_of(configuration.source)
    if any(_stops_of_configuration(configuration, platform)):
        return ()
    return tuple(each for at, each in enumerate(configuration.charges) if not any(_stops_of(each, at, platform)))


# ---------------------------------------------------------------------------------------------------- stops


def _stops_of_configuration(configuration: BillingConfiguration, platform: Platform) -> Iterator[_Stop]:
    silence = _silence(configuration.status, platform)
    if silence is not None:
        yield _in_state("status", configuration.status, platform, silence)
    for name, blank in platform.blank.items():
        if name in configuration.nulls:
            yield _Stop(field=name, actual=None, expected="a date", silence=blank)
    yield from _flagged("", configuration.extra, platform)


def _stops_of(charge: BillingCharge, index: int, platform: Platform) -> Iterator[_Stop]:
    place = f"charges[{charge.charge_id}]."
    silence = _silence(charge.state, platform)
    if silence is not None:
        yield _in_state(f"{place}state", charge.state, platform, silence)
    if charge.invoiceable is False:
        yield _Stop(
            field=f"{place}invoiceable",
            actual="false",
            expected="true",
            silence=Silence(because="it is set not to be invoiced", remedy="Let the charge be invoiced"),
            changes=(Change(path=f"/charges/{index}/invoiceable", value=True),),
        )
    for name, blank in platform.blank.items():
        if name in charge.terms.nulls:
            yield _Stop(field=f"{place}{name}", actual=None, expected="a date", silence=blank)
    yield from _flagged(place, charge.terms.extra, platform)


def _silence(state: str | None, platform: Platform) -> Silence | None:
    return None if state is None else platform.silent.get(spelt(state))


def _in_state(field: str, state: str | None, platform: Platform, silence: Silence) -> _Stop:
    return _Stop(field=field, actual=state, expected=f"a state in which {platform.name} invoices", silence=silence)


def _flagged(place: str, extra: Mapping[str, object], platform: Platform) -> Iterator[_Stop]:
    """Fields of the platform's own, sent beside the canonical ones, that stop the invoices."""
    for name, value in extra.items() if platform.flags else ():
        for word in _values(value):
            silence = platform.flags.get((spelt(name), word))
            if silence is not None:
                yield _Stop(field=f"{place}{name}", actual=word, expected="what lets it be invoiced", silence=silence)
                break


def _values(value: Any) -> Iterator[str | None]:
    """A field's value as flags spell it, each of a list's; "*" besides, where it is anything at all."""
    for each in value if isinstance(value, list | tuple) else (value,):
        if each is None or isinstance(each, bool):
            yield None if each is None else str(each).lower()
        elif isinstance(each, str):
            yield spelt(each) or None
    if value:
        yield "*"


# -------------------------------------------------------------------------------------------------- unknown


def _unknown(configuration: BillingConfiguration, platform: Platform) -> Iterator[NotAssessed]:
    """States that are not known, and charges of which nothing says in which state they are."""
    if _is_unknown(configuration.status, platform):
        yield _not_known(f"the status {configuration.status!r}", platform, ())
    by_state: dict[str, list[str]] = {}
    for charge in configuration.charges:
        if charge.state is not None and _is_unknown(charge.state, platform):
            by_state.setdefault(charge.state, []).append(charge.charge_id)
    for state, charge_ids in sorted(by_state.items()):
        yield _not_known(f"the state {state!r}", platform, charge_ids)
    silent = [each.charge_id for each in configuration.charges if each.state is None]
    if configuration.status is None and silent:
        because = f"nothing says in which state {_charges(silent)} {'are' if len(silent) > 1 else 'is'}"
        yield NotAssessed(policy_id=CAUSE, because=f"{because}, so whether billing will act on it was not judged")


def _is_unknown(state: str | None, platform: Platform) -> bool:
    return state is not None and spelt(state) not in platform.invoicing and spelt(state) not in platform.silent


def _not_known(what: str, platform: Platform, charge_ids: Sequence[str]) -> NotAssessed:
    of = f" of {_charges(charge_ids)}" if charge_ids else ""
    because = f"{what}{of} is not a state of {platform.name} that is known, so whether it is invoiced was not judged"
    return NotAssessed(policy_id=CAUSE, because=because)


def _charges(charge_ids: Sequence[str]) -> str:
    return f"charge{'s' if len(charge_ids) > 1 else ''} {listed(charge_ids)}"


# ----------------------------------------------------------------------------------------------- difference


def _difference(
    setup: SetUp,
    stops: Sequence[_Stop],
    matches: Sequence[Match],
    streams: Sequence[Stream],
    charge_ids: tuple[str, ...] = (),
) -> Difference:
    """What is kept back. `streams` are the agreement's for the lines, or billing's where only some charges are stopped."""
    line_ids = tuple(line_id for match in matches for line_id in match.line_ids)
    wanted = frozenset(line_ids) | frozenset(charge_ids)
    worth = worth_of([each for each in streams if each.id in wanted], setup)
    reasons = list(dict.fromkeys(each.silence.because for each in stops))
    remedies = list(dict.fromkeys(each.silence.remedy for each in stops))
    can_change = all(each.changes for each in stops)
    return difference(
        CAUSE,
        Direction.UNDER,
        line_ids=line_ids if charge_ids else (),
        charge_ids=charge_ids,
        first=worth.first,
        largest=worth.first,
        under=worth.total,
        already_lost=worth.before,
        confidence=min((match.confidence for match in matches), default=SURE),
        evidence=tuple(Evidence(field=each.field, actual=each.actual, expected=each.expected) for each in stops),
        exposures=worth.exposures(line_ids),
        assumptions=worth.assumptions,
        changes=tuple(change for each in stops for change in each.changes) if can_change else (),
        remedy_text="; ".join(remedies),
        reports={
            "state": listed(list(dict.fromkeys(each.actual or "empty" for each in stops))),
            "because": listed(reasons),
        },
    )
