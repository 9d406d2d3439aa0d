"""Notices as JSON: our own shape, and tickets as Jira and ServiceNow take them. Pure."""

from __future__ import annotations

from typing import Any

from app.alerts.entries import ChannelEntry, ChannelKind
from app.alerts.wording import Message


def ticket(message: Message, channel: ChannelEntry) -> dict[str, Any]:
    """What is posted to a channel."""
    shapes = {ChannelKind.JIRA: _jira, ChannelKind.SERVICENOW: _servicenow}
    return shapes.get(channel.kind, _plain)(message, channel)


def _plain(message: Message, channel: ChannelEntry) -> dict[str, Any]:
    return {
        "id": message.delivery_id,
        "thread_id": message.thread_id,
        "channel": channel.name,
        "subject": message.subject,
        "body": message.body,
        "notices": [
            {
                "notice_id": each.notice_id,
                "kind": each.note.kind.value,
                "subject": {"type": each.note.subject_type, "id": each.note.subject_id},
                "decision_id": each.note.decision_id,
                "currency": each.note.currency,
                "at_risk": None if each.note.amount is None else f"{each.note.amount:f}",
                "simulated": each.note.simulated,
                "facts": dict(each.note.facts),
            }
            for each in message.notices
        ],
    }


def _jira(message: Message, channel: ChannelEntry) -> dict[str, Any]:
    """An issue for POST /rest/api/2/issue. The label lets a rule of Jira find a repeat of the same."""
    fields = {
        "project": {"key": channel.project},
        "issuetype": {"name": "Task"},
        "summary": message.subject,
        "description": message.body,
        "labels": ["quoteguard", message.thread_id or message.delivery_id],
    }
    return {"fields": fields}


def _servicenow(message: Message, channel: ChannelEntry) -> dict[str, Any]:
    """An incident for POST /api/now/table/incident. Repeats have the same correlation id."""
    urgent = any(each.note.kind.value in ("alert", "escalation") for each in message.notices)
    group = {} if channel.project is None else {"assignment_group": channel.project}
    return {
        "short_description": message.subject[:160],
        "description": message.body,
        "urgency": "1" if urgent else "2",
        "category": "quoteguard",
        "correlation_id": message.thread_id or message.delivery_id,
        "correlation_display": message.delivery_id,
        **group,
    }
