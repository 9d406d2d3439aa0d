"""Kill Bill's objects as tests need them: a catalog in its XML, and what its API answers."""

from __future__ import annotations

from cpq_hooks.connection import Connection


def a_connection(secrets=None, **options):
    known = {
        "webhook": ("s3cret-new", "s3cret-old"),
        "api_user": ("admin",),
        "api_password": ("pw",),
        "api_key": ("k",),
        "api_secret": ("s",),
    }
    return Connection(
        name="kb",
        connector="killbill",
        base_url="https://kb.example",
        options=options,
        secrets=known if secrets is None else secrets,
    )


def a_phase(
    kind="EVERGREEN",
    price="100.00",
    *,
    unit="UNLIMITED",
    number=None,
    usages="",
    period="MONTHLY",
    tag="finalPhase",
    fixed=None,
):
    duration = f"<duration><unit>{unit}</unit>{f'<number>{number}</number>' if number else ''}</duration>"
    charged = "" if fixed is None else f"<fixed><fixedPrice>{_price(fixed)}</fixedPrice></fixed>"
    recurring = "" if price is None else (
        f"<recurring><billingPeriod>{period}</billingPeriod><recurringPrice>{_price(price)}</recurringPrice></recurring>"
    )  # fmt: skip
    return f'<{tag} type="{kind}">{duration}{charged}{recurring}<usages>{usages}</usages></{tag}>'


def _price(value):
    return "" if value == "" else f"<price><currency>USD</currency><value>{value}</value></price>"


def a_trial(days=30):
    return a_phase("TRIAL", None, unit="DAYS", number=days, tag="phase", fixed="")


def a_block(price, most="-1", size="1", unit="call"):
    prices = f"<prices>{_price(price)}</prices>"
    return f"<tier><blocks><tieredBlock><unit>{unit}</unit><size>{size}</size>{prices}<max>{most}</max></tieredBlock></blocks></tier>"


def a_usage(*tiers, policy="ALL_TIERS", kind="CONSUMABLE", mode="IN_ARREAR"):
    return (
        f'<usage name="calls" billingMode="{mode}" usageType="{kind}" tierBlockPolicy="{policy}"><billingPeriod>MONTHLY</billingPeriod>'
        f"<tiers>{''.join(tiers)}</tiers></usage>"
    )


def a_catalog(final=None, *initial, mode="IN_ADVANCE", product="Seat", plan="seat-monthly", rules=""):
    return (
        f"<catalog><effectiveDate>2026-01-01T00:00:00+00:00</effectiveDate><catalogName>C</catalogName>"
        f"<recurringBillingMode>{mode}</recurringBillingMode><currencies><currency>USD</currency></currencies>"
        f'<products><product name="Seat"><category>BASE</category></product></products><rules>{rules}</rules>'
        f'<plans><plan name="{plan}"><product>{product}</product><initialPhases>{"".join(initial)}</initialPhases>{final or a_phase()}</plan></plans>'
        f"</catalog>"
    ).encode()


def wrapped(catalog=None, tags=(), custom=(), **changes):
    subscription = {
        "accountId": "acc-1", "bundleId": "b-1", "subscriptionId": "sub-1", "externalKey": "x", "startDate": "2026-01-01", "billingStartDate": "2026-01-01",
        "productName": "Seat", "productCategory": "BASE", "billingPeriod": "MONTHLY", "phaseType": "EVERGREEN", "priceList": "DEFAULT",
        "planName": "seat-monthly", "state": "ACTIVE", "sourceType": "NATIVE", "cancelledDate": None, "billingEndDate": None, "billCycleDayLocal": 1,
        "chargedThroughDate": "2026-02-01", "events": [], "priceOverrides": None, "auditLogs": [],
        "prices": [{"planName": "seat-monthly", "phaseName": "seat-monthly-evergreen", "phaseType": "EVERGREEN", "recurringPrice": 90, "usagePrices": []}],
    }  # fmt: skip
    account = {
        "accountId": "acc-1",
        "externalKey": "cust_1",
        "name": "Initech",
        "currency": "USD",
        "timeZone": "America/New_York",
        "country": "US",
    }
    beside = {} if catalog is None else catalog
    return {
        "subscription": {**subscription, **changes},
        "account": account,
        "tags": list(tags),
        "custom_fields": list(custom),
        **beside,
    }


def an_invoice(*items, **changes):
    known = {
        "invoiceId": "inv-1",
        "accountId": "acc-1",
        "currency": "USD",
        "invoiceDate": "2026-02-01",
        "amount": 109,
        "status": "COMMITTED",
        "items": list(items),
    }
    return {**known, **changes}


def an_item(kind="RECURRING", amount=100, **changes):
    known = {
        "itemType": kind, "amount": amount, "currency": "USD", "subscriptionId": "sub-1", "planName": "seat-monthly", "productName": "Seat",
        "startDate": "2026-02-01", "endDate": "2026-03-01", "rate": amount, "quantity": 1,
    }  # fmt: skip
    return {**known, **changes}
