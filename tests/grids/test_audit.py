"""The audit log: who reads it, what a question finds, the chain, and the draw of a spot check."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids import audit_chain
from grids.actions import audit, spot_checks
from grids.exceptions import DomainError
from grids.forms.audit import PRESETS
from grids.models import AuditEntry
from tests.conftest import append_only_lifted
from tests.factories import GridFactory, UserFactory

pytestmark = pytest.mark.django_db

Action = AuditEntry.Action


@pytest.fixture
def log(net, cast):
    """Ten entries in the grid, of several kinds, by two people."""
    kinds = [Action.CALL, Action.REVEAL, Action.EXPORT, Action.ASSIGNMENT, Action.LATE_ENTRY]
    for number in range(10):
        by = cast.gridworker if number % 2 else cast.grid_head
        audit.log(kinds[number % 5], by=by, grid=net.grid, label=f"第{number}件", reason="看看")
    return list(AuditEntry.objects.order_by("pk"))


def entries(client, **query):
    posted = {"by": "", "label": ""} | query
    return client.post(reverse("audit_list"), posted, follow=True).context["entries"]


class TestReading:
    def test_newest_first_and_all_of_it(self, log, cast, login):
        assert entries(login(cast.auditor)) == log[::-1]

    @pytest.mark.parametrize(
        "who", ["gridworker", "grid_head", "town_officer", "leader", "admin", "volunteer"]
    )
    @pytest.mark.parametrize("name", ["audit_list", "audit_entry", "audit_draw", "audit_sheet"])
    def test_by_auditors_only(self, log, cast, login, who, name):
        args = [log[0].pk] if name in ("audit_entry", "audit_sheet") else []

        assert login(getattr(cast, who)).get(reverse(name, args=args)).status_code == 403

    def test_of_their_own_town_only(self, log, cast, login):
        elsewhere = GridFactory(code="140181200", name="别的镇")
        foreign = audit.log(Action.CALL, by=UserFactory(town=elsewhere), grid=elsewhere)
        nowhere = audit.log(Action.LOGIN_BLOCKED, by=None)
        client = login(cast.auditor)

        assert entries(client) == [nowhere, *log[::-1]]
        assert client.get(reverse("audit_entry", args=[foreign.pk])).status_code == 404
        assert client.get(reverse("audit_entry", args=[10**30])).status_code == 404

    def test_questions(self, log, net, cast, login):
        client = login(cast.auditor)
        by_head = [entry for entry in log[::-1] if entry.by == cast.grid_head]

        assert entries(client, by="闫志平") == entries(client, by="yzp") == by_head
        assert entries(client, person=str(cast.grid_head.uuid)) == by_head
        assert entries(client, label="第3件") == [log[3]]
        assert entries(client, action="reveal") == [log[6], log[1]]
        assert entries(client, preset="staff") == [log[8], log[3]]
        assert entries(client, key="nothing") == []
        assert entries(client, action="no such action") == []

    def test_a_day_is_a_local_day(self, log, cast, login):
        client, today = login(cast.auditor), timezone.localdate()

        assert len(entries(client, start=today, end=today)) == 10
        assert entries(client, end=today - timedelta(days=1)) == []

    def test_fifty_a_page_by_the_last_id(self, net, cast, login):
        for _ in range(60):
            audit.log(Action.CALL, by=cast.gridworker, grid=net.grid)
        client = login(cast.auditor)

        first = client.get(reverse("audit_list"))
        second = client.get(reverse("audit_list"), {"before": first.context["older"]})

        ids = [e.pk for e in [*first.context["entries"], *second.context["entries"]]]
        assert len(first.context["entries"]) == 50 and second.context["older"] is None
        assert ids == list(AuditEntry.objects.order_by("-pk").values_list("pk", flat=True))

    def test_the_same_cost_for_two_and_fifty(self, net, cast, login):
        client = login(cast.auditor)

        def cost():
            with CaptureQueriesContext(connection) as captured:
                entries(client)
            return len(captured)

        audit.log(Action.CALL, by=cast.gridworker, grid=net.grid)
        entries(client)
        few = cost()
        for _ in range(30):
            audit.log(Action.CALL, by=UserFactory(), grid=net.grid)
        assert cost() == few <= 8

    def test_an_entry_shows_what_changed(self, net, cast, login):
        changes = {"电话": ["138****5678", "139****0000"]}
        entry = audit.log(Action.RESIDENT, by=cast.gridworker, grid=net.grid, changes=changes)

        page = login(cast.auditor).get(reverse("audit_entry", args=[entry.pk])).content.decode()

        assert "138****5678" in page and "139****0000" in page and "张春燕" in page

    @pytest.mark.parametrize("preset", PRESETS)
    def test_every_preset_names_actions(self, log, cast, login, preset):
        assert set(PRESETS[preset][1]) <= set(Action)
        assert login(cast.auditor).get(reverse("audit_list"), {"preset": preset}).status_code == 200

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        query=st.fixed_dictionaries(
            {
                name: st.text(max_size=50)
                for name in ("by", "label", "start", "person", "key", "before", "preset")
            }
        )
    )
    def test_no_question_is_a_server_error(self, client, cast, query):
        client.force_login(cast.auditor)

        assert client.get(reverse("audit_list"), query).status_code in {200, 400}
        assert client.post(reverse("audit_list"), query, follow=True).status_code in {200, 400}


class TestChain:
    def check(self, **options):
        said = StringIO()
        call_command("check_audit", stdout=said, **options)
        return said.getvalue()

    def tamper(self, sql):
        """What only the tables' owner could do, with the triggers off."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL ROLE hekou_owner")
            with append_only_lifted():
                cursor.execute(sql)
            cursor.execute("SET LOCAL ROLE hekou_app")

    def test_holds(self, log):
        head = audit_chain.head()

        assert head == (log[-1].pk, AuditEntry.objects.get(pk=log[-1].pk).digest)
        assert f"链尾 {head.id}:{head.digest}" in self.check()

    def test_an_empty_log_is_whole(self):
        assert "空" in self.check()

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE grids_auditentry SET reason = '改了' WHERE id = 4",
            "UPDATE grids_auditentry SET by_id = NULL WHERE id = 4",
            "UPDATE grids_auditentry SET at = at + interval '1 second' WHERE id = 4",
            'UPDATE grids_auditentry SET changes = \'{"电话": ["", ""]}\' WHERE id = 4',
            "UPDATE grids_auditentry SET digest = repeat('0', 64) WHERE id = 4",
        ],
    )
    def test_a_changed_entry_is_named(self, log, sql):
        self.tamper(sql)

        with pytest.raises(CommandError, match="第 4 条与链不符") as raised:
            self.check()
        assert raised.value.returncode == 1

    def test_a_removed_entry_is_named(self, log):
        self.tamper("DELETE FROM grids_auditentry WHERE id = 4")

        with pytest.raises(CommandError, match="第 4 条缺失"):
            self.check()

    def test_the_first_one_too(self, log):
        self.tamper("DELETE FROM grids_auditentry WHERE id = 1")

        with pytest.raises(CommandError, match="第 1 条缺失"):
            self.check()

    def test_a_recomputed_entry_breaks_the_next(self, log):
        self.tamper("UPDATE grids_auditentry SET reason = '改了' WHERE id = 4")
        self.tamper(
            "UPDATE grids_auditentry e SET digest = audit_digest(p.digest, e) FROM grids_auditentry p"
            " WHERE e.id = 4 AND p.id = 3"
        )

        with pytest.raises(CommandError, match="第 5 条与链不符"):
            self.check()

    def test_a_cut_tail_shows_against_the_noted_head(self, log):
        noted = "{}:{}".format(*audit_chain.head())
        assert "完整" in self.check(noted=noted)

        self.tamper("DELETE FROM grids_auditentry WHERE id > 8")

        assert "完整" in self.check()
        with pytest.raises(CommandError, match="已不在其中"):
            self.check(noted=noted)

    def test_a_head_that_is_none_is_refused(self, log):
        with pytest.raises(CommandError, match="编号:摘要"):
            self.check(noted="abc")


class TestSpotCheck:
    def draw(self, cast, **given_):
        today = timezone.localdate()
        return spot_checks.draw(
            **{"by": cast.auditor, "start": today, "last_day": today, "size": 4, "seed": "2026", **given_}
        )

    def ids(self, entry, user):
        return [one.pk for one in spot_checks.drawn(spot_checks.read(entry), user)]

    def test_is_the_same_whenever_it_is_opened(self, log, net, cast):
        entry = self.draw(cast)
        before = self.ids(entry, cast.auditor)
        audit.log(Action.CALL, by=cast.gridworker, grid=net.grid)

        assert self.ids(entry, cast.auditor) == before
        assert len(before) == 4 and set(before) <= {one.pk for one in log}

    def test_another_seed_draws_others(self, log, cast):
        sheets = {tuple(self.ids(self.draw(cast, seed=f"s{n}"), cast.auditor)) for n in range(8)}

        assert len(sheets) > 3

    def test_without_a_seed_one_is_made_and_kept(self, log, cast):
        entry = self.draw(cast, seed="")

        assert entry.action == Action.AUDIT and len(entry.changes["种子"][1]) == 8

    def test_of_some_kinds(self, log, cast):
        entry = self.draw(cast, kinds=("reveal", "call"), size=50)

        assert self.ids(entry, cast.auditor) == [1, 2, 6, 7]

    def test_of_nothing_says_so(self, log, cast):
        with pytest.raises(DomainError, match="没有符合条件"):
            self.draw(
                cast,
                start=timezone.localdate() - timedelta(days=9),
                last_day=timezone.localdate() - timedelta(days=8),
            )

    def test_the_page_prints_the_seed(self, log, cast, login):
        today = timezone.localdate().isoformat()
        data = {"start": today, "end": today, "size": "3", "seed": "spring-7"}

        page = login(cast.auditor).post(reverse("audit_draw"), data, follow=True)

        text = page.content.decode()
        assert "spring-7" in text and "10 条中抽 3 条" in text and "（签字）" in text
        assert AuditEntry.objects.latest("pk").action == Action.AUDIT

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("size", "0"),
            ("size", "201"),
            ("seed", "种子"),
            ("start", "昨天"),
            ("end", "1999-01-01"),
            ("size", "9" * 99),
        ],
    )
    def test_bad_input_asks_again(self, log, cast, login, field, value):
        today = timezone.localdate().isoformat()
        data = {"start": today, "end": today, "size": "3", "seed": "x"} | {field: value}

        page = login(cast.auditor).post(reverse("audit_draw"), data)

        assert page.status_code == 422 and field in page.context["form"].errors

    def test_only_a_draw_has_a_sheet(self, log, cast, login):
        assert login(cast.auditor).get(reverse("audit_sheet", args=[log[0].pk])).status_code == 404
