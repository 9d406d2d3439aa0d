"""Objects in Amazon S3 and what speaks its protocol, Google Cloud Storage and Azure Blob Storage.

Who may come in is said by each provider's own variables (AWS_ACCESS_KEY_ID, GOOGLE_APPLICATION_CREDENTIALS,
AZURE_STORAGE_ACCOUNT_NAME, ...), by the machine's role, or by nothing at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from scoring.model.errors import ModelRefused, StoreAway
from scoring.model.remote import Object

if TYPE_CHECKING:
    from obstore import UpdateVersion
    from obstore.store import ObjectStore

_SECONDS: Final = "20s"
"""One request; a model's largest file has a few megabytes."""
_TO_CONNECT: Final = "3s"
_RETRIES: Final = 2
_RETRY_FOR: Final = timedelta(seconds=10)
_LONGEST: Final = 200


@lru_cache(maxsize=8)
def client_of(address: str) -> ObjectStore:
    """A client for an address such as s3://bucket/prefix. Raises ModelRefused where there is none."""
    # An extra: most companies keep their models in a folder.
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ImportError:
        wanted = 'pip install "quoteguard[objects]"'
        raise ModelRefused([f"models in an object store need a client that is not installed: {wanted}"]) from None
    try:
        return from_url(
            address,
            # Plain HTTP is spoken where the endpoint that is stated is so, as for a store in the same network.
            client_options={"timeout": _SECONDS, "connect_timeout": _TO_CONNECT, "allow_http": True},
            retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_FOR},
        )
    except (BaseError, ValueError) as error:
        raise ModelRefused([f"{address} cannot be used: {_short(error)}"]) from error


@dataclass(frozen=True, slots=True)
class StoredObjects:
    """The objects below an address. Each call raises StoreAway, or ModelRefused where there is no client for it."""

    address: str
    client: Callable[[str], ObjectStore] = client_of

    def names(self) -> list[str]:
        """Every name."""
        with self._asking() as store:
            return [meta["path"] for portion in store.list() for meta in portion]

    def get(self, name: str) -> Object | None:
        """What stands under a name; None where nothing does."""
        with self._asking() as store:
            try:
                found = store.get(name)
                tag = {"e_tag": found.meta["e_tag"], "version": found.meta["version"]}
                return Object(bytes(found.bytes()), json.dumps(tag))
            except FileNotFoundError:
                return None

    def put(self, name: str, content: bytes, instead_of: str | None) -> bool:
        """Write where what stands there has that tag (None: where nothing does); False where another was quicker."""
        with self._asking() as store:
            from obstore.exceptions import AlreadyExistsError, PreconditionError

            try:
                store.put(name, content, mode="create" if instead_of is None else _only(instead_of))
            except (AlreadyExistsError, PreconditionError, FileNotFoundError):
                return False
        return True

    @contextmanager
    def _asking(self) -> Iterator[ObjectStore]:
        store = self.client(self.address)
        from obstore.exceptions import BaseError

        try:
            yield store
        except (BaseError, OSError) as error:
            raise StoreAway([f"{self.address} cannot be asked: {_short(error)}"]) from error


def _only(tag: str) -> UpdateVersion:
    """What has to stand there: some stores tell contents by a tag, others by a version's number."""
    stated: UpdateVersion = {}
    found = json.loads(tag)
    if found["e_tag"] is not None:
        stated["e_tag"] = found["e_tag"]
    if found["version"] is not None:
        stated["version"] = found["version"]
    return stated


def _short(error: Exception) -> str:
    """The first line of what went wrong: the rest is how the client is built."""
    first = (str(error).splitlines() or [type(error).__name__])[0].strip()
    return first if len(first) <= _LONGEST else f"{first[:_LONGEST]}..."
