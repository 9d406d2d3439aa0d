"""The presets that docs/presets.md offers are tables that load, and that give each role what the page says."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from policies.domain.authority import Sale, limit_of
from policies.domain.company import DiscountAuthority
from tests.builders import built

PAGE = Path(__file__).parent.parent / "docs" / "presets.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
DEFAULT, BY_SIZE, MULTI_YEAR, ONE_YEAR, THREE_STEPS = (
    built(DiscountAuthority, yaml.safe_load(block)["discount_authority"]) for block in BLOCKS
)
LARGE, SMALL = Sale("Software", None, Decimal(250_000)), Sale("Software", None, Decimal(50_000))
SERVICES = Sale("Services", None, Decimal(50_000))


@pytest.mark.parametrize(
    ("table", "sale", "limits"),
    [
        (DEFAULT, SMALL, [10, 20, 30, 40, 100]),
        (BY_SIZE, SMALL, [10, 20, 30, 40, 100]),
        (BY_SIZE, LARGE, [0, 10, 20, 30, 100]),
        (MULTI_YEAR, SMALL, [5, 30, 100, 100]),
        (MULTI_YEAR, LARGE, [5, 30, 40, 100]),
        (MULTI_YEAR, SERVICES, [5, 49, 100, 100]),
        (ONE_YEAR, LARGE, [5, 20, 100]),
        (THREE_STEPS, LARGE, [10, 30, 100]),
    ],
)
def test_each_role_has_the_limit_that_the_page_names(table, sale, limits):
    assert [limit_of(table, role, sale).strictest for role in table.ladder] == limits


@pytest.mark.parametrize("table", [DEFAULT, BY_SIZE, MULTI_YEAR, ONE_YEAR, THREE_STEPS])
@pytest.mark.parametrize("sale", [SMALL, LARGE, SERVICES])
def test_no_role_has_less_than_the_one_below_it(table, sale):
    limits = [limit_of(table, role, sale).strictest for role in table.ladder]
    assert limits == sorted(limits)
