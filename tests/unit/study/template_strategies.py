"""Hypothesis strategies for key templates and for keys that they accept, or nearly."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st

from wearline.core.keys import DateField, Field, KeyTemplate, Literal

DATE_FORMATS = [
    "%Y-%m-%d",
    "%d%b%Y",
    "%Y%m%d",
    "%y%j".replace("%j", "%m"),
    "%Y%m%d_%H%M%S",
    "%d-%m",
]
LITERAL = st.text("ab_-./ é%+*\\{}Wß", min_size=1, max_size=4)
VALUE = st.text("abW_-. é%+*\\{}ß1", min_size=1, max_size=4)
MOMENT = st.datetimes(
    datetime.fromisoformat("1970-01-01"), datetime.fromisoformat("2068-12-31")
).filter(lambda moment: (moment.month, moment.day) != (2, 29))  # no date of a year not written


@st.composite
def templates(draw: st.DrawFn) -> KeyTemplate:
    """Literals, fields and dates in any order, no two fields side by side."""
    kinds = draw(st.lists(st.sampled_from(["literal", "field", "date"]), min_size=1, max_size=6))
    text, before = "", ""
    for number, kind in enumerate(kinds):
        if kind == "field" and before == "field":
            continue
        before = kind
        if kind == "literal":
            text += draw(LITERAL).replace("{", "{{").replace("}", "}}")
        elif kind == "field":
            text += f"{{f{number}}}"
        else:
            text += f"{{d{number}:{draw(st.sampled_from(DATE_FORMATS))}}}"
    return KeyTemplate.parse(text, ignore_case=draw(st.booleans()))


@st.composite
def keys_of(draw: st.DrawFn, template: KeyTemplate) -> str:
    """A key that the template accepts."""
    parts = []
    for token in template.tokens:
        match token:
            case Literal(text):
                parts.append(draw(st.sampled_from(_spellings(text, template.ignore_case))))
            case Field():
                parts.append(draw(VALUE))
            case DateField(_, form):
                parts.append(draw(MOMENT).strftime(form.text))
    return "".join(parts)


@st.composite
def templates_with_keys(draw: st.DrawFn) -> tuple[KeyTemplate, str]:
    template = draw(templates())
    return template, draw(keys_of(template))


@st.composite
def templates_with_near_keys(draw: st.DrawFn) -> tuple[KeyTemplate, str]:
    """A key that the template accepts, with one character changed, added or lost."""
    template, key = draw(templates_with_keys())
    position = draw(st.integers(0, len(key)))
    replacement = draw(st.text("abW_/-.é0123", max_size=2))
    return template, key[:position] + replacement + key[position + draw(st.integers(0, 1)) :]


def _spellings(text: str, ignore_case: bool) -> list[str]:
    if not ignore_case:
        return [text]
    upper = "".join(c.upper() if len(c.upper()) == 1 else c for c in text)
    return [text, text.lower(), upper]
