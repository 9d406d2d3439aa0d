"""A little Markdown, and nothing that a browser would obey."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.markup import rendered


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("## Title", "<h2>Title</h2>"),
        ("### Under **it**", "<h3>Under <strong>it</strong></h3>"),
        ("One\ntwo\n\nthree", "<p>One two</p>\n<p>three</p>"),
        ("1. a\n2. b\n   more\n\nend", "<ol><li>a</li><li>b more</li></ol>\n<p>end</p>"),
        ("- a\n- b\n1. c", "<ul><li>a</li><li>b</li></ul>\n<ol><li>c</li></ol>"),
        ("`**x**` **y**", "<p><code>**x**</code> <strong>y</strong></p>"),
        ("[us](/queue) [them](https://a.example/b?c=1&d=2)", '<p><a href="/queue">us</a> <a href="https://a.example/b?c=1&amp;d=2">them</a></p>'),
        ("5 * 3 * 2 and a_b_c", "<p>5 * 3 * 2 and a_b_c</p>"),
    ],
)  # fmt: skip
def test_what_is_marked_is_shown_so(text, html):
    assert rendered(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](//evil.example)",
        '[x](https://a.example/"onclick="alert(1))',
        "![x](https://a.example/x.png)<img src=x onerror=alert(1)>",
        "`<b>`",
        "[x](/\\evil.example)",
    ],
)
def test_hostile_text_is_shown_and_never_obeyed(text):
    html = rendered(text)
    for bad in ("<script", "<img", 'javascript:alert(1)"', 'onclick="', 'href="//', "<b>", 'href="/\\'):
        assert bad not in html


@given(st.text(alphabet="<>\"'&*`[]()/#-1. \nhttps:x", max_size=200))
def test_only_tags_of_ours_come_out(text):
    html = rendered(text)
    for tag in html.split("<")[1:]:
        name = tag.removeprefix("/").split(">")[0].split(" ")[0]
        assert name in {"p", "h2", "h3", "h4", "ol", "ul", "li", "strong", "code", "a"}
