"""Finding people, doors and places by what one remembers of them: a name, its pinyin, a number's tail, a word.

Every search starts from the caller's scope. Numbers are found through keyed hashes, whole or by their last four,
and only where the caller could also ring them (phones) or reveal them (id numbers): a hit would tell as much.
"""

import re
import unicodedata

from django.db.models import OuterRef, Q, Subquery

from grids import access, names
from grids.models import Grid, Household, Placement, Resident, User

P = access.Permission

LIMIT = 20
MAX_LENGTH = 60


def normalised(text):
    """What was typed, half-width and lower case, with single spaces: ＺＣＹ → zcy."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())[:MAX_LENGTH]


def is_too_short(words):
    """One letter or up to three digits match half the town."""
    return bool(re.fullmatch(r"[a-z]|[0-9]{1,2}", words))


def residents(user, words):
    """Up to LIMIT residents of the user's scope, by name, pinyin, phone or id number; those of one name together."""
    by_name = Resident.objects.visible_to(user, P.SEE_HOUSEHOLDS).filter(_name_like(words))
    found = by_name | _by_number(user, words)
    placed = Placement.objects.current().filter(household=OuterRef("household"))
    return (
        found.select_related("household")
        .prefetch_related("absences", "care__category")
        .annotate(grid_name=Subquery(placed.values("grid__name")[:1]))
        .order_by("name_key", "household__address_key", "pk")[:LIMIT]
    )


def households(user, words):
    """Up to LIMIT households by their address, in words or in pinyin."""
    rows = Household.objects.visible_to(user, P.SEE_HOUSEHOLDS)
    return rows.filter(_address_like(words)).with_head().order_by("address_key", "pk")[:LIMIT]


def households_like(rows, words):
    """Of these households, those whose address or one of whose people fits the words; all for no words."""
    words = normalised(words)
    if not words:
        return rows
    people = Resident.objects.filter(_name_like(words))
    return rows.filter(_address_like(words) | Q(pk__in=people.values("household_id")))


def grids(user, words):
    """Up to LIMIT open places by name or by the beginning or end of their code."""
    rows = Grid.objects.visible_to(user, P.SEE_NET).open()
    like = _all_words("name", words)
    if re.fullmatch(r"[0-9]{3,17}", words):
        like |= Q(code__startswith=words) | Q(code__endswith=words)
    return rows.filter(like).order_by("code")[:LIMIT]


def staff(user, words):
    """Up to LIMIT people who work here, by name, pinyin or whole phone number."""
    return staff_like(User.objects.visible_to(user, P.SEE_STAFF), words).order_by("name_index", "pk")[:LIMIT]


def staff_like(people, words):
    """Of these users, those whose name, its pinyin or whole phone number is the words."""
    words = normalised(words)
    return people.filter(_name_like(words) | Q(phone=words))


def _name_like(words):
    """A part of a name as written, or the beginning of one of its readings, full or initials."""
    latin = words.replace(" ", "").replace("'", "")
    if re.fullmatch(r"[a-z]+", latin):
        return Q(name_index__contains=f" {latin}") | Q(name__icontains=words)
    return Q(name__icontains=words)


def _by_number(user, words):
    """Residents whose phone or id number is the words or ends in them; matches nobody for anything else."""
    number = re.sub(r"[\s-]", "", words).upper()
    callable_, revealable = (
        Resident.objects.visible_to(user, permission) for permission in (P.CALL_RESIDENT, P.REVEAL_NUMBER)
    )
    if re.fullmatch(r"[0-9]{3}[0-9X]", number):
        return callable_.filter(phone_tail_hash=Resident.phone.tail_hash_of(number)) | revealable.filter(
            id_number_tail_hash=Resident.id_number.tail_hash_of(number)
        )
    if names.is_id_number(number):
        return revealable.filter(id_number_hash=Resident.id_number.hash_of(number))
    if re.fullmatch(r"[0-9]{7,12}", number):
        return callable_.filter(phone_hash=Resident.phone.hash_of(number))
    return Resident.objects.none()


def _address_like(words):
    latin = re.sub(r"\s", "", words)
    if re.fullmatch(r"[a-z]{3,}[a-z0-9]*", latin):
        return Q(address_key__contains=names.address_key(latin))
    return _all_words("address", words)


def _all_words(field, words):
    like = Q()
    for word in words.split():
        like &= Q(**{f"{field}__icontains": word})
    return like
