"""The page before any browser: what its parts may hold."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.report.made_up import known

from wearline.report.model import report_model
from wearline.report.page import charts_library, json_in_script, page

ANY_TEXT = st.text(st.characters(blacklist_categories=()), max_size=40)


@given(st.dictionaries(ANY_TEXT, ANY_TEXT))
def test_json_says_the_same_and_ends_no_script(value: dict[str, str]) -> None:
    text = str(json_in_script(value))
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")
    text.encode("utf-8")


def test_policy_names_exactly_the_scripts_and_styles_of_the_page() -> None:
    html = page(report_model(known(10)))
    (given_,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    policy = unescape(given_)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert rules["script-src"].split() == [hashed(script), hashed(charts_library())]
    assert rules["style-src"].split() == [hashed(style), hashed("")]
    assert "unsafe" not in policy
    assert "http" not in policy


def test_charts_are_there_and_end_no_script() -> None:
    assert "Plotly, Inc." in charts_library()[:300]
    assert "</script" not in charts_library().lower()


def hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
