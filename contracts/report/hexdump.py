"""Bytes to read: hexadecimal, with text beside it."""

from __future__ import annotations


def hexdump(body: bytes, most: int) -> list[str]:
    """Lines of 16 bytes each: offset, hexadecimal, and the printable ASCII of it; at most so many bytes are shown."""
    shown = body[:most]
    lines = [_line(at, shown[at : at + 16]) for at in range(0, len(shown), 16)]
    return lines + ([f"… {len(body) - most} more bytes"] if body[most:] else [])


def _line(at: int, part: bytes) -> str:
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
    return f"{at:08x}  {part.hex(' '):<47}  {text}"
