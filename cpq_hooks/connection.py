"""A connection: one system of a vendor's that Quoteguard is connected to, with its secrets and its own settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """`name` is the company's own for it and stands in the webhook's address; `connector` names the adapter.

    `public_url` is the address that the vendor calls, as the vendor knows it; `base_url` where its API answers. `secrets`
    hold, by purpose ("webhook", "api", "user", "password", ...), the values in force, the newest first; they never show in
    a repr. `options` are the adapter's own settings, which it names in `Adapter.options`.
    """

    name: str
    connector: str
    tenant: str | None = None
    public_url: str | None = None
    base_url: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    allow_private: bool = False

    def secret(self, purpose: str) -> str | None:
        """The newest secret for a purpose; None where there is none."""
        found = self.secrets.get(purpose, ())
        return found[0] if found else None

    def option(self, name: str, default: str | None = None) -> str | None:
        return self.options.get(name, default)
