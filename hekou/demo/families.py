"""Who lives behind a door: the households of a mountain town, many of them old people whose children work away."""

from typing import NamedTuple

# Kinds of household and their weights in a village and in a community.
KINDS = {
    "village": {
        "alone": 13,
        "old_couple": 25,
        "grandparents": 12,
        "three": 14,
        "nuclear": 23,
        "couple": 7,
        "single": 6,
    },
    "community": {
        "alone": 9,
        "old_couple": 16,
        "grandparents": 5,
        "three": 14,
        "nuclear": 38,
        "couple": 11,
        "single": 7,
    },
}


class Member(NamedTuple):
    """Somebody of a household, before there is a row; kin bear the head's surname."""

    relation: str
    sex: str
    age: int
    is_kin: bool = False


def members(chance, kind):
    """The people of a household of this kind, the head first."""
    return _MAKERS[kind](chance)


def child_of(chance, head_age):
    """One more child, for a household with room for one."""
    sex = chance.choice("mf")
    return Member(
        "儿子" if sex == "m" else "女儿", sex, max(0, min(head_age - chance.randint(24, 33), 17)), True
    )


def _old(chance):
    return min(60 + int(chance.expovariate(1 / 10)), 96)


def _alone(chance):
    return [Member("户主", chance.pick({"f": 6, "m": 4}), max(_old(chance), 62))]


def _old_couple(chance):
    age = _old(chance)
    return [Member("户主", "m", age), Member("配偶", "f", max(age - chance.randint(0, 5), 56))]


def _grandparents(chance):
    couple = [Member("户主", "m", chance.randint(58, 76))]
    if chance.happens(0.8):
        couple.append(Member("配偶", "f", couple[0].age - chance.randint(0, 4)))
    return couple + [_grandchild(chance) for _ in range(chance.choice((1, 1, 1, 2, 2)))]


def _three(chance):
    head = Member("户主", "m", chance.randint(57, 78))
    son = Member("儿子", "m", head.age - chance.randint(22, 28), True)
    family = [head, Member("配偶", "f", head.age - chance.randint(0, 4)), son]
    family.append(Member("儿媳", "f", son.age - chance.randint(0, 4)))
    if son.age >= 24:
        family += [_grandchild(chance) for _ in range(chance.choice((0, 1, 1, 1, 2)))]
    return family


def _nuclear(chance):
    head = Member("户主", "m", chance.randint(27, 52))
    wife = Member("配偶", "f", head.age - chance.randint(0, 4))
    children = [child_of(chance, head.age) for _ in range(chance.choice((1, 1, 1, 2, 2)))]
    mother = [Member("母亲", "f", head.age + chance.randint(22, 28))] if chance.happens(0.15) else []
    return [head, wife, *children, *mother]


def _couple(chance):
    age = chance.randint(28, 58)
    return [Member("户主", "m", age), Member("配偶", "f", age - chance.randint(0, 4))]


def _single(chance):
    return [Member("户主", chance.pick({"m": 7, "f": 3}), chance.randint(24, 59))]


def _grandchild(chance):
    sex = chance.choice("mf")
    return Member("孙子" if sex == "m" else "孙女", sex, chance.randint(0, 15), True)


_MAKERS = {
    "alone": _alone,
    "old_couple": _old_couple,
    "grandparents": _grandparents,
    "three": _three,
    "nuclear": _nuclear,
    "couple": _couple,
    "single": _single,
}
