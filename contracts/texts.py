"""Generated texts: of every script and of every length of interest, each as likely as the others."""

from __future__ import annotations

from hypothesis import strategies as st

LENGTHS = (1, 2, 63, 64, 65, 255, 256, 1000, 1023, 1024, 1025, 4000, 8191, 8192, 10_000)
ANY_CHARACTER = st.characters(exclude_categories=["Cs"])
# One range of each kind that storage, transport or comparison is known to get wrong.
_RANGES = (
    (0x00, 0x1F),
    (0x20, 0x7E),
    (0x7F, 0x9F),
    (0xA0, 0x2FF),
    (0x300, 0x36F),
    (0x370, 0x58F),
    (0x590, 0x6FF),
    (0x700, 0x1FFF),
    (0x2000, 0x206F),
    (0x2070, 0x303F),
    (0x3040, 0x9FFF),
    (0xA000, 0xD7FF),
    (0xE000, 0xFFFF),
    (0x10000, 0x1F2FF),
    (0x1F300, 0x1FAFF),
    (0x20000, 0x3FFFF),
    (0xE0000, 0x10FFFF),
)
# Text of one range is one draw, where text of any of them would be two for each character.
_OF_ONE_RANGE = st.one_of(
    *(st.text(st.characters(min_codepoint=low, max_codepoint=high), min_size=1, max_size=12) for low, high in _RANGES),
    st.text(ANY_CHARACTER, min_size=1, max_size=12),
)
# What stands beside a character may decide whether it is trimmed, folded or dropped.
_BESIDE = st.sampled_from(("", "a", "Z", "9", " ", "aZ", "  "))
_SHAPES = st.sampled_from(("plain", "inside", "two", "long"))
_LENGTHS = st.sampled_from(LENGTHS) | st.integers(1, 10_000)


@st.composite
def texts(draw: st.DrawFn, longest: int = 10_000) -> str:
    """Text of one or more characters of Unicode, and of `longest` at the most."""
    text: str = draw(_OF_ONE_RANGE)
    shape = draw(_SHAPES)
    if shape == "inside":
        text = draw(_BESIDE) + text + draw(_BESIDE)
    elif shape == "two":
        text += draw(_OF_ONE_RANGE)
    elif shape == "long" and longest > len(text):
        length = min(draw(_LENGTHS), longest)
        text = (text * (length // len(text) + 1))[:length]
    return text[:longest]
