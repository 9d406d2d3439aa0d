"""Many quotes, judged by several processes: each reads the rules once, and is handed quotes by the few hundred."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from cpq_hooks.canonical import load_quote
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, read_json

if TYPE_CHECKING:
    from policies.domain.quote import Quote

Answer = TypeVar("Answer")
Answer_co = TypeVar("Answer_co", covariant=True)
Sent = tuple[str, Any]

AT_A_TIME: Final = 400
_WORTH_ANOTHER: Final = 15_000
"""Under so many quotes, what other processes take to get ready is more than what they save."""
_AHEAD: Final = 3


class Question(Protocol[Answer_co]):
    """What is asked of each quote. It travels to other processes as it is, gets ready there, and is equal to its copies."""

    def __hash__(self) -> int: ...

    def ready(self) -> Callable[[Quote], Answer_co]: ...


@dataclass(frozen=True, slots=True)
class Replies(Generic[Answer]):
    """The answers on a batch of quotes, in their order, and what is wrong with those that could not be read."""

    answers: list[Answer]
    faults: list[tuple[str, str]]


def ask(
    question: Question[Answer],
    quotes: Iterable[Sent],
    *,
    here: Callable[[Quote], Answer] | None = None,
    processes: int | None = None,
) -> Iterator[Replies[Answer]]:
    """The answers on all quotes, batch by batch, in the order of the quotes, by however many processes.

    A history that is small is gone through in this process, by `here` where the question is ready already.
    """
    waiting = iter(quotes)
    first = list(islice(waiting, _WORTH_ANOTHER))
    count = processes if processes is not None else len(os.sched_getaffinity(0))
    everything = chain(first, waiting)
    if len(first) < _WORTH_ANOTHER or count < 2:
        answered = here or question.ready()
        yield from (_answered(answered, batch) for batch in _batches(everything))
        return
    yield from _by_several(question, everything, count)


def _by_several(question: Question[Answer], quotes: Iterable[Sent], count: int) -> Iterator[Replies[Answer]]:
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        running: deque[Future[Replies[Answer]]] = deque()
        try:
            for batch in _batches(quotes):
                running.append(pool.submit(_elsewhere, question, batch))
                if len(running) > count * _AHEAD:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _batches(quotes: Iterable[Sent]) -> Iterator[list[Sent]]:
    waiting = iter(quotes)
    while batch := list(islice(waiting, AT_A_TIME)):
        yield batch


def _elsewhere(question: Question[Answer], batch: list[Sent]) -> Replies[Answer]:
    return _answered(_ready(question), batch)


@lru_cache(maxsize=1)
def _ready(question: Question[Answer]) -> Callable[[Quote], Answer]:
    """In another process, which serves one question and ends: made ready once, however many batches come."""
    return question.ready()


def _answered(answer: Callable[[Quote], Answer], batch: list[Sent]) -> Replies[Answer]:
    answers: list[Answer] = []
    faults: list[tuple[str, str]] = []
    for place, value in batch:
        try:
            answers.append(answer(load_quote(_read(value), max_lines=None)))
        except Invalid as invalid:
            faults += [(place, f"{problem.path}: {problem.message}") for problem in invalid.problems]
        except Malformed as malformed:
            faults.append((place, malformed.message))
    return Replies(answers, faults)


def _read(value: Any) -> Any:
    return read_json(value, max_bytes=len(value) + 1) if isinstance(value, bytes) else value
