"""What the office left behind in a year: entries of the audit log that no field fact brings, and words of feedback."""

from datetime import timedelta

from grids import names
from grids.access import Role
from grids.models import AuditEntry, Feedback
from hekou.demo import sayings
from hekou.demo.copying import copy_in

Action = AuditEntry.Action
REASONS = (
    "办理高龄津贴，核对身份。",
    "医保信息核对。",
    "低保年审。",
    "联系子女接老人看病。",
    "帮助办理慢性病手续。",
)


class Office:
    """Makes entries as the actions would have written them on their day."""

    def __init__(self, chance, net, staff, span, now):
        self.chance, self.net, self.staff, self.now = chance, net, staff, now
        self.first, self.today = span

    def entries(self, homes):
        """Unsaved entries, in no order: calls, revealed numbers, exports, changes of staff, codes."""
        return [
            *self._about_people(homes, Action.CALL, 160),
            *self._about_people(homes, Action.REVEAL, 26),
            *self._exports(14),
            *self._terms(),
            *self._codes(6),
        ]

    def _moment(self):
        return min(self.chance.moment(self.chance.working_day(self.first, self.today), 8, 18), self.now)

    def _about_people(self, homes, action, n):
        for _ in range(n):
            home = self.chance.choice(homes)
            resident = self.chance.choice(home.residents)
            number = resident.phone if action == Action.CALL else resident.id_number
            moment = self._moment()
            by = self.staff.worker_of(home.place, moment.date())
            if not number or by is None:
                continue
            masked = names.mask_phone(number) if action == Action.CALL else names.mask_id_number(number)
            yield AuditEntry(
                action=action,
                by=by,
                at=moment,
                grid=home.place,
                object_type="resident",
                object_key=str(resident.uuid),
                object_label=names.mask_name(resident.name),
                changes={"电话" if action == Action.CALL else "身份证号": ["", masked]},
                reason="" if action == Action.CALL else self.chance.choice(REASONS),
            )

    def _exports(self, n):
        officer = self.staff.account(Role.TOWN_OFFICER)
        for _ in range(n):
            what, rows = (
                self.chance.choice(("走访台账", "民情台账", "巡查台账")),
                self.chance.randint(40, 2400),
            )
            label = f"{what} {rows} 行"
            yield AuditEntry(
                action=Action.EXPORT, by=officer, at=self._moment(), grid=self.net.town, object_label=label
            )

    def _terms(self):
        """The terms that began within the year."""
        admin = self.staff.account(Role.ADMIN)
        for term in self.staff.terms:
            if not self.first <= term.starts_on or term.user is None:
                continue
            moment = self.chance.moment(min(term.starts_on, self.today) - timedelta(days=3), 9, 17)
            words = f"{term.get_role_display()}（{term.grid.name}），{term.starts_on:%Y-%m-%d} 起"
            yield AuditEntry(
                action=Action.ASSIGNMENT,
                by=admin,
                at=min(moment, self.now),
                grid=term.grid,
                object_type="user",
                object_key=str(term.user.uuid),
                object_label=f"{term.user.name} {term.get_role_display()}（{term.grid.name}）",
                changes={"任职": ["", words]},
            )

    def _codes(self, n):
        admin = self.staff.account(Role.ADMIN)
        for term in self.chance.sample(self.staff.terms, n):
            user = term.user
            yield AuditEntry(
                action=Action.CODE,
                by=admin,
                at=self._moment(),
                grid=self.net.town,
                object_type="user",
                object_key=str(user.uuid),
                object_label=f"{user.name} {names.mask_phone(user.phone)}",
            )

    def feedback(self):
        """Words about the system itself, most of them answered."""
        officer = self.staff.account(Role.TOWN_OFFICER)
        workers = [term.user for term in self.staff.terms if term.role == Role.GRIDWORKER and term.is_current]
        rows = []
        for words, page, answer in sayings.FEEDBACK:
            said_on = self.today - timedelta(days=self.chance.randint(6, 90))
            rows.append(
                Feedback(
                    uuid=self.chance.uuid(),
                    town=self.net.town,
                    by=self.chance.choice(workers),
                    page=page,
                    words=words,
                    created_at=self.chance.moment(said_on, 12, 21),
                    answer=answer,
                    answered_by=officer if answer else None,
                    answered_at=self.chance.moment(said_on + timedelta(days=3), 9, 17) if answer else None,
                )
            )
        copy_in(rows)
