"""
Which passwords are accepted: length and a blocklist, nothing else (NIST SP 800-63B-4 3.1.1.2).

INVARIANT: no composition rules, no forced rotation; every character counts as one after NFKC.
"""

import unicodedata
from collections.abc import Collection, Iterable
from itertools import pairwise

from sudare.base.errors import SudareError

ALONE = 15  # characters when the password is the only factor
WITH_SECOND_FACTOR = 8
LIMIT = 1024
_SHORTEST_WORD = 4


def normal_form(unverified_password: str) -> str:
    """The form that is hashed. Raises `caller.malformed`, `caller.too-large`."""
    if len(unverified_password) > LIMIT:
        raise SudareError("caller.too-large", "password")
    password = unicodedata.normalize("NFKC", unverified_password)
    if len(password) > LIMIT:
        raise SudareError("caller.too-large", "password")
    if any(unicodedata.category(c) == "Cs" for c in password):
        raise SudareError("caller.malformed", "password has lone surrogates")
    return password


def check(password: str, *, second_factor: bool, common: Collection[str], words: Iterable[str]) -> None:
    """
    Accept a password in normal form.

    Args:
        password: as `normal_form` gave it.
        second_factor: whether a TOTP is asked for besides.
        common: passwords everyone tries, case folded.
        words: this person's login and name, the organisation's name.

    Raises:
        SudareError: `caller.password-too-short`, `caller.password-too-common`.
    """
    if len(password) < (WITH_SECOND_FACTOR if second_factor else ALONE):
        raise SudareError("caller.password-too-short")
    folded = password.casefold()
    if folded in common or _stem(folded) in common or _is_repetitive(folded):
        raise SudareError("caller.password-too-common", "on the list")
    if _only_words(folded, words):
        raise SudareError("caller.password-too-common", "made of the person's own words")


def _stem(folded: str) -> str:
    """Without the digits and marks people append to satisfy old rules."""
    return folded.strip("0123456789!@#$%^&*()-_=+.,?")


def _is_repetitive(folded: str) -> bool:
    """One short piece over and over, or a run of neighbouring characters."""
    for size in range(1, 5):
        if (folded[:size] * (len(folded) // size + 1))[: len(folded)] == folded:
            return True
    steps = {ord(b) - ord(a) for a, b in pairwise(folded)}
    return steps <= {1} or steps <= {-1}


def _only_words(folded: str, words: Iterable[str]) -> bool:
    """Whether taking the person's own words away leaves fewer characters than a password needs."""
    rest = folded
    for word in sorted({unicodedata.normalize("NFKC", w).casefold() for w in words}, key=len, reverse=True):
        for part in {word, *word.split()}:
            if len(part) >= _SHORTEST_WORD or (len(part) > 1 and not part.isascii()):
                rest = rest.replace(part, "")
    return len(rest) < len(folded) and len(_stem(rest)) < _SHORTEST_WORD
