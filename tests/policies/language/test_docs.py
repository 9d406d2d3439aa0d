"""The examples of the manual are read as the program reads them, with the words of quotes."""

import re
from pathlib import Path

import pytest
import yaml

from policies.language import Reader, Source, TableText
from policies.language.tables import Band
from policies.vocabulary import QUOTE

PAGE = (Path(__file__).parents[3] / "docs" / "policy-language.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def rendered(text: str) -> str:
    reader = Reader(QUOTE, "line")
    reader.condition(Source(text, file="policy.yaml"))
    return "\n".join(problem.render() for problem in reader.problems)


@pytest.mark.parametrize("text", [line for block in blocks("expression") for line in block.splitlines()])
def test_an_example_is_accepted(text):
    assert rendered(text) == ""


def test_the_refusal_is_shown_as_it_is_printed():
    [text] = blocks("refused")
    assert rendered(text.strip()) in PAGE


def test_the_tables_are_taken_up():
    [tables] = [found["tables"] for found in map(yaml.safe_load, blocks("yaml")) if "tables" in found]
    reader = Reader(QUOTE, "line")
    reader.add_tables(a_table(name, rows) for name, rows in tables.items())
    for text in ("volume_discount > 5", "quote.deal_type != null and longest_term[quote.deal_type] > 12"):
        reader.condition(Source(text))
    assert reader.problems == []


def a_table(name: str, rows: dict) -> TableText:
    said = {key: str(value) for key, value in rows.items() if key not in {"by", "bands"}}
    bands = [Band(Source(str(band["up_to"] or "null")), Source(str(band["value"]))) for band in rows.get("bands", ())]
    keys = tuple((Source(key), Source(value)) for key, value in said.items())
    return TableText(name=Source(name), by=Source(rows["by"]), rows=keys, bands=tuple(bands))
