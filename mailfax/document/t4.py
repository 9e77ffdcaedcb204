"""The one-dimensional code of ITU-T T.4 (modified Huffman): run lengths to bits and back.

A line is runs of white and black pixels in turn, white first, each a terminating code (0 to
63 pixels) with make-up codes (multiples of 64) before it. Bits are most significant first.
"""

import re
from collections.abc import Iterable, Sequence

EOL = "000000000001"

_WHITE = """
    00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011
    110100 110101 101010 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000
    0101011 0010011 0100100 0011000 00000010 00000011 00011010 00011011 00010010 00010011
    00010100 00010101 00010110 00010111 00101000 00101001 00101010 00101011 00101100
    00101101 00000100 00000101 00001010 00001011 01010010 01010011 01010100 01010101
    00100100 00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010
    00110011 00110100
"""
_WHITE_64 = """
    11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111
    011001100 011001101 011010010 011010011 011010100 011010101 011010110 011010111
    011011000 011011001 011011010 011011011 010011000 010011001 010011010 011000 010011011
"""
_BLACK = """
    0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100
    00000111 000011000 0000010111 0000011000 0000001000 00001100111 00001101000 00001101100
    00000110111 00000101000 00000010111 00000011000 000011001010 000011001011 000011001100
    000011001101 000001101000 000001101001 000001101010 000001101011 000011010010
    000011010011 000011010100 000011010101 000011010110 000011010111 000001101100
    000001101101 000011011010 000011011011 000001010100 000001010101 000001010110
    000001010111 000001100100 000001100101 000001010010 000001010011 000000100100
    000000110111 000000111000 000000100111 000000101000 000001011000 000001011001
    000000101011 000000101100 000001011010 000001100110 000001100111
"""
_BLACK_64 = """
    0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101
    0000001101100 0000001101101 0000001001010 0000001001011 0000001001100 0000001001101
    0000001110010 0000001110011 0000001110100 0000001110101 0000001110110 0000001110111
    0000001010010 0000001010011 0000001010100 0000001010101 0000001011010 0000001011011
    0000001100100 0000001100101
"""
_WIDE_64 = """
    00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101
    000000010110 000000010111 000000011100 000000011101 000000011110 000000011111
"""
"""Code words as bits: runs of 0 to 63, of 64 to 1728 by 64, and, the same in either colour,
of 1792 to 2560 by 64. The tests hold every one of them against libtiff."""

_ONE_BIT = re.compile(rb"[^\0]")
_LONGEST = 0xFFFF
_PEEK = 13
"""Bits of the longest code word."""


def _words(ends: str, multiples: str) -> dict[int, str]:
    steps = enumerate((multiples + _WIDE_64).split(), start=1)
    return dict(enumerate(ends.split())) | {64 * step: word for step, word in steps}


def _code(words: dict[int, str], run: int) -> str:
    makeup = "" if run < 64 else words[run & ~63]
    return makeup + words[run & 63]


def _lookup(words: dict[int, str]) -> list[tuple[int, int]]:
    """For all 13-bit strings: the run its first code word stands for, and that word's bits.

    Where no code word begins there is (-1, 0).
    """
    table = [(-1, 0)] * (1 << _PEEK)
    for run, word in words.items():
        rest = _PEEK - len(word)
        first = int(word, 2) << rest
        table[first : first + (1 << rest)] = [(run, len(word))] * (1 << rest)
    return table


_COLOURS = (_words(_WHITE, _WHITE_64), _words(_BLACK, _BLACK_64))
_CODES = tuple([_code(words, run) for run in range(1729)] for words in _COLOURS)
_LOOKUPS = tuple(_lookup(words) for words in _COLOURS)


def encode(lines: Iterable[Sequence[int]], width: int) -> bytes:
    """Code words of a page of at most 1728 pixels across, in the form profile S wants.

    A line is the pixels at which it changes colour, from white on. An EOL that ends on an octet
    boundary stands before every line; after the last there is neither EOL nor RTC, only the zeros
    that fill its octet (RFC 3949 sections 3.4 and 4.5).
    """
    bits: list[str] = []
    last = 0
    for line in lines:
        code = encode_line(line, width)
        bits += ("0" * ((4 - last) % 8), EOL, code)
        last = len(code)
    bits.append("0" * (-last % 8))
    page = "".join(bits)
    return int(page, 2).to_bytes(len(page) // 8, "big")


def encode_line(changes: Sequence[int], width: int) -> str:
    """The code words of one line, as text of 0 and 1."""
    codes, pixel = [], 0
    for turn, change in enumerate((*changes, width)):
        codes.append(_CODES[turn & 1][change - pixel])
        pixel = change
        if change == width:
            break
    return "".join(codes)


def read_run(data: bytes, at: int, colour: int) -> tuple[int, int]:
    """The run of `colour` (0 white, 1 black) that begins at bit `at`, and the bit after it.

    The run is -1 where the bits are no code word, or make-up codes without end.
    """
    total, run = 0, 64
    while run >= 64:
        run, size = _LOOKUPS[colour][peek(data, at, _PEEK)]
        if run < 0 or total > _LONGEST:
            return -1, at
        total, at = total + run, at + size
    return total, at


def line(data: bytes, at: int, width: int) -> tuple[list[int], int]:
    """At which pixels the runs of the line at bit `at` end, and the bit after it.

    Where the last of them is not `width`, the line is a bad one (RFC 3949 section 4.3.3): there the
    bits are no code word, or the run is too long.
    """
    ends: list[int] = []
    pixels = 0
    for turn in range(2 * width):
        run, behind = read_run(data, at, turn & 1)
        if run < 0:
            break
        pixels, at = pixels + run, behind
        ends.append(pixels)
        if pixels >= width:
            break
    return ends, at


def read_line(data: bytes, at: int, width: int) -> tuple[int, int]:
    """How many pixels the line at bit `at` has when it reaches `width`, and the bit after it."""
    ends, at = line(data, at, width)
    return (ends[-1] if ends else 0), at


def after_eol(data: bytes, at: int = 0) -> int | None:
    """The bit behind the EOL that begins at bit `at`, however many fill bits it has.

    None where there is no EOL.
    """
    one = next_one(data, at)
    return None if one is None or one - at < len(EOL) - 1 else one + 1


def next_one(data: bytes, at: int) -> int | None:
    """The first 1-bit from bit `at` on."""
    octet = at >> 3
    bits = data[octet] & 0xFF >> (at & 7) if octet < len(data) else 0
    if not bits:
        found = _ONE_BIT.search(data, octet + 1)
        if found is None:
            return None
        octet = found.start()
        bits = data[octet]
    return 8 * octet + 8 - bits.bit_length()


def peek(data: bytes, at: int, count: int) -> int:
    """The `count` (at most 17) bits from bit `at` on as a number; past the end there are zeros."""
    window = int.from_bytes(data[at >> 3 : (at >> 3) + 3].ljust(3, b"\0"), "big")
    return window >> (24 - (at & 7) - count) & (1 << count) - 1
