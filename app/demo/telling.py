"""Telling the stories of many accounts, in order, by one process or several.

Stories are independent, so processes take turns at runs of accounts and their results are put in order again. Only the
last account is told once more where its story is longer than what is still wanted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from typing import Final

from app.demo.accounts import Customer
from app.demo.documents import Document, account_document, documents_of, rep_document
from app.demo.story import LONGEST, tell
from app.demo.truth import plants
from app.demo.world import ACCOUNTS_A_POD, World

_ACCOUNTS_A_TURN: Final = 50
_TURNS_AHEAD: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An account's documents, and what is counted of them."""

    account: int
    quotes: int
    documents: tuple[Document, ...]
    patterns: tuple[str, ...]
    accepted: int
    leaked: int
    forced: int


def tellings(world: World, quotes: int, workers: int) -> Iterator[Told]:
    """Accounts, one after the other, until there are so many quotes."""
    wanted = quotes
    for told in _in_turns(world, workers) if workers > 1 else _one_by_one(world, quotes):
        cut = told if told.quotes <= wanted else account(world, told.account, wanted)
        yield cut
        wanted -= cut.quotes
        if not wanted:
            return


def account(world: World, number: int, most: int = LONGEST) -> Told:
    """The story of an account, at most so many quotes of it, in documents. The first of a pod brings the pod's reps."""
    deals = tell(world, number, most)
    documents: list[Document] = []
    if number % ACCOUNTS_A_POD == 0:
        documents += [rep_document(person, world.end) for person in world.pod_of(number).people()]
    customer: Customer = deals[0].occasion.customer
    documents.append(account_document(customer))
    for deal in deals:
        documents += documents_of(deal, world.seed, world.end)
    return Told(
        account=number,
        quotes=len(deals),
        documents=tuple(documents),
        patterns=tuple(plant.pattern for deal in deals for plant in plants(deal)),
        accepted=sum(deal.is_accepted for deal in deals),
        leaked=sum(deal.leak is not None for deal in deals),
        forced=sum(deal.forced for deal in deals),
    )


def _one_by_one(world: World, quotes: int) -> Iterator[Told]:
    for number in count():
        told = account(world, number, quotes)
        quotes -= told.quotes
        yield told


def _in_turns(world: World, workers: int) -> Iterator[Told]:
    """Runs of accounts by several processes, a few runs ahead of what is asked for, so that memory stays bounded."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running: deque[Future[list[Told]]] = deque()
        try:
            for first in count(step=_ACCOUNTS_A_TURN):
                running.append(pool.submit(_turn, world, first))
                if len(running) > workers * _TURNS_AHEAD:
                    yield from running.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _turn(world: World, first: int) -> list[Told]:
    return [account(world, number) for number in range(first, first + _ACCOUNTS_A_TURN)]
