"""The demo's site inspections: places of every village and community, half a year of walks, some failures put right."""

from datetime import timedelta

from grids.actions.records import Envelope
from grids.models import FieldRecord, Tier
from hekou.demo.copying import copy_in
from hekou.demo.facts import Fact
from surveys.actions.inspections import Verdict
from surveys.models import Checklist, InspectionResult, Site

Kind, State = FieldRecord.Kind, InspectionResult.State

HALF_A_YEAR = 183
# (kind, name, where): a village's places; a community has streets and stairwells instead of yards.
VILLAGE = (
    ("背街小巷", "一组后巷", "老井往里"),
    ("庭院", "二组庭院示范户", "水塔下第三家"),
    ("广场", "文化广场", "村委会门前"),
    ("公厕", "村口公厕", "公交站旁"),
)
COMMUNITY = (
    ("小区楼院", "前院", "1 号楼与 2 号楼之间"),
    ("背街小巷", "北巷", "供热站围墙外"),
    ("主次干道", "滨河路段", "桥头至加油站"),
    ("公厕", "街边公厕", "菜店对面"),
)
MARKET = ("集市", "河口市场", "市场东门")
# What is seen where an item fails; other items get no words.
FAILED = {
    "乱堆乱放": ("巷口堆着旧砖和玉米秆。", "楼道放了旧沙发。"),
    "乱停乱行": ("三轮车横在路中间。", "私家车停在消防通道口。"),
    "小广告": ("电杆上贴满开锁广告。",),
    "飞线": ("电线从窗户拉到门外充电。", "网线垂到一人高。"),
    "垃圾": ("垃圾桶满了没清。", "沟里有塑料袋。"),
    "污水": ("下水口堵了，污水上路面。",),
    "公厕": ("冲水坏了，地面湿滑。",),
    "消防通道": ("通道堆了煤块，消防车过不去。",),
    "照明": ("路灯两盏不亮。",),
    "路面": ("下雨后坑洼积水。",),
    "占道经营": ("水果摊摆到了盲道上。",),
    "畜禽圈养": ("鸡散养在巷子里。",),
    "炉具烟囱": ("烟囱接口松了，没有报警器。",),
}
NOTES = ("", "", "", "和村里一起看的。", "已当面告诉住户。", "雨后看的。")
MENDED = ("", "已清理干净。", "修好了。", "和上次比好多了。")


class Walks:
    """Plans the places and the walks of the half year before today."""

    def __init__(self, chance, net, staff, span, now):
        self.chance, self.net, self.staff, self.now = chance, net, staff, now
        self.first, self.today = max(span[0], span[1] - timedelta(days=HALF_A_YEAR)), span[1]
        checklists = Checklist.objects.filter(town=net.town).prefetch_related("items")
        self.checklists = {one.name: one for one in checklists}

    def facts(self):
        """The walks of all places as facts, a recheck after the inspection that it follows."""
        return [fact for site in self._sites() for fact in self._walks_of(site)]

    def _sites(self):
        sites = []
        for area in self.net.at(Tier.AREA):
            grids = self.net.under(area.code, Tier.GRID)
            places = COMMUNITY if area.kind == "community" else VILLAGE
            for position, (kind, name, place) in enumerate(places):
                sites.append(self._site(grids[position % len(grids)], kind, name, place))
        sites.append(self._site(self.net.places["140181100003006"], *MARKET))
        return copy_in(sites)

    def _site(self, grid, kind, name, place):
        return Site(
            uuid=self.chance.uuid(), grid=grid, checklist=self.checklists[kind], name=name, place=place
        )

    def _walks_of(self, site):
        """About every fifth week; some places are worse than others, and one in three walks is followed up late."""
        odds = self.chance.pick({0.006: 4, 0.015: 4, 0.04: 2, 0.18: 1})
        items = [item for item in site.checklist.items.all() if item.retired_on is None]
        items.sort(key=lambda item: (item.position, item.pk))
        day = self.first + timedelta(days=self.chance.randint(0, 30))
        while day <= self.today:
            verdicts = {item: self._verdict(item, odds) for item in items}
            walk = self._fact(site, day, verdicts, self.chance.choice(NOTES))
            if walk:
                yield walk
                yield from self._recheck(site, walk, day)
            day += timedelta(days=self.chance.randint(26, 45))

    def _verdict(self, item, odds):
        if self.chance.happens(0.04):
            return Verdict(State.ABSENT.value)
        if not self.chance.happens(odds):
            return Verdict(State.PASS.value)
        return Verdict(State.FAIL.value, self.chance.choice(FAILED.get(item.name, ("",))))

    def _recheck(self, site, walk, day):
        failed = [item for item, one in walk.told["verdicts"].items() if one.state == State.FAIL]
        if not failed or not self.chance.happens(0.8):
            return
        verdicts = {
            item: Verdict((State.PASS if self.chance.happens(0.88) else State.FAIL).value) for item in failed
        }
        later = day + timedelta(days=self.chance.randint(3, 15))
        again = self._fact(site, later, verdicts, self.chance.choice(MENDED), follows=walk)
        if again:
            yield again

    def _fact(self, site, day, verdicts, note, follows=None):
        """A walk by the grid's worker or head; None where nobody was in post or the day has not come so far."""
        actor = self.staff.worker_of(site.grid, day)
        if self.chance.happens(0.3):
            actor = self.staff.head_of(site.grid, day) or actor
        captured_at = self.chance.moment(day, 9, 17.5)
        if actor is None or captured_at > self.now:
            return None
        return Fact(
            kind=Kind.INSPECTION,
            by=actor,
            actor=actor,
            grid=site.grid,
            envelope=Envelope(uuid=self.chance.uuid(), captured_at=captured_at, happened_on=day),
            received_at=min(captured_at + timedelta(seconds=self.chance.uniform(1, 15)), self.now),
            told={"site": site, "verdicts": verdicts, "note": note, "follows": follows},
            label=site.name,
        )
