"""Generated texts: of every script and of every length of interest, each as likely as the others.

A text is drawn as one choice, a few bytes of which each decides one thing, for Hypothesis takes as long for each choice
as for a whole text. It shrinks bytes towards zero, and so texts towards a single `a`.
"""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

LENGTHS = (1, 2, 63, 64, 65, 255, 256, 1000, 1023, 1024, 1025, 4000, 8191, 8192, 10_000)
# One range of each kind that storage, transport or comparison is known to get wrong, the simplest first; then all, of
# which there is more to reach.
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
    *[(0x0, 0x10FFFF)] * 6,
)
# What stands beside a character may decide whether it is trimmed, folded or dropped.
_BESIDE = ("", "a", "Z", "9", " ", "aZ", "  ")
_SHAPES = 4
_PLAIN, _INSIDE, _TWO, _LONG = range(_SHAPES)
# Bytes that say which shape, ranges, neighbours and length, and bytes for each character.
_HEAD, _CHARACTERS, _WIDTH = 6, 12, 3
# How many characters half of the long texts are made of, and how far apart those are that come from the same bytes: any
# odd number that leads from one block of Unicode to others.
_MANY, _APART = 96, 0x9E37


def texts(longest: int = 10_000) -> st.SearchStrategy[str]:
    """Texts of one or more characters of Unicode, and of `longest` at the most."""
    size = _HEAD + _CHARACTERS * _WIDTH
    return st.binary(min_size=size, max_size=size).map(lambda drawn: text_of(drawn, longest))


def text_of(drawn: bytes, longest: int) -> str:
    """The text that these bytes stand for: 42 of them."""
    shape, first, second, count, *length = drawn[:_HEAD]
    shape %= _SHAPES
    ranges = RANGES[first % len(RANGES)], RANGES[(second if shape == _TWO else first) % len(RANGES)]
    many = shape == _LONG and count > 127
    text = "".join(_characters(drawn[_HEAD:], _MANY if many else 1 + count % _CHARACTERS, *ranges))
    if shape == _INSIDE:
        text = _BESIDE[length[0] % len(_BESIDE)] + text + _BESIDE[length[1] % len(_BESIDE)]
    elif shape == _LONG:
        wanted = min(_length(*length), longest)
        text = (text * (wanted // len(text) + 1))[:wanted]
    return text[:longest]


def _characters(drawn: bytes, count: int, *ranges: tuple[int, int]) -> Iterator[str]:
    """So many characters, of the ranges by turns."""
    for place in range(count):
        low, high = ranges[place % len(ranges)]
        turn, at = divmod(place * _WIDTH, _CHARACTERS * _WIDTH)
        code = low + (int.from_bytes(drawn[at : at + _WIDTH]) + turn * _APART) % (high - low + 1)
        # Surrogates are no characters.
        yield chr(code if not 0xD800 <= code <= 0xDFFF else code - 0xD800)


def _length(which: int, more: int) -> int:
    """Half the time one of the lengths of interest, else any."""
    return LENGTHS[which % len(LENGTHS)] if more % 2 else 1 + (which << 8 | more) * LENGTHS[-1] // 0x10000
