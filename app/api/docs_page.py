"""The API's page for people: written on the server from the OpenAPI document, with no script and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from app.errors import KINDS

_CODE: Final = re.compile(r"`([^`]+)`")
_STRONG: Final = re.compile(r"\*\*([^*]+)\*\*")
_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_REF: Final = "#/components/schemas/"


def docs_page(document: Mapping[str, Any]) -> tuple[bytes, str]:
    """The page in HTML, and the content security policy that lets nothing but the page's own style work."""
    environment = Environment(
        loader=PackageLoader("app", "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": _prose, "typed": _typed, "pretty": _pretty, "fields": _fields}
    html = environment.get_template("api_docs.html").render(document=document, kinds=KINDS)
    return html.encode("utf-8"), _policy(html)


def _policy(html: str) -> str:
    style = _STYLE.search(html)
    digest = hashlib.sha256((style[1] if style else "").encode("utf-8")).digest()
    own = f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
    return f"default-src 'none'; style-src {own}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _prose(text: str) -> Markup:
    """Text with `code` and **weight**, everything else escaped."""
    escaped = str(escape(text))
    escaped = _STRONG.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", escaped))
    return Markup(escaped.strip().replace("\n\n", "<br><br>"))  # noqa: S704 - escaped two lines above


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _fields(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields of an object's schema as rows of a table."""
    required = set(schema.get("required", ()))
    return [
        {"name": name, "schema": each, "required": name in required, "about": each.get("description", "")}
        for name, each in schema.get("properties", {}).items()
    ]


def _typed(schema: Mapping[str, Any]) -> Markup:
    """A schema's type in a few words, with a link where it is one of the document's own."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return Markup('<a href="#schema-{0}">{0}</a>').format(name)
    several = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if several:
        return Markup(" or ").join(_typed(each) for each in several)
    kind = schema.get("type", "any")
    if kind == "array" or (isinstance(kind, list) and "array" in kind):
        return Markup("list of {}").format(_typed(schema.get("items", {})))
    if "enum" in schema:
        return Markup(", ").join(Markup("<code>{}</code>").format(_word(word)) for word in schema["enum"])
    return Markup.escape(schema.get("format") or (" or ".join(kind) if isinstance(kind, list) else kind))


def _word(word: Any) -> str:
    return "null" if word is None else str(word)
