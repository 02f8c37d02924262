"""The demo's surveys: one of last spring, over and published, and one in which people answer this week."""

from collections import Counter
from datetime import timedelta

from grids.access import Role
from grids.models import AuditEntry, Placement, Tier
from hekou.demo.copying import copy_in
from hekou.demo.opinions import Opinions
from surveys import rates
from surveys import schema as schemas
from surveys.actions import rounds, strata
from surveys.actions.answering import digest_of
from surveys.actions.results import digest_of as digest_of_result
from surveys.actions.tokens import ALPHABET, CODE_LENGTH, hash_of
from surveys.frames import known_adults
from surveys.indicators.results import whole_of
from surveys.models import (
    AgeBand,
    InterviewerTally,
    Mode,
    Questionnaire,
    Response,
    Round,
    RoundArea,
    RoundQuota,
    SampledHousehold,
    Sex,
    Token,
    TokenBatch,
    Version,
)
from surveys.ready import CIVILISED_CITY

Action, Door = AuditEntry.Action, SampledHousehold.State
NOTICE = "乱堆乱放随手清，车辆停在线里边。发现问题，随时告诉网格员。"
# How those come who count in the quotas.
SPRING = {Mode.HOUSEHOLD: 55, Mode.TOKEN: 30, Mode.PAPER: 15}
AUTUMN = {Mode.HOUSEHOLD: 60, Mode.TOKEN: 25, Mode.EVENT: 10, Mode.PAPER: 5}
LOST = {Door.REFUSED: 4, Door.ABSENT: 5, Door.INELIGIBLE: 1}
RESERVES = 8


class Surveys:
    """Makes both rounds with their answers; what the office did on the way is left in `entries`."""

    def __init__(self, chance, net, staff, now):
        self.chance, self.net, self.staff, self.now = chance, net, staff, now
        self.today, self.officer = now.date(), staff.account(Role.TOWN_OFFICER)
        self.areas = net.at(Tier.AREA)
        self.opinions = Opinions(chance, self.areas)
        self.known = known_adults(net.town)
        self.entries = []

    def tell(self):
        """Write both; the summaries are made as after any answers that were not counted one by one."""
        version = self._version(self.now - timedelta(days=215))
        spring = self._round(version, "2026 年春季创城问卷", self.today - timedelta(days=200), 30, SPRING, 30)
        self._answer(spring, SPRING, share=1, posters=70)
        self._close(spring, self.now - timedelta(days=168))
        autumn = self._round(version, "2026 年秋季创城问卷", self.today - timedelta(days=6), 21, AUTUMN, 50)
        self._answer(autumn, AUTUMN, share=0.4, posters=25)
        return self.entries

    def _version(self, at):
        title, town = "创建全国文明城市居民问卷", self.net.town
        questionnaire = Questionnaire(
            uuid=self.chance.uuid(), town=town, title=title, created_by=self.officer, created_at=at
        )
        copy_in([questionnaire])
        version = Version(
            uuid=self.chance.uuid(),
            questionnaire=questionnaire,
            number=1,
            schema=schemas.dump(CIVILISED_CITY),
            preview_token=f"{self.chance.getrandbits(96):024x}",
            published_at=at,
            published_by=self.officer,
            digest=schemas.fingerprint(CIVILISED_CITY),
        )
        self._log(Action.SETTING, version, f"发布问卷 {title} 第 1 版", at)
        return copy_in([version])[0]

    def _round(self, version, title, first, days, modes, error):
        """An open round with its frame and quotas."""
        round = Round(
            uuid=self.chance.uuid(),
            town=self.net.town,
            version=version,
            title=title,
            notice=NOTICE,
            starts_on=first,
            ends_on=first + timedelta(days=days),
            modes=[*modes, Mode.POSTER],
            error_permille=error,
            seed=self.chance.getrandbits(32),
            state=Round.State.OPEN,
            poster_code=self._code(8),
            created_by=self.officer,
            created_at=self.chance.moment(first - timedelta(days=9), 9, 17),
        )
        self._frame(round)
        opened_at = self.chance.moment(first - timedelta(days=2), 9, 17)
        self._log(Action.SETTING, round, f"开始调查 {title}", opened_at)
        return round

    def _frame(self, round):
        """What the net knows of the people, the target that follows, the quotas."""
        populations = {area: self.known.areas.get(area.code, 0) for area in self.areas}
        populations = {area: n for area, n in populations.items() if n}
        round.target_n = rounds.needed(round, sum(populations.values()))
        copy_in([round])
        self.quotas = rates.allocate(round.target_n, populations)
        self.cells = rates.allocate(
            round.target_n, {cell: self.known.cells.get(cell, 0) for cell in rounds.cells()}
        )
        self.area_rows = {
            area: RoundArea(round=round, area=area, population=n, quota=self.quotas[area])
            for area, n in populations.items()
        }
        self.cell_rows = {
            cell: RoundQuota(
                round=round,
                sex=cell[0],
                age_band=cell[1],
                population=self.known.cells.get(cell, 0),
                quota=self.cells[cell],
            )
            for cell in rounds.cells()
        }

    def _answer(self, round, modes, *, share, posters):
        """Answers of the quotas' people as far as `share`, and of some who found the poster."""
        places = [area for area, n in self.quotas.items() for _ in range(n)]
        people = [cell for cell, n in self.cells.items() for _ in range(n)]
        self.chance.shuffle(people)
        told = list(zip(places, people, strict=True))
        told = self.chance.sample(told, round_half(len(told) * share))
        ways = [self.chance.pick(modes) for _ in told]
        rows = [self._response(round, *one, mode) for one, mode in zip(told, ways, strict=True)]
        for area, (sex, band) in told:
            self.area_rows[area].done += 1
            self.cell_rows[sex, band].done += 1
        for _ in range(posters):
            cell = (self.chance.choice(Sex.values), self.chance.pick({"18": 4, "30": 5, "45": 3, "60": 1}))
            rows.append(self._response(round, self.chance.choice(list(self.quotas)), cell, Mode.POSTER))
        # In the order of their random keys, as mixing leaves them.
        copy_in(sorted(rows, key=lambda row: row.pk))
        copy_in([*self.area_rows.values()])
        copy_in([*self.cell_rows.values()])
        strata.rebuild(round)
        at_doors = Counter(area for (area, _), mode in zip(told, ways, strict=True) if mode == Mode.HOUSEHOLD)
        self._doors(round, at_doors, is_over=share == 1)
        self._slips(round, ways.count(Mode.TOKEN))

    def _response(self, round, area, cell, mode):
        sex, band = cell
        answers = self.opinions.of(area, AgeBand(band), self.today)
        is_proxy = band == AgeBand.A70 and self.chance.happens(0.12)
        told = {"area": area.code, "sex": sex, "age": band, "proxy": is_proxy, "answers": answers}
        return Response(
            pk=self.chance.uuid(),
            round=round,
            area=area,
            sex=sex,
            age_band=band,
            mode=mode,
            is_proxy=is_proxy,
            answers=answers,
            digest=digest_of(**told),
        )

    def _doors(self, round, at_doors, *, is_over):
        """The drawn households: those that answered, those that did not and what took their place, who is waiting."""
        rows, tallies = [], {}
        for area in self.quotas:
            placed = Placement.objects.current().filter(grid__code__startswith=area.code)
            doors = list(placed.order_by("household_id").values_list("household_id", "grid_id"))
            self.chance.shuffle(doors)
            for row in self._drawn(round, area, doors, at_doors[area], is_over):
                rows.append(row)
                if row.state == Door.DONE:
                    self._tally(tallies, round, row.grid_id)
        replaced = [row for row in rows if row.replaces]
        copy_in([row for row in rows if not row.replaces])
        for row in replaced:
            row.replaces_id = row.replaces.pk
        copy_in(replaced)
        copy_in([*tallies.values()])

    def _drawn(self, round, area, doors, done, is_over):
        waiting = 0 if is_over else max(self.quotas[area] - done, 0)
        lost = sum(self.chance.happens(0.2) for _ in range(done))
        states = [Door.DONE] * done + [Door.WAITING] * waiting
        rows = []
        for position, (household, grid) in enumerate(doors[: len(states) + lost + RESERVES]):
            state = states[position] if position < len(states) else Door.RESERVE
            rows.append(self._door(round, area, household, grid, position, state))
        # Who was lost came early; the next in the order of the draw took the place.
        stand_ins = rows[len(states) : len(states) + lost]
        for gone, stand_in in zip(rows, stand_ins, strict=False):
            stand_in.state, stand_in.tries, stand_in.replaces = gone.state, gone.tries, gone
            gone.state = self.chance.pick(LOST)
            gone.tries = 3 if gone.state == Door.ABSENT else 1
        return rows

    def _door(self, round, area, household, grid, position, state):
        tries = self.chance.pick({1: 6, 2: 3, 3: 1}) if state == Door.DONE else 0
        if state == Door.WAITING:
            tries = self.chance.pick({0: 7, 1: 2, 2: 1})
        return SampledHousehold(
            uuid=self.chance.uuid(),
            round=round,
            grid_id=grid,
            household_id=household,
            area=area,
            position=position,
            state=state,
            tries=tries,
        )

    def _tally(self, tallies, round, grid_id):
        grid = next(place for place in self.net.places.values() if place.pk == grid_id)
        worker = self.staff.worker_of(grid, self.today)
        if worker is None:
            return
        tally = tallies.setdefault(worker.pk, InterviewerTally(round=round, interviewer=worker))
        if self.chance.happens(0.6):
            tally.self_filled += 1
        else:
            tally.read_out += 1

    def _slips(self, round, used):
        """Two printings, more than were used."""
        sizes = (max(used, 10), max(used // 2, 10))
        day = round.starts_on - timedelta(days=2)
        batches = [
            TokenBatch(
                uuid=self.chance.uuid(),
                round=round,
                number=number,
                size=size,
                expires_on=round.ends_on,
                printed_by=self.officer,
                printed_on=day,
            )
            for number, size in enumerate(sizes, 1)
        ]
        copy_in(batches)
        slips = [
            Token(pk=self.chance.uuid(), batch=batch, code_hash=hash_of(self._code(CODE_LENGTH)))
            for batch in batches
            for _ in range(batch.size)
        ]
        for slip in self.chance.sample(slips, used):
            slip.is_used = True
        copy_in(sorted(slips, key=lambda slip: slip.pk))
        for batch in batches:
            label = f"{round.title} 答题码 {batch.size} 张"
            self._log(Action.EXPORT, batch, label, self.chance.moment(day, 9, 17))

    def _close(self, round, at):
        """The round is over; its result is frozen and up for everybody to read."""
        Round.objects.filter(pk=round.pk).update(state=Round.State.CLOSED)
        round.refresh_from_db()
        self._log(Action.SETTING, round, f"结束调查 {round.title}", at)
        frozen = whole_of(round)
        if not frozen["is_enough"]:
            return
        digest = digest_of_result(frozen)
        frozen_at = at + timedelta(days=2)
        Round.objects.filter(pk=round.pk).update(
            frozen=frozen,
            frozen_digest=digest,
            frozen_on=frozen_at.date(),
            frozen_by=self.officer,
            is_public=True,
        )
        changes = {"frozen_digest": ["", digest]}
        self._log(Action.SETTING, round, f"结果定稿 {round.title}", frozen_at, changes)
        self._log(Action.SETTING, round, f"公示结果 {round.title}", frozen_at + timedelta(hours=1))

    def _code(self, length):
        return "".join(self.chance.choice(ALPHABET) for _ in range(length))

    def _log(self, action, row, label, at, changes=None):
        self.entries.append(
            AuditEntry(
                action=action,
                by=self.officer,
                at=min(at, self.now),
                grid=self.net.town,
                object_type=row._meta.model_name,
                object_key=str(row.uuid),
                object_label=label,
                changes=changes or {},
            )
        )


def round_half(number):
    """To the next whole number."""
    return int(number + 0.5)
