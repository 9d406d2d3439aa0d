"""A notice that nothing caused: to try channels and templates with."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from app.store import DeliveryNote, DeliveryState, KeptNotice, KeptTelling, NoticeKind, NoticeNote


def sample_notice(now: datetime) -> KeptNotice:
    """A test alert."""
    finding = {
        "message": "This is a test: nothing has happened.", "effect": "flag", "policy_id": "test", "pattern": "",
        "owner": "", "fix": "", "money": "",
    }  # fmt: skip
    facts = {
        "subject_id": "TEST",
        "headline": "This is a test of the channel.",
        "verdict": "flag",
        "currency": "USD",
        "findings": [finding],
        "findings_in_all": 1,
    }
    note = NoticeNote(
        kind=NoticeKind.ALERT, dedupe_key="test", subject_type="quote", subject_id="TEST", currency="USD",
        amount=Decimal(1), facts=facts,
    )  # fmt: skip
    return KeptNotice(notice_id="ntc_test", thread_id="ntc_test", created_at=now, last_at=now, repeats=0, note=note)


def sample_delivery(notice: KeptNotice, note: DeliveryNote | None, channel: str = "") -> KeptTelling:
    """A telling as it would be."""
    return KeptTelling(
        seq=0,
        delivery_id="tel_test",
        notice=notice,
        channel=channel if note is None else note.channel,
        state=DeliveryState.WAITING,
        created_at=notice.created_at,
        due_at=notice.created_at if note is None else note.due_at,
        urgent=False,
        attempts=0,
    )
