"""Generated texts: of every script and of every length of interest."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

LENGTHS = (1, 2, 63, 64, 65, 255, 256, 1000, 1023, 1024, 1025, 4000, 8191, 8192, 10_000)
# One range of each kind that storage, transport or comparison is known to get wrong, the simplest first.
RANGES = (
    (0x61, 0x7A),
    (0x20, 0x7E),
    (0x00, 0x1F),
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
# What stands beside a character may decide whether it is trimmed, folded or dropped.
_BESIDE = st.sampled_from(("", "a", "Z", "9", " ", "aZ", "  "))


@cache
def texts(longest: int = 10_000) -> st.SearchStrategy[str]:
    """Texts of one or more characters of Unicode, and of `longest` at the most."""
    # Surrogates are no characters.
    ranges = [st.characters(codec="utf-8", min_codepoint=low, max_codepoint=high) for low, high in RANGES]
    words = st.one_of(*(st.text(one, min_size=1, max_size=12) for one in ranges))
    mixed = st.text(min_size=1, max_size=24)
    lengths = st.sampled_from([length for length in LENGTHS if length <= longest]) | st.integers(1, longest)
    inside = st.tuples(_BESIDE, words, _BESIDE).map("".join)
    long = st.tuples(st.one_of(words, mixed), lengths).map(lambda drawn: _stretched(*drawn))
    return st.one_of(words, inside, mixed, long).map(lambda text: text[:longest])


def _stretched(text: str, length: int) -> str:
    return (text * (length // len(text) + 1))[:length]
