"""Cleaning and counting of what people type, whatever their script."""

from __future__ import annotations

import unicodedata
from typing import Final

# Marks that turn the direction of the text after them: of use to spoofers only. Letters of
# right-to-left scripts carry their own direction and stay as they are.
_DIRECTION_MARKS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_ENDS: Final = str.maketrans({"\t": " ", "\n": " ", "\r": " ", "\u2028": " ", "\u2029": " "})
_JOINER: Final = "\u200d"
_MARKS: Final = frozenset({"Mn", "Me", "Mc"})


def _printable(char: str) -> bool:
    if char in _DIRECTION_MARKS or char == "\ufeff":
        return False
    return unicodedata.category(char) not in {"Cc", "Cs"}


def clean_line(value: str) -> str:
    """One line: composed (NFC), no control characters, no space at either end."""
    composed = unicodedata.normalize("NFC", value.translate(_LINE_ENDS))
    if composed.isascii() and composed.isprintable():
        return composed.strip()
    return "".join(char for char in composed if _printable(char)).strip()


def clean_text(value: str) -> str:
    """Several lines: as :func:`clean_line`, but line ends stay, each as a plain newline."""
    text = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    composed = unicodedata.normalize("NFC", text)
    return "".join(char for char in composed if char == "\n" or _printable(char)).strip()


def _extends(char: str) -> bool:
    if char.isascii():
        return False
    if char == _JOINER or "\U0001f3fb" <= char <= "\U0001f3ff":
        return True
    return "\U000e0020" <= char <= "\U000e007f" or unicodedata.category(char) in _MARKS


def count_characters(text: str) -> int:
    """Characters as people count them: an accented letter, a flag or a family emoji is one."""
    if text.isascii():
        return len(text)
    count, after_joiner, half_flag = 0, False, False
    for char in text:
        if after_joiner or (count and _extends(char)):
            after_joiner = char == _JOINER
            continue
        flag = "\U0001f1e6" <= char <= "\U0001f1ff"
        if flag and half_flag:
            half_flag = False
            continue
        half_flag = flag
        count += 1
    return count
