"""What the linter says of approval chains."""

import pytest

from policies.domain.company import Company, DiscountAuthority
from policies.domain.desk import ApprovalChain, ChainCondition, ChainStage
from policies.linter import lint
from policies.policyset import PolicySet


def a_chain(*stages, name="large", **when):
    return ApprovalChain(
        name=name, stages=tuple(ChainStage(roles=roles) for roles in stages), when=ChainCondition(**when)
    )


def faults(*chains):
    company = Company(
        name="Acme",
        currency="USD",
        discount_authority=DiscountAuthority(ladder=("manager", "director"), rules=()),
        approval_hours={"manager": 4, "finance": 8},
        approval_chains=chains,
    )
    found = lint(company, None, PolicySet.of(()))
    return [
        (fault.message.removeprefix("approval_chains: "), fault.refuses) for fault in found if "chains" in fault.message
    ]


def test_a_chain_of_roles_that_there_are_is_taken():
    assert faults(a_chain(("manager",), ("finance",))) == []


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        (a_chain(("finanse",)), ("large: there is no role finanse; did you mean finance?", True)),
        (a_chain(("manager",), ("manager",)), ("large: manager is asked twice", True)),
        (a_chain(("manager",), policies=("none",)), ("large: there is no policy none", True)),
        (a_chain(("manager",), ("deal-desk",)), ("large: no time is set in approval_hours for deal-desk", False)),
    ],
)
def test_a_chain_that_nobody_could_go_through_is_told(chain, told):
    assert faults(chain) == [told]


def test_a_lower_rung_after_a_higher_one_is_asked_for_nothing():
    [_, told] = faults(a_chain(("director",), ("manager",)))
    assert told == ("large asks a lower role of the ladder after a higher one", False)


def test_two_chains_of_one_name_are_refused():
    assert faults(a_chain(("manager",)), a_chain(("finance",))) == [("two chains are called large", True)]
