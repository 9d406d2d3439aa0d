"""Messages by apprise: Slack, Teams, e-mail and a hundred others by one address each. Only the worker imports this.

An address that may be any host is judged before it is called, as a webhook's is; those that apprise would post JSON, XML or a
form to are channels of their own kind, whose connections are judged as they are made.
"""

from __future__ import annotations

import logging
from typing import Any, Final
from urllib.parse import quote

import apprise

from app.alerts.config import Channel
from app.alerts.wording import Message
from cpq_hooks.clients.destinations import Guard
from cpq_hooks.clients.failures import Forbidden, Unreachable

_REFUSED: Final = frozenset({"json", "jsons", "xml", "xmls", "form", "forms", "file", "syslog", "dbus", "exec"})
_MAIL: Final = ("mailto", "mailtos")


class ByApprise:
    """Sends by apprise. Its own log is switched off, since it quotes addresses."""

    def __init__(self) -> None:
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)

    def __call__(self, channel: Channel, message: Message) -> None:
        """Send a message. Raises `CallFailed`."""
        service = self._service(channel, message)
        is_page = message.html is not None and _scheme(channel) in _MAIL
        told = apprise.Apprise(asset=_asset())
        told.add(service)
        sent = told.notify(
            title=message.subject,
            body=(message.html or "") if is_page else message.body,
            body_format=apprise.NotifyFormat.HTML if is_page else apprise.NotifyFormat.TEXT,
        )
        if not sent:
            raise Unreachable(f"{channel.name} did not take it")

    def check(self, channel: Channel) -> str | None:
        """What is wrong with a channel's address; None where it can be used."""
        try:
            self._service(channel, None)
        except Forbidden as refused:
            return str(refused)
        return None

    def _service(self, channel: Channel, message: Message | None) -> Any:
        scheme = _scheme(channel)
        if scheme in _REFUSED or scheme.startswith(("http", "exec")):
            raise Forbidden(f"{channel.name}: {scheme} is no channel by apprise: take kind webhook, jira or servicenow")
        address = channel.secret or ""
        if message is not None and scheme in _MAIL and message.thread_id is not None:
            sign = "&" if "?" in address else "?"
            thread = quote(f"<{message.thread_id}@quoteguard>", safe="")
            address = f"{address}{sign}%2BReferences={thread}&%2BX-Quoteguard-Id={quote(message.delivery_id)}"
        service = apprise.Apprise.instantiate(address, asset=_asset())
        if service is None:
            raise Forbidden(f"{channel.name}: apprise cannot read its address")
        if "host" in type(service).template_tokens:
            self._judge(channel, service)
        return service

    def _judge(self, channel: Channel, service: Any) -> None:
        host = getattr(service, "smtp_host", None) or service.host
        try:
            Guard(allow_private=channel.entry.allow_private).addresses(str(host), service.port or 443)
        except Forbidden:
            raise Forbidden(f"{channel.name} has a private address, and its channel may not call those") from None
        except OSError:
            raise Unreachable(f"{channel.name} has an address that cannot be found") from None


def _scheme(channel: Channel) -> str:
    return (channel.secret or "").partition("://")[0].strip().lower()


def _asset() -> Any:
    return apprise.AppriseAsset(
        app_id="Quoteguard", app_desc="Quoteguard", app_url="", secure_logging=True,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )  # fmt: skip
