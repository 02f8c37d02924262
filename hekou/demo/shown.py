"""What waits today for the people a newcomer logs in as: laid by hand, so that no list of the story is empty."""

from datetime import timedelta

from cases.actions.report import Told
from cases.models import Case, HardCase
from cases.vocabulary import Level
from hekou.demo import matters
from hekou.demo.copying import copy_in
from hekou.demo.courses import evening_of, midnight_of

Source = Case.Source
GRID, BESIDE, FAR = "140181100208001", "140181100208002", "140181100006001"
UNIT = "供水站"


class Shown:
    """Tells the cases of today. Moments count back from now, so that they hold at any hour."""

    def __init__(self, year):
        self.year, self.hands, self.now = year, year.hands, year.now
        self.grid = year.net.places[GRID]
        today = year.today
        self.worker = self.hands.worker(self.grid, today)
        self.head = self.hands.head(self.grid, today)
        self.area = self.hands.area(self.grid, today)
        self.town, self.leader = self.hands.town_officer, self.hands.leader
        self.hard = []

    def tell(self):
        self._for_the_head()
        self._for_the_worker()
        self._for_the_unit()
        self._at_the_desk()
        self._to_be_decided()
        self._stuck()
        self._told_story()
        self._not_content()

    def write(self):
        """What follows once the cases have their keys."""
        copy_in([HardCase(case=life.case, owner=owner, **given) for life, owner, given in self.hard])

    def _begin(self, code, reporter, subject, place, words, *, days=0, minutes=0, grid=None, **more):
        told = {"source": Source.PATROL} | more
        at = self.now - timedelta(days=days, minutes=minutes)
        told = Told(subject=subject, category=self.year.categories[code], place=place, words=words, **told)
        level = Level.HEAD if reporter == self.head else Level.WORKER
        return self.year.begin(grid or self.grid, reporter, at, told, level)

    def _ago(self, days=0, minutes=0):
        return self.now - timedelta(days=days, minutes=minutes)

    def _for_the_head(self):
        """闫志平: one to take, two settled ones to confirm, one in hand."""
        words = "水塔下几户一早没水，老人挑水滑了一跤。"
        self._begin("0601", self.worker, "停水", "水塔下几户", words, minutes=25, affected_households=12)
        for minutes, code, subject, place, done in (
            (95, "1001", "巷子里脏乱", "二组巷子", "柴草帮着挪进院里，扫干净了。"),
            (180, "1201", "消防通道堵了", "卫生室旁", "叫车主挪走了，说了往后别停。"),
        ):
            told = {"settled": True, "measures": done}
            self._begin(code, self.worker, subject, place, "路过看见的。", minutes=minutes, **told)
        life = self._begin(
            "0802", self.worker, "路灯不亮", "戏台旁", "两盏不亮，晚上老人不敢走。", days=1, minutes=30
        )
        life.take(self._ago(1, 5), self.head, Level.HEAD)

    def _for_the_worker(self):
        """张春燕: one to verify, and one that came back to her to be told better."""
        life = self._begin(
            "0901",
            self.worker,
            "垃圾没人拉",
            "村口",
            "垃圾箱满了三天。",
            minutes=26 * 60,
            source=Source.VISIT,
        )
        life.take(self._ago(1), self.head, Level.HEAD)
        done = {"measures": "和环卫站说好，上午拉走了，往后隔天一拉。", "cause": "清运车检修"}
        life.press("finish", self._ago(minutes=40), self.head, "", done)
        life = self._begin("1101", self.worker, "邻里纠纷", "三排房后", "两家又吵了。", days=1, minutes=60)
        life.press("ask_back", self._ago(1, 20), self.area, "请写明是哪两家、为什么事。")

    def _for_the_unit(self):
        """供水站: one in hand with 督办 not answered, one more in time."""
        life = self._begin(
            "0401", self.worker, "水管爆了", "后沟", "铁管裂了，水往沟里流。", days=2, affected_households=8
        )
        life.give_to_unit(self._ago(2, -30), self.town, self.hands.units[UNIT])
        life.supervise(self._ago(1), self.leader, "沟底村停水两天，请今天说清几时修好。", self.year.today)
        grid = self.year.net.places[FAR]
        reporter = self.hands.worker(grid, self.year.today)
        life = self._begin("0602", reporter, "水不干净", "三号楼", "水发黄。", minutes=200, grid=grid)
        life.give_to_unit(self._ago(minutes=150), self.town, self.hands.units[UNIT])

    def _at_the_desk(self):
        """受理台 of the town: a call, a 12345 with its deadline, a village's report; one to close, one to hand out."""
        beside, far = self.year.net.places[BESIDE], self.year.net.places[FAR]
        caller = {"caller_name": "郝大爷", "caller_phone": self.year.numbers.phone()}
        phone = {"source": Source.PHONE, **caller}
        self._begin(
            "1401", self.town, "炉子倒烟", "河滩边", "屋里有煤味，老人头疼。", minutes=15, grid=far, **phone
        )
        hotline = {"source": Source.HOTLINE, "upstream_no": f"12345-{self.now:%m%d}07", **caller}
        hotline["upstream_due_at"] = evening_of(self.year.today + timedelta(days=3))
        words = "反映路面塌了半边，车过不去。"
        self._begin("0801", self.town, "路坏了", "坡底", words, minutes=50, grid=beside, **hotline)
        neighbour = self.hands.worker(beside, self.year.today)
        words = "两个娃放学没人接。"
        self._begin("2101", neighbour, "老人没人管", "学校门口", words, minutes=70, grid=beside)
        life = self._begin("2103", neighbour, "补贴没到账", "前街", "高龄补贴两月没见。", days=1, grid=beside)
        life.press("register", self._ago(minutes=300), self.area)
        assigned = {"source": Source.ASSIGNED, "upstream_no": f"古办[{self.now:%Y}]118"}
        assigned["upstream_due_at"] = evening_of(self.year.today + timedelta(days=2))
        life = self._begin(
            "0102", self.town, "有人倒垃圾", "河滩边", "河道边建筑垃圾。", days=3, grid=beside, **assigned
        )
        head = self.hands.head(beside, self.year.today) or self.area
        life.give_to(self._ago(3, -40), self.town, head, Level.HEAD)
        life.press("finish", self._ago(1), head, "", {"measures": "铲车清了，立了牌子。"})
        life.press("verify", self._ago(minutes=90), neighbour)

    def _to_be_decided(self):
        """A wish for more time, for the village; one to let rest, for the town; one handed back."""
        life = self._begin("0801", self.worker, "路坏了", "坡底", "塌了一块，一米来宽。", days=3)
        life.take(self._ago(3, -60), self.head, Level.HEAD)
        life.ask(self._ago(minutes=120), self.head, "extend", "石渣明天才拉得来。", 3)
        life = self._begin("1501", self.worker, "地裂了", "打谷场边", "地里新裂一条缝。", days=2)
        life.take(self._ago(2, -90), self.area, Level.AREA)
        life.ask(self._ago(minutes=200), self.area, "suspend", "等自然资源所来测，约要一个月。")
        life = self._begin("0702", self.worker, "电线乱拉", "井台边", "线垂下来了。", days=1, minutes=90)
        life.give_to(self._ago(1, 60), self.area, self.head, Level.HEAD)
        life.press("hand_back", self._ago(minutes=260), self.head, "供电所的线，我们动不了。")

    def _stuck(self):
        """Red lights, and a 老大难: rested, taken up again, resting for more than thirty days."""
        grid = self.year.net.places[BESIDE]
        neighbour = self.hands.worker(grid, self.year.today)
        head = self.hands.head(grid, self.year.today) or self.area
        for days, code, subject, place in (
            (9, "0802", "路灯不亮", "桥头"),
            (6, "0501", "乱停车", "学校门口"),
        ):
            life = self._begin(code, neighbour, subject, place, "说了几天了。", days=days, grid=grid)
            life.take(self._ago(days, -45), head, Level.HEAD)
        life = self._begin("1801", self.worker, "房子裂缝", "老窑洞片第三排", "后墙裂缝比上月宽了。", days=80)
        life.take(self._ago(80, -60), self.area, Level.AREA)
        done = {"measures": "加了撑子，定期来看。", "cause": "地基下沉"}
        life.press("finish", self._ago(78), self.area, "", done)
        life.press("verify_and_close", self._ago(77), self.worker)
        life.press("reopen", self._ago(60), self.town, "雨后又裂了，住着不放心。")
        life.ask(self._ago(50), self.area, "suspend", "列入明年危房改造，等资金。")
        life.decide(self._ago(47), self.town, True, "同意，先安排住亲戚家，每周看一次。")
        next_on = self.year.today + timedelta(days=4)
        self.hard.append((life, self.town, {"next_on": next_on, "note": "每周上门看，汛期前搬出。"}))

    def _told_story(self):
        """The burst pipe of the story, closed some days ago, with the overgrown path as a problem of its own."""
        morning = midnight_of(self.year.today - timedelta(days=5)) + timedelta(hours=7, minutes=40)
        told = Told(
            subject="停水",
            category=self.year.categories["0601"],
            place="水塔下面几户",
            words="好几户说家里没水。",
            affected_households=12,
            source=Source.PATROL,
        )
        life = self.year.begin(self.grid, self.worker, morning, told)

        def then(minutes):
            return morning + timedelta(minutes=minutes)

        life.take(then(2), self.head, Level.HEAD)
        life.note(then(70), self.head, "铁管锈蚀开裂，要专业的人来。")
        life.classify(then(74), self.head, self.year.categories["0401"])
        life.expert(then(167), self.head, "供水站李师傅", "换管", 52)
        done = {"measures": "换了一段铁管", "cause": "铁管锈蚀开裂", "helpers": "两名村干部"}
        life.press("finish", then(169), self.head, "", done)
        life.press("verify_and_close", then(178), self.worker)
        life.rate(then(600), Case.Score.SATISFIED, "来得快，一上午就有水了。", by=self.area)

    def _not_content(self):
        """Two that the residents are not content with: tasks of the town, in their days."""
        for hours, code, subject, words in (
            (30, "0901", "垃圾没人拉", matters.UNSATISFIED[0]),
            (5, "0602", "水不干净", matters.UNSATISFIED[1]),
        ):
            life = self._begin(code, self.worker, subject, "前街", "说了没动静。", days=4)
            life.take(self._ago(4, -60), self.head, Level.HEAD)
            life.press("finish", self._ago(3), self.head, "", {"measures": "处理了。"})
            life.press("verify_and_close", self._ago(3, -60), self.worker)
            issued = (self.worker, self._ago(3, -90))
            life.rate(self._ago(minutes=hours * 60), 1, words, code=self.year.code(), issued=issued)
