"""One small history that the tests look at, made once."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

import policies
from app.demo import documents, new_manifest
from app.demo.story import tell
from app.demo.world import the_world
from policies.checks import ALL
from policies.loader import load

SEED = 7
QUOTES = 400


class History:
    """A data set in memory: records by kind, and its manifest."""

    def __init__(self, seed, quotes, **options):
        self.manifest = new_manifest(seed, quotes)
        self.records = defaultdict(list)
        for document in documents(self.manifest, **options):
            self.records[document.kind.value].append(json.loads(document.text))

    def __getitem__(self, kind):
        return self.records[kind]

    def by(self, kind, key):
        return {record[key]: record for record in self.records[kind]}


@pytest.fixture(scope="session")
def history():
    return History(SEED, QUOTES)


@pytest.fixture(scope="session")
def world():
    return the_world(SEED)


@pytest.fixture(scope="session")
def stories(world):
    """The deals of the first accounts, with all that the simulator knows of them."""
    return [tell(world, account, 7) for account in range(140)]


@pytest.fixture(scope="session")
def planted(stories):
    """The deal that holds each pattern, of the accounts that were made to hold it."""
    found = {}
    for deals in stories:
        for deal in deals:
            for plant in (deal.plant, deal.leak, deal.over):
                if plant is not None and deal.forced:
                    found.setdefault(plant.pattern, deal)
    return found


@pytest.fixture(scope="session")
def library():
    """The policies that come with the program."""
    folder = Path(policies.__file__).parent / "library"
    return load({path.name: path.read_text("utf-8") for path in sorted(folder.glob("**/*.yaml"))}, ALL)
