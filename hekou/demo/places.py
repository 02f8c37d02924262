"""The demo's net: about sixty grids under the real nineteen areas, a few micro-grids, made-up boundaries."""

from dataclasses import dataclass, field

from shapely.geometry import shape

from grids.models import Grid, Tier
from hekou.demo.boundaries import draw
from hekou.demo.copying import copy_in

# Grids an area has; villages without an entry have two.
GRIDS = {
    "140181100001": 4,
    "140181100002": 5,
    "140181100003": 6,
    "140181100004": 4,
    "140181100005": 4,
    "140181100006": 5,
    "140181100204": 3,
    "140181100208": 3,
    "140181100209": 3,
    "140181100212": 3,
}
# Grids of one thing, not of a neighbourhood: market, school.
DEDICATED = {"140181100003006": "河口市场专属网格", "140181100006005": "河口学校专属网格"}
# Grids whose households live in micro-grids, with the micro-grids' names.
MICRO = {
    "140181100003001": ("1 号楼", "2 号楼", "3 号楼"),
    "140181100002001": ("前排", "后排"),
    "140181100004001": ("东楼", "西楼"),
}
UNDRAWN = "140181100209003"
# Households that a grid has whatever the town's size; the first is split in two by story.
HOUSEHOLDS = {"140181100006001": 120, "140181100208001": 46}
WEIGHTS = {"community": 3, "village": 2}

NUMERALS = "一二三四五六七八九"
SERVICES = "入户走访、巡查隐患、收集诉求、代办跑腿、调解邻里纠纷、政策宣传"
DEDICATED_SERVICES = "消防安全、食品安全、环境秩序、纠纷调解"


@dataclass
class Net:
    """The places by code, and how many households each place that holds any is to have."""

    town: Grid
    places: dict[str, Grid]
    households: dict[str, int] = field(default_factory=dict)
    shapes: dict = field(default_factory=dict)

    def at(self, tier):
        return [place for code, place in sorted(self.places.items()) if place.tier == tier]

    def under(self, code, tier):
        return [place for place in self.at(tier) if place.code.startswith(code)]


def build(chance, town, phone, households):
    """Open the grids of a town whose areas exist; boundaries of town and areas are drawn anew."""
    areas = list(Grid.objects.under(town.code).tier(Tier.AREA).order_by("code"))
    new = [grid for area in areas for grid in _grids(area, phone)]
    drawn = draw(chance, {(area.code, area.kind): [grid.code for grid in _of(area, new)] for area in areas})
    for place in [town, *areas, *new]:
        if place.code != UNDRAWN:
            place.boundary = drawn.get("town" if place == town else place.code)
            place.boundary_is_sample = place.boundary is not None
    for place in areas:
        place.duty_phone = place.duty_phone or phone()
    Grid.objects.bulk_update([town, *areas], ["boundary", "boundary_is_sample", "duty_phone"])
    new += [micro for grid in new for micro in _micro_grids(grid)]
    copy_in(new)
    net = Net(town, {place.code: place for place in [town, *areas, *new]})
    net.households = _share_out(net, areas, households)
    net.shapes = {code: shape(place.boundary) for code, place in net.places.items() if place.boundary}
    return net


def _of(area, grids):
    return [grid for grid in grids if grid.code.startswith(area.code)]


def _grids(area, phone):
    for number in range(1, GRIDS.get(area.code, 2) + 1):
        code = f"{area.code}{number:03d}"
        dedicated = DEDICATED.get(code)
        yield Grid(
            code=code,
            tier=Tier.GRID,
            kind=Grid.Kind.DEDICATED if dedicated else Grid.Kind.BASIC,
            name=dedicated or f"{area.name}第{NUMERALS[number - 1]}网格",
            area_words=_area_words(area, number, dedicated),
            services=DEDICATED_SERVICES if dedicated else SERVICES,
            duty_phone=phone(),
            opened_on=area.opened_on,
        )


def _area_words(area, number, dedicated):
    if dedicated:
        return f"{dedicated.removesuffix('专属网格')}及周边商户、院落"
    if area.kind == Grid.Kind.COMMUNITY:
        return f"{area.name} {number * 4 - 3} 号楼至 {number * 4} 号楼及平房院"
    return f"{area.name}第{NUMERALS[number * 2 - 2]}、第{NUMERALS[number * 2 - 1]}村民小组"


def _micro_grids(grid):
    for number, name in enumerate(MICRO.get(grid.code, ()), 1):
        # A number stands off from the words before it, as in 沟底村 7 号.
        space = " " if name[0].isdigit() else ""
        yield Grid(
            code=f"{grid.code}{number:02d}",
            tier=Tier.MICRO,
            kind=Grid.Kind.MICRO,
            name=f"{grid.name}{space}{name}微网格",
            area_words=name,
            opened_on=grid.opened_on,
        )


def _share_out(net, areas, households):
    """{code: n} of the places that hold households: basic grids, or the micro-grids inside them."""
    kinds = {area.code: area.kind for area in areas}
    scale = min(1, households / 3000)
    shares = {code: max(round(n * scale), 12) for code, n in HOUSEHOLDS.items()}
    if households >= 600:
        shares = dict(HOUSEHOLDS)
    others = [g for g in net.at(Tier.GRID) if g.kind == Grid.Kind.BASIC and g.code not in shares]
    weights = [WEIGHTS[kinds[grid.area_code]] for grid in others]
    left, weight_left = households - sum(shares.values()), sum(weights)
    for grid, weight in zip(others, weights, strict=True):
        shares[grid.code] = round(left * weight / weight_left)
        left, weight_left = left - shares[grid.code], weight_left - weight
    for code in MICRO:
        micro = net.under(code, Tier.MICRO)
        n = shares.pop(code)
        shares |= {m.code: n // len(micro) + (place < n % len(micro)) for place, m in enumerate(micro)}
    return shares
