"""The tree of who holds which role where: composed from two loaded lists, without a query of its own."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from grids import access
from grids.access import Role
from grids.models import Grid, GridAssignment, Tier

# A term that ends within this many days asks to be looked at (local).
ENDING_DAYS = 30


@dataclass(frozen=True)
class Seat:
    """One term as the tree shows it."""

    term: GridAssignment
    state: str  # now, ending, future, or closed for a holder whose account is closed

    @property
    def is_filled(self):
        return self.state in ("now", "ending")

    @property
    def is_cover(self):
        return self.term.stand_in_for_id is not None

    @property
    def user(self):
        return self.term.user


@dataclass
class Post:
    """A role at a place with its seats; vacant when it is required and nobody fills it today."""

    role: Role
    required: bool
    seats: list[Seat] = field(default_factory=list)

    @property
    def is_vacant(self):
        return self.required and not any(seat.is_filled for seat in self.seats)


@dataclass
class PlaceRow:
    """A place with its posts; `columns` are those of the grid table, a post or None each."""

    place: Grid
    posts: list[Post]

    @property
    def columns(self):
        by_role = {post.role: post for post in self.posts}
        return [by_role.get(role) for role in access.REQUIRED_AT_GRID]


@dataclass
class Block:
    """A village or community (or the town) with its own posts and the rows below it.

    `place` is None for who serves in a grid and does not see the area's own posts.
    """

    place: Grid | None
    posts: list[Post]
    rows: list[PlaceRow] = field(default_factory=list)
    has_no_grid: bool = False


def state_of(term, today):
    if not term.user.is_active:
        return "closed"
    if term.starts_on > today:
        return "future"
    if term.ends_on and not term.stand_in_for_id and term.ends_on <= today + timedelta(days=ENDING_DAYS):
        return "ending"
    return "now"


def grow(places, terms):
    """The blocks of the tree: the town, then its areas by code, each with its grids.

    `places` are ordered by code; `terms` carry user and stand_in_for.
    """
    today = timezone.localdate()
    seats = {}
    for term in terms:
        seats.setdefault((term.grid_id, term.role), []).append(Seat(term, state_of(term, today)))
    blocks = {}
    for place in places:
        posts = _posts(place, seats)
        if place.tier <= Tier.AREA:
            blocks[place.code] = Block(place, posts)
            continue
        if place.tier == Tier.MICRO and not any(post.seats for post in posts):
            continue
        block = blocks.setdefault(place.area_code, Block(None, []))
        block.rows.append(PlaceRow(place, posts))
    for block in blocks.values():
        block.has_no_grid = bool(block.place and block.place.tier == Tier.AREA and not block.rows)
    return list(blocks.values())


def _posts(place, seats):
    required = access.REQUIRED_AT_GRID if place.tier == Tier.GRID else ()
    return [
        Post(role, role in required, seats.get((place.pk, role), []))
        for role, tiers in access.ROLE_CODE_LENGTHS.items()
        if place.tier in tiers
    ]


def every_post(blocks):
    for block in blocks:
        yield from block.posts
        for row in block.rows:
            yield from row.posts


def prune(blocks, *, area="", role="", state="", words=""):
    """What is left of the tree under a filter; blocks with nothing left fall away."""
    if area:
        blocks = [block for block in blocks if block.place and block.place.code == area]
    if not (role or state or words):
        return blocks

    def keep(posts):
        return [kept for post in posts if (kept := _cut(post, role, state, words))]

    left = []
    for block in blocks:
        rows = [PlaceRow(row.place, posts) for row in block.rows if (posts := keep(row.posts))]
        posts = keep(block.posts)
        uncovered = block.has_no_grid and state == "vacant" and not (role or words)
        if rows or posts or uncovered:
            left.append(Block(block.place, posts, rows, uncovered))
    return left


def _cut(post, role, state, words):
    """The post with the seats that the filter asks for, or None."""
    if role and post.role != role:
        return None
    if state == "vacant" and not words:
        return post if post.is_vacant else None
    wanted = {
        "ending": lambda seat: seat.state == "ending",
        "cover": lambda seat: seat.is_cover,
        "future": lambda seat: seat.state == "future",
    }.get(state, lambda seat: True)
    seats = [seat for seat in post.seats if wanted(seat) and _matches(seat.user, words)]
    if seats:
        # Somebody else may fill the post; with a part of its seats it never counts as vacant.
        return Post(post.role, post.required and post.is_vacant, seats)
    return post if post.is_vacant and not (state or words) else None


def _matches(user, words):
    words = words.strip().lower()
    return (
        words in user.name
        or f" {words}" in user.name_index
        or (words.isdigit() and user.phone.endswith(words))
    )
