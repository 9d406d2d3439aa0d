"""What adapters share whose vendors tell of a thing once it has happened: no answer to a delivery stops anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from cpq_hooks.adapter import Delivery, Inline, VendorReply
from cpq_hooks.connection import Connection
from cpq_hooks.reading import read_json

_RECEIVED: Final = VendorReply(status=200, body=b'{"received":true}')


class ToldAfterwards:
    """The part of an adapter that answers such deliveries. What a vendor wants otherwise, its adapter says itself."""

    __slots__ = ()

    def acknowledge(self, delivery: Delivery, connection: Connection) -> VendorReply:
        del delivery, connection
        return _RECEIVED

    def inline(self, delivery: Delivery, connection: Connection) -> Inline | None:
        """None: nobody waits for a verdict."""
        del delivery, connection
        return None

    def answer(self, decision: Mapping[str, Any], delivery: Delivery, connection: Connection) -> VendorReply:
        """The vendor reads no answer; the verdict is for whoever looks at the delivery in its logs."""
        del delivery, connection
        told = {"received": True, "verdict": decision.get("verdict"), "headline": decision.get("headline")}
        return VendorReply(status=200, body=json.dumps(told, ensure_ascii=False).encode())

    def parse(self, raw: bytes) -> Any:
        """JSON as plain values. Raises `Malformed`."""
        return read_json(raw)
