"""Every page that there is, in the order of the rooms that they belong to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.assess import Gate, Verifier
from app.config import Settings
from app.desk.service import DealDeskService
from app.pages.account import AccountPages
from app.pages.alerts import AlertPages
from app.pages.audits import AuditPages
from app.pages.company_sign_in import BACK, CompanySignIn
from app.pages.insights import InsightPages
from app.pages.models import ModelPages
from app.pages.page import Page
from app.pages.people import PeoplePages
from app.pages.playbooks import PlaybookPages
from app.pages.policies import PolicyPages
from app.pages.policy_drafts import DraftPages
from app.pages.queue import QueuePages
from app.pages.record import RecordPages
from app.pages.record_decision import DecisionPages
from app.pages.record_masking import Masking
from app.pages.recoveries import RecoveryPages
from app.pages.scorecard import ScorecardPages, ScorecardRoom
from app.pages.set_ups import SetUpPages
from app.pages.sign_in import SignInPages
from app.pages.static_files import StaticFiles
from app.people.lending import Lending
from app.people.oidc import IdentityProvider
from app.people.oidc_documents import ProviderDocuments
from app.people.passwords import Passwords
from app.people.registry import Registry
from app.people.signing_in import SigningIn
from app.rules import Rules
from app.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRoom:
    """What pages stand on. A page takes what it needs of it."""

    store: Store
    rules: Callable[[], Rules]
    clock: Callable[[], datetime]
    signing_in: SigningIn
    static: StaticFiles
    passwords: Passwords
    settings: Settings
    gate: Gate
    desk: DealDeskService
    set_ups: Verifier


def all_pages(room: PageRoom) -> tuple[Page, ...]:
    """Every page. A room adds a line with its own."""
    lending = Lending(room.store, room.clock)
    return (
        room.static.page(),
        *_sign_in_pages(room),
        *QueuePages(room.store, room.desk, room.rules).pages(),
        *AccountPages(room.store, room.signing_in, lending).pages(),
        *ScorecardPages(_scorecard_room(room)).pages(),
        *SetUpPages(room.store, room.set_ups, room.rules).pages(),
        *AuditPages(room.store, simulated=room.settings.simulated).pages(),
        *RecoveryPages(room.store, room.rules, room.settings.home, simulated=room.settings.simulated).pages(),
        *PlaybookPages(room.store, room.rules, room.settings.home).pages(),
        *InsightPages(room.store, room.rules).pages(),
        *DraftPages(room.store, room.rules).pages(),
        *PolicyPages(room.store, room.rules).pages(),
        *ModelPages(room.store, room.settings.models).pages(),
        *_record_pages(room),
        *AlertPages(room.store, room.settings.home).pages(),
        *PeoplePages(room.store, Registry(room.store, room.clock, room.passwords), room.rules).pages(),
    )


def _scorecard_room(room: PageRoom) -> ScorecardRoom:
    return ScorecardRoom(
        store=room.store, desk=room.desk, gate=room.gate, rules=room.rules, models=room.settings.models
    )


def _record_pages(room: PageRoom) -> tuple[Page, ...]:
    def masking() -> Masking:
        return Masking.by(room.rules())

    decision = DecisionPages(room.store, room.settings.models, masking)
    return RecordPages(room.store, decision, masking).pages()


def _sign_in_pages(room: PageRoom) -> tuple[Page, ...]:
    """The ways in: by password, and by the company's identity provider where there is one."""
    provider = _provider(room.settings)
    by_password = SignInPages(room.signing_in, oidc=provider is not None).pages()
    if provider is None:
        return by_password
    return (*by_password, *CompanySignIn(provider, room.store, room.signing_in, room.settings.oidc_roles).pages())


def _provider(settings: Settings) -> IdentityProvider | None:
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    ours = settings.public_url or f"http://{settings.host}:{settings.port}"
    return IdentityProvider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        back=ours + BACK,
        documents=ProviderDocuments(settings.oidc_issuer),
        roles_claim=settings.oidc_roles_claim,
    )
