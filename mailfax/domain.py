"""Domain names: which of them are under one roof (RFC 7489 section 3.2)."""

import functools

import publicsuffixlist


def organisation(name: str) -> str:
    """The registered domain above `name`, by the public suffix list; itself where there is none.

    `name` is lower-case and in A-labels, as `mail.example.co.uk`; the answer is `example.co.uk`.
    """
    return _suffixes().privatesuffix(name) or name


def aligned(one: str, other: str, *, strict: bool = False) -> bool:
    """Whether two domains are the same, or, unless `strict`, of one organisation."""
    if not one or not other:
        return False
    return one == other or (not strict and organisation(one) == organisation(other))


@functools.cache
def _suffixes() -> publicsuffixlist.PublicSuffixList:
    """The list as of the installed release; read at its first use, since that takes 60 ms."""
    return publicsuffixlist.PublicSuffixList()
