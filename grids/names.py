"""Names, numbers and addresses as people type, sort and hide them. Pure."""

import os
import re
from itertools import product

# The dictionary of phrases takes 40 MB a process and helps with running text, not with names and addresses.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
from pypinyin import Style, pinyin

_MAX_READINGS = 16


def reading(text):
    """The likeliest pinyin without tones or spaces: 张春燕 → zhangchunyan. Sorts where the database cannot."""
    return "".join(part[0] for part in pinyin(text, style=Style.NORMAL, errors="default")).lower()


def address_key(text):
    """A sort key of an address: pinyin with numbers padded, so that 2 号 comes before 12 号."""
    return re.sub(r"\d+", lambda found: found[0].zfill(6), reading(re.sub(r"\s+", "", text)))[:200]


def search_index(name):
    """Every full reading and every initials reading, with a space before each, for a `contains " zcy"` search.

    At most 16 combinations of heteronyms: 曾 is found by zeng and ceng, 单 by shan, dan and chan.
    """
    readings = pinyin(
        name,
        style=Style.NORMAL,
        heteronym=True,
        errors=lambda text: [[c.lower()] for c in text if c.isalnum()],
    )
    combinations = []
    for combination in product(*readings):
        combinations.append(combination)
        if len(combinations) == _MAX_READINGS:
            break
    fulls = {"".join(combination) for combination in combinations}
    initials = {"".join(part[0] for part in combination if part) for combination in combinations}
    return "".join(f" {token}" for token in sorted(fulls | initials) if token)[:600]


def mask_name(name):
    """张春燕 → 张**."""
    return name[:1] + "*" * (len(name) - 1)


def mask_phone(number):
    """13812345678 → 138****5678; short numbers show their last two digits."""
    if len(number) >= 11:
        return f"{number[:3]}****{number[-4:]}"
    return "*" * max(len(number) - 2, 0) + number[-2:]


def mask_id_number(number):
    """140181195003120012 → 140***********0012."""
    if len(number) < 8:
        return "*" * len(number)
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"


def mask_address(address):
    """沟底村 3 排 12 号 → 沟底村 * 排 ** 号: the place can be told, the door cannot."""
    return re.sub(r"\d", "*", address)


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_check_digit(first_seventeen):
    """The 18th character of a citizen id number (GB 11643-1999)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_seventeen, strict=True))
    return "10X98765432"[total % 11]


def is_id_number(text):
    """Whether the text is 18 characters with a right check digit."""
    return bool(re.fullmatch(r"[0-9]{17}[0-9X]", text)) and id_check_digit(text[:17]) == text[17]
