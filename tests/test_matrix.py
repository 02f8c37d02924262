"""Every address × every role × inside and outside, generated from one table.

The expectation is made from `ROLE_PERMISSIONS` and codes alone, not from the queries that are tested: a permission
held nowhere is 403, one that does not reach the row is 404, anything else is an answer that is neither.
"""

from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from django.core.files.images import ImageFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from cases.actions import checks
from cases.actions.report import Told
from grids import models
from grids.access import ROLE_PERMISSIONS, UNIT_PERMISSIONS, Role
from grids.access import Permission as P
from grids.actions import audit, spot_checks
from grids.actions.records import keep_conflict
from grids.actions.visits import visit_content
from surveys import schema as schemas
from surveys.actions import paper, questionnaires, tokens
from surveys.actions.inspections import inspection_content
from tests.factories import (
    AssignmentFactory,
    CareCategoryFactory,
    ConcernFactory,
    FieldRecordFactory,
    FindingFactory,
    HouseholdFactory,
    PatrolFactory,
    ResidentCareFactory,
    ResidentFactory,
    UserFactory,
    VisitFactory,
)
from tests.factories.cases import CaseFactory, CategoryFactory, TileFactory, reported
from tests.factories.inspections import InspectionFactory
from tests.factories.interviews import door_of
from tests.factories.surveys import FORM, round_of, told
from tests.test_architecture import PUBLIC_VIEWS, every_pattern

pytestmark = pytest.mark.django_db


class Address(NamedTuple):
    """What an address asks for, and the row it is about.

    `needs` is what doing something with a row asks for beyond seeing it, one of several where it is a set: who sees
    it without gets 403.
    """

    permission: P | None = None
    args: object = lambda world: []
    inside: str = ""
    method: str = "get"
    asks: str = ""
    needs: P | frozenset | None = None

    def url(self, name, world):
        """Where it is in this world; `asks` names the row that the address takes as a query."""
        query = f"?{self.asks}={getattr(world, self.asks).uuid}" if self.asks else ""
        return reverse(name, args=self.args(world)) + query


def about(row, permission, *, inside="grid", method="get", key="uuid", also=(), needs=None, then=()):
    """An address whose arguments are a row of the world, for some rows under it, and for some plain words after."""

    def args(world):
        under = (getattr(getattr(world, r), k) for r, k in also)
        return [getattr(getattr(world, row), key), *under, *then]

    return Address(permission, args, inside, method, needs=needs)


def place(permission, inside="grid", method="get"):
    """An address about a place of the net."""
    return Address(permission, lambda world: [getattr(world.net, inside).code], inside, method)


def configures(row, method="get"):
    """An address about a row that configures the town."""
    return Address(P.CONFIGURE, lambda world: [getattr(world, row).pk], "town", method)


def of_questionnaire(method="get", *then):
    """An address about the town's questionnaire, which has a draft."""
    return about("questionnaire", P.RUN_SURVEY, inside="town", method=method, then=then)


def of_round(method="get", row="round", also=()):
    """An address about a round of the town: an open one, or one in preparation."""
    return about(row, P.RUN_SURVEY, inside="town", method=method, also=also)


def of_results(method="get", **more):
    """An address about the results of a round that is over."""
    return about("closed_round", P.SEE_SURVEYS, inside="town", method=method, **more)


ADDRESSES = {
    # Accounts and pages everybody has
    "home": Address(),
    "logout": Address(method="post"),
    "account": Address(),
    "password": Address(),
    "help": Address(),
    "feedback": Address(),
    "feedback_list": Address(P.READ_FEEDBACK),
    # Today, fieldwork
    "today": Address(P.LOG_FIELDWORK),
    "today_evening": Address(P.LOG_FIELDWORK),
    "visit_list": Address(P.SEE_FIELDWORK),
    "visit_new": Address(P.LOG_FIELDWORK),
    "visit_pick": Address(P.LOG_FIELDWORK),
    "visit_quick": Address(P.LOG_FIELDWORK, inside="grid", method="post", asks="household"),
    "visit_rate": Address(P.SEE_FIELDWORK),
    "visit_rate_rows": Address(P.SEE_FIELDWORK),
    "visit": about("visit_record", P.SEE_FIELDWORK),
    "visit_print": about("visit_record", P.SEE_FIELDWORK),
    "visit_correct": about("visit_record", P.LOG_FIELDWORK),
    "visit_undo": about("visit_record", P.LOG_FIELDWORK, method="post"),
    "patrol_list": Address(P.SEE_FIELDWORK),
    "patrol_new": Address(P.LOG_FIELDWORK),
    "patrol": about("patrol_record", P.SEE_FIELDWORK),
    "patrol_correct": about("patrol_record", P.LOG_FIELDWORK),
    "finding_settle": about("finding", P.LOG_FIELDWORK, method="post"),
    "concern_list": Address(P.SEE_FIELDWORK),
    "concern_new": Address(P.LOG_FIELDWORK),
    "concern_pick": Address(P.LOG_FIELDWORK),
    "concern": about("concern", P.SEE_FIELDWORK),
    "concern_correct": about("concern_record", P.LOG_FIELDWORK),
    "concern_of_record": about("concern_record", P.SEE_FIELDWORK),
    "record_withdraw": about("visit_record", P.LOG_FIELDWORK),
    "record_conflict": about("visit_record", P.LOG_FIELDWORK, also=[("conflict", "uuid")]),
    "photo": about("photo", P.SEE_FIELDWORK),
    "diary": Address(P.SEE_FIELDWORK),
    "diary_month": Address(P.SEE_FIELDWORK),
    # Cases: reporting
    "case_new": Address(P.REPORT_CASE),
    "case_desk": Address(P.LOG_FOR_OTHERS),
    "case_likely": Address(P.REPORT_CASE, method="post"),
    "case_grid": Address(P.REPORT_CASE, method="post"),
    "case_reported": about("case", P.SEE_CASES),
    "case_conflict": about("case", P.REPORT_CASE, also=[("case_conflict", "uuid")]),
    "case_of": about("reported_concern", P.SEE_CASES),
    # Households and residents
    "household_list": Address(P.SEE_HOUSEHOLDS),
    "household_new": Address(P.EDIT_HOUSEHOLDS),
    "household": about("household", P.SEE_HOUSEHOLDS),
    "household_edit": about("household", P.EDIT_HOUSEHOLDS),
    "household_move": about("household", P.EDIT_HOUSEHOLDS),
    "resident_new": about("household", P.EDIT_HOUSEHOLDS),
    "resident": about("resident", P.SEE_HOUSEHOLDS),
    "resident_edit": about("resident", P.EDIT_HOUSEHOLDS),
    "resident_move": about("resident", P.EDIT_HOUSEHOLDS),
    "resident_call": about("resident", P.CALL_RESIDENT, method="post"),
    "resident_reveal": about("resident", P.REVEAL_NUMBER),
    "care_new": about("resident", P.EDIT_HOUSEHOLDS),
    "care_end": about("resident", P.EDIT_HOUSEHOLDS, also=[("care", "pk")]),
    "absence_new": about("resident", P.EDIT_HOUSEHOLDS),
    "absence_end": about("resident", P.EDIT_HOUSEHOLDS, also=[("absence", "pk")]),
    "absence_withdraw": about("resident", P.EDIT_HOUSEHOLDS, method="post", also=[("absence", "pk")]),
    "relative_new": about("resident", P.EDIT_HOUSEHOLDS),
    "relative_edit": about("relative", P.EDIT_HOUSEHOLDS),
    "relative_remove": about("relative", P.EDIT_HOUSEHOLDS, method="post"),
    "relative_call": about("relative", P.CALL_RESIDENT, method="post"),
    "consent_new": about("resident", P.EDIT_HOUSEHOLDS),
    "consent_withdraw": about("resident", P.EDIT_HOUSEHOLDS, method="post", also=[("consent", "pk")]),
    # The net
    "net": Address(P.SEE_NET),
    "net_map": Address(P.SEE_NET),
    "net_report": Address(P.SEE_NET),
    "net_locate": Address(P.SEE_NET),
    "net_grid": place(P.SEE_NET),
    "net_edit": place(P.EDIT_NET),
    "net_open": place(P.EDIT_NET, inside="village"),
    "net_retire": place(P.EDIT_NET),
    "net_boundary": place(P.EDIT_NET),
    "net_split": place(P.EDIT_NET),
    "net_plan_cancel": place(P.EDIT_NET),
    "net_merge": place(P.EDIT_NET, inside="village"),
    # People and terms
    "staff": Address(P.SEE_STAFF),
    "staff_people": Address(P.SEE_STAFF),
    "staff_person": about("worker", P.SEE_STAFF),
    "staff_person_new": Address(P.EDIT_STAFF),
    "staff_person_edit": about("worker", P.EDIT_STAFF),
    "staff_code": about("worker", P.EDIT_STAFF, method="post"),
    "staff_unlock": about("worker", P.EDIT_STAFF, method="post"),
    "staff_deactivate": about("worker", P.EDIT_STAFF, method="post"),
    "staff_reactivate": about("worker", P.EDIT_STAFF, method="post"),
    "staff_end_sessions": about("worker", P.EDIT_STAFF, method="post"),
    "staff_assign": Address(P.EDIT_STAFF),
    "staff_handover": Address(P.EDIT_STAFF),
    "staff_sheet": Address(P.EDIT_STAFF),
    "staff_term": about("term", P.EDIT_STAFF, key="pk"),
    "staff_term_cancel": about("term", P.EDIT_STAFF, key="pk", method="post"),
    "staff_stand_in": about("term", P.EDIT_STAFF, key="pk"),
    # The units of the town are seen wherever any part of the town is, and edited only by the town's own admins.
    "staff_units": Address(P.SEE_STAFF),
    "staff_unit": Address(P.SEE_STAFF, lambda world: [world.unit.uuid]),
    "staff_unit_new": Address(P.EDIT_STAFF),
    "staff_unit_edit": about("unit", P.EDIT_STAFF, inside="town"),
    "staff_unit_retire": about("unit", P.EDIT_STAFF, inside="town"),
    "staff_unit_restore": about("unit", P.EDIT_STAFF, inside="town", method="post"),
    "staff_unit_member_new": about("unit", P.EDIT_STAFF, inside="town"),
    "staff_member": about("membership", P.EDIT_STAFF, inside="town", key="pk"),
    "staff_member_cancel": about("membership", P.EDIT_STAFF, inside="town", key="pk", method="post"),
    "grid_board": place(P.SEE_NET),
    "area_boards": place(P.SEE_NET, inside="village"),
    # One case, reported in the grid and waiting; what every press and relation may do is in tests/cases.
    "case": about("case", P.SEE_CASES),
    "case_press": about("case", P.SEE_CASES, then=["take"], needs=P.HANDLE_CASE),
    "case_photo": about("case", P.SEE_CASES, also=[("case_photo", "uuid")]),
    "case_note": about("case", P.SEE_CASES, needs=P.HANDLE_CASE),
    "case_note_conflict": about("case", P.SEE_CASES, also=[("case_note_conflict", "uuid")]),
    "case_facts": about("case", P.SEE_CASES, needs=P.HANDLE_CASE),
    "case_classify": about("case", P.SEE_CASES, needs=P.REGISTER_CASE),
    "case_urgent": about("case", P.SEE_CASES, method="post", needs=P.REGISTER_CASE),
    "case_support": about("case", P.SEE_CASES, needs=P.HANDLE_CASE),
    "case_households": about("case", P.SEE_CASES, needs=P.HANDLE_CASE),
    "case_expert_new": about("case", P.SEE_CASES, needs=P.HANDLE_CASE),
    "case_expert": about("case_expert", P.SEE_CASES, needs=P.HANDLE_CASE),
    "case_ask": about("case", P.SEE_CASES, needs=P.HANDLE_CASE),
    "case_decide": about("case_request", P.SEE_CASES, needs=P.APPROVE_REQUEST),
    "case_supervise": about("case", P.SEE_CASES, needs=P.SUPERVISE),
    "case_reply": about("supervision", P.SEE_CASES, needs=P.HANDLE_CASE),
    "case_supervision_slip": about("supervision", P.SEE_CASES),
    "case_sheet": about("case", P.SEE_CASES),
    "case_slip": about("case", P.SEE_CASES),
    "case_link": about("case", P.SEE_CASES, method="post", needs=P.VERIFY_CASE),
    "case_call": about("closed_case", P.SEE_CASES, needs=P.VERIFY_CASE),
    "case_task": about("case_task", P.SEE_CASES, needs=P.CLOSE_CASE),
    # Settings and words about the system
    "feedback_answer": Address(P.READ_FEEDBACK, lambda world: [world.feedback.uuid], "town"),
    "settings_care": Address(P.CONFIGURE),
    "settings_category": configures("care_category"),
    "settings_category_move": configures("care_category", method="post"),
    "settings_category_retire": configures("care_category", method="post"),
    "settings_patrol": Address(P.CONFIGURE),
    "settings_point": configures("point"),
    "settings_point_move": configures("point", method="post"),
    "settings_point_retire": configures("point", method="post"),
    "settings_town": Address(P.CONFIGURE),
    "settings_categories": Address(P.CONFIGURE),
    "settings_category_case": configures("case_category"),
    "settings_category_case_move": configures("case_category", method="post"),
    "settings_category_case_retire": configures("case_category", method="post"),
    "settings_tiles": Address(P.CONFIGURE),
    "settings_tile": configures("tile"),
    "settings_tile_move": configures("tile", method="post"),
    "settings_tile_retire": configures("tile", method="post"),
    "settings_calendar": Address(P.CONFIGURE),
    "settings_calendar_year": Address(P.CONFIGURE, method="post"),
    "settings_recompute": Address(P.CONFIGURE, method="post"),
    "settings_case_rules": Address(P.CONFIGURE),
    "office_home": Address(P.SEE_NET),
    # Lists of cases
    "case_list": Address(P.SEE_CASES),
    "case_todo": Address(P.SETTLE_CASE),
    "case_bulk_confirm": Address(P.VERIFY_CASE, method="post"),
    "case_queue": Address(P.REGISTER_CASE),
    "case_verify": Address(P.VERIFY_CASE),
    "case_unit": Address(P.HANDLE_CASE),
    "case_requests": Address(P.APPROVE_REQUEST),
    "case_tasks": Address(P.CLOSE_CASE),
    "case_late": Address(P.SEE_CASES),
    "case_hard": Address(P.SEE_CASES),
    "case_hard_edit": about("case", P.SEE_CASES, needs=frozenset({P.SUPERVISE, P.DISPATCH_CASE})),
    "case_checks": Address(P.CLOSE_CASE),
    "case_check_new": Address(P.CLOSE_CASE),
    "case_check": about("check_draw", P.CLOSE_CASE, inside="town"),
    "dashboard": Address(P.SEE_CASES),
    "figures": Address(P.SEE_NET),
    "figure_rows": Address(P.SEE_NET),
    # Site inspections
    "site_list": Address(P.SEE_FIELDWORK),
    "site_new": Address(P.EDIT_SITES),
    "site": about("site", P.SEE_FIELDWORK),
    "site_edit": about("site", P.EDIT_SITES),
    "site_retire": about("site", P.EDIT_SITES, method="post"),
    "inspection_new": about("site", P.INSPECT),
    "inspection_list": Address(P.SEE_FIELDWORK),
    "inspection_result_list": Address(P.SEE_FIELDWORK),
    "inspection_rates": Address(P.SEE_FIELDWORK),
    "inspection": about("inspection_record", P.SEE_FIELDWORK),
    "inspection_recheck": about("inspection_record", P.INSPECT),
    "inspection_correct": about("inspection_record", P.LOG_FIELDWORK),
    "inspection_withdraw": about("inspection_record", P.LOG_FIELDWORK),
    "inspection_case": about(
        "inspection_record", P.REPORT_CASE, method="post", also=[("checklist_item", "pk")]
    ),
    "inspection_conflict": about(
        "inspection_record", P.LOG_FIELDWORK, also=[("inspection_conflict", "uuid")]
    ),
    "settings_checklists": Address(P.CONFIGURE),
    "settings_checklist": configures("checklist"),
    "settings_checklist_move": configures("checklist", method="post"),
    "settings_checklist_retire": configures("checklist", method="post"),
    "settings_item": configures("checklist_item"),
    "settings_item_move": configures("checklist_item", method="post"),
    "settings_item_retire": configures("checklist_item", method="post"),
    # Questionnaires
    "questionnaire_list": Address(P.RUN_SURVEY),
    "questionnaire_new": Address(P.RUN_SURVEY),
    "questionnaire": of_questionnaire(),
    "questionnaire_version_new": of_questionnaire("post"),
    "questionnaire_retire": of_questionnaire("post"),
    "questionnaire_xlsform": of_questionnaire("get", 1),
    "questionnaire_edit": of_questionnaire(),
    "questionnaire_change": of_questionnaire("post"),
    "questionnaire_undo": of_questionnaire("post"),
    "questionnaire_about": of_questionnaire(),
    "questionnaire_import": of_questionnaire(),
    "questionnaire_publish": of_questionnaire(),
    "questionnaire_section_new": of_questionnaire(),
    "questionnaire_section": of_questionnaire("get", 0),
    "questionnaire_question_new": of_questionnaire(),
    "questionnaire_question": of_questionnaire("get", "heard"),
    # Survey rounds: preparing, slips, paper
    "round_list": Address(P.SEE_SURVEYS),
    "round_new": Address(P.RUN_SURVEY),
    "round": of_round(),
    "round_edit": of_round(),
    "round_open": of_round("get", "prepared_round"),
    "round_close": of_round(),
    "round_frame": of_round("get", "prepared_round"),
    "round_sample": of_round("get", "prepared_round"),
    "round_tokens": of_round(),
    "round_token_sheet": of_round("post"),
    "round_batch_void": of_round("post", also=[("token_batch", "uuid")]),
    "round_poster": of_round(),
    "paper_list": of_round(),
    "paper_key": of_round(),
    "paper_blank": of_round(),
    "paper_second": of_round(also=[("paper_sheet", "uuid")]),
    "paper_differences": of_round(also=[("differing_sheet", "uuid")]),
    "paper_discard": of_round("post", also=[("paper_sheet", "uuid")]),
    # Interviews: a household of the sample in the grid; a stand at an event of the town
    "interview_list": Address(P.INTERVIEW),
    "interview_resume": Address(method="post"),
    "interview": about("sampled", P.INTERVIEW),
    "interview_disposition": about("sampled", P.INTERVIEW, method="post"),
    "interview_undo": about("sampled", P.INTERVIEW, method="post"),
    "interview_event": Address(P.INTERVIEW, lambda world: [world.sampled.round.uuid]),
    # What came out of a round
    "round_results": of_results(),
    "round_question": of_results(then=["heard"]),
    "round_crosstab": of_results(),
    "round_open_answers": of_results(),
    "round_compare": of_results(),
    "round_freeze": of_results("post", needs=P.RUN_SURVEY),
    "round_publish": of_results("post", needs=P.RUN_SURVEY),
    "round_export": of_results(needs=P.EXPORT),
    # Audit and office
    "search": Address(P.SEE_NET),
    "audit_list": Address(P.SEE_AUDIT),
    "audit_entry": about("entry", P.SEE_AUDIT, key="pk"),
    "audit_draw": Address(P.SEE_AUDIT),
    "audit_sheet": about("spot_check", P.SEE_AUDIT, key="pk"),
}

# Answers that mean "come in": the page, a redirect after a write, a form that asks again, too early to undo.
OPEN = {200, 201, 204, 302, 303, 400, 409, 422}


@pytest.fixture
def world(net, cast):
    """One of everything in `net.grid`, made by its gridworker."""
    by, today = cast.gridworker, timezone.localdate()
    household = HouseholdFactory(grid=net.grid)
    resident = ResidentFactory(household=household, is_head=True)
    resident.phone, resident.id_number = "13800138000", "140181195003120004"
    resident.save()
    visit = VisitFactory(household=household, grid=net.grid, visitor=by, met=[resident])
    concern = ConcernFactory(grid=net.grid, household=household, heard_by=by)
    patrol = PatrolFactory(grid=net.grid, walker=by)
    relative = models.Relative(resident=resident, name="赵小军", relation="儿子")
    relative.phone = "13800138001"
    relative.save()
    photo = models.Photo(record=visit.record, sha256="0" * 64, size=1)
    photo.file.save(f"{photo.uuid}.jpg", ImageFile(BytesIO(tiny_jpeg()), name="tiny.jpg"), save=True)
    other = visit_content(household=household, note="另一份内容")
    other |= {"actor": str(by.uuid), "happened_on": str(today)}
    unit = models.Unit.objects.create(town=net.town, name="供水站")
    inspection = InspectionFactory(grid=net.grid, inspector=by, verdicts={"垃圾": "fail"})
    conflict = keep_conflict(record=visit.record, by=by, digest="1" * 64, content=other)
    case = reported(by, net.grid)
    told = Told(subject="停电", category=case.category, place="村口").content(net.grid)
    told |= {"actor": str(by.uuid), "happened_on": str(today)}
    reported_concern = ConcernFactory(grid=net.grid, household=household, heard_by=by)
    reported(by, net.grid, concern=reported_concern)
    return SimpleNamespace(
        net=net,
        cast=cast,
        worker=by,
        term=by.assignments.get(),
        unit=unit,
        membership=models.UnitMembership.objects.create(user=cast.unit_officer, unit=unit, starts_on=today),
        household=household,
        resident=resident,
        visit_record=visit.record,
        concern=concern,
        concern_record=concern.record,
        patrol_record=patrol.record,
        site=inspection.site,
        inspection_record=inspection.record,
        inspection_conflict=second_content(inspection, by),
        checklist=inspection.site.checklist,
        checklist_item=inspection.results.get().item,
        finding=FindingFactory(patrol=patrol, grid=net.grid),
        photo=photo,
        conflict=conflict,
        feedback=models.Feedback.objects.create(town=net.town, by=by, words="字太小"),
        care_category=CareCategoryFactory(town=net.town),
        point=models.PatrolPoint.objects.create(town=net.town, name="消防通道"),
        relative=relative,
        care=ResidentCareFactory(resident=resident),
        absence=models.Absence.objects.create(
            resident=resident, reason="work", starts_on=today + timedelta(days=9)
        ),
        consent=models.Consent.objects.create(resident=resident, kind="record", given_on=today),
        case=case,
        case_conflict=keep_conflict(record=case.record, by=by, digest="2" * 64, content=told),
        reported_concern=reported_concern,
        **hung_on(case, cast),
        check_draw=drawn(net, by, cast.town_officer),
        case_category=CategoryFactory(town=net.town),
        tile=TileFactory(town=net.town, category=CategoryFactory(town=net.town)),
        questionnaire=questionnaires.create(
            town=net.town, by=cast.town_officer, title="创城问卷", schema=schemas.dump(FORM)
        ),
        **rounds_of(cast, net),
        sampled=door_of(cast, net),
        closed_round=closed_round(net, cast.town_officer),
        entry=audit.log(models.AuditEntry.Action.CALL, by=by, grid=net.grid),
        spot_check=spot_checks.draw(by=cast.auditor, start=today, last_day=today, size=5),
    )


def closed_round(net, by):
    """A round that is over, with the answers of a handful."""
    made = round_of(by, net, title="上半年问卷")
    return told(made, (3, {"heard": "yes", "wishes": "多种树"}, {"area": net.village}))


def hung_on(case, cast):
    """One of everything that hangs on a case, and a closed one somebody was not content with."""
    by, now = cast.gridworker, timezone.now()
    photo = models.Photo(record=case.record, sha256="0" * 64, size=1)
    photo.file.save(f"{photo.uuid}.jpg", ImageFile(BytesIO(tiny_jpeg()), name="tiny.jpg"), save=True)
    asked = {"asked_by": by, "asked_at": now, "reason": "等配件"}
    closed = CaseFactory(shut=True, grid=case.grid, reporter=by)
    noted = FieldRecordFactory(kind="case_note", grid=case.grid, actor=by)
    stands = {"status": case.status, "level": case.level, "happened_at": now, "by": by}
    case.events.create(press="note", words="看过了", record=noted, **stands)
    second = {"words": "又看了一次", "place": "", "needs_expert": False}
    rating = closed.ratings.create(score=1, channel="link", at=now)
    return {
        "case_photo": photo,
        "case_note_conflict": keep_conflict(record=noted, by=by, digest="3" * 64, content=second),
        "case_expert": case.experts.create(name="李师傅"),
        "case_request": case.requests.create(kind="extend", days=2, **asked),
        "supervision": case.supervisions.create(
            words="尽快", reply_by=timezone.localdate(), by=cast.leader, at=now
        ),
        "closed_case": closed,
        "case_task": closed.tasks.create(rating=rating, due_at=now),
    }


def rounds_of(cast, net):
    """An open round with slips and two paper sheets, and one in preparation."""
    by, colleague = cast.town_officer, UserFactory()
    AssignmentFactory(user=colleague, role=Role.TOWN_OFFICER, grid=net.town)
    asked = round_of(by, net, title="问卷之一")
    batch, _ = tokens.print_batch(round=asked, by=by, size=2, expires_on=asked.ends_on)
    told = {"area": net.village.code, "sex": "f", "age": "60", "proxy": False, "answers": {"heard": "yes"}}
    differing = paper.key(round=asked, by=colleague, number="0002", told=told)
    return {
        "round": asked,
        "token_batch": batch,
        "paper_sheet": paper.key(round=asked, by=colleague, number="0001", told=told),
        "differing_sheet": paper.key_again(sheet=differing, by=by, told=told | {"sex": "m"}),
        "prepared_round": round_of(by, net, title="问卷之二", opened=False),
    }


def drawn(net, handler, officer):
    """A draw of the one matter that was settled on the spot."""
    settled = CaseFactory(shut=True, grid=net.grid, reporter=handler, handler=handler, was_self_closed=True)
    today = timezone.localdate()
    return checks.draw(by=officer, town=settled.town, start=today, last_day=today + timedelta(days=1), seed=1)


def second_content(inspection, by):
    """The same inspection told otherwise under the same number."""
    told = inspection_content(site=inspection.site, verdicts={}, note="另一份内容")
    told |= {"actor": str(by.uuid), "happened_on": str(inspection.inspected_on)}
    return keep_conflict(record=inspection.record, by=by, digest="2" * 64, content=told)


def tiny_jpeg():
    picture = BytesIO()
    Image.new("RGB", (2, 2)).save(picture, "JPEG")
    return picture.getvalue()


# The cast's roles and the codes they hold them at; what `cast` grants, said again so that the two can differ.
STANDING = {
    "gridworker": (Role.GRIDWORKER, "140181100208001"),
    "neighbour": (Role.GRIDWORKER, "140181100208002"),
    "grid_head": (Role.GRID_HEAD, "140181100208001"),
    "village_officer": (Role.VILLAGE_OFFICER, "140181100208"),
    "other_village_officer": (Role.VILLAGE_OFFICER, "140181100209"),
    "town_officer": (Role.TOWN_OFFICER, "140181100"),
    "leader": (Role.TOWN_LEADER, "140181100"),
    "unit_officer": (Role.UNIT_OFFICER, "140181100"),
    "volunteer": (Role.VOLUNTEER, "140181100"),
    "admin": (Role.ADMIN, "140181100"),
    "auditor": (Role.AUDITOR, "140181100"),
    "outsider": (None, None),
}


def expected(address, world, who):
    """403, 404 or "open", from the role table and the codes alone."""
    role, code = STANDING[who]
    if address.permission is None:
        return "open"
    if role == Role.UNIT_OFFICER and address.permission in UNIT_PERMISSIONS:
        # Its rights come from the cases that its unit leads or supports, and the row is none of them.
        return 404 if address.inside else "open"
    if role is None or address.permission not in ROLE_PERMISSIONS[role]:
        return 403
    if address.inside and not getattr(world.net, address.inside).code.startswith(code):
        return 404
    needs = address.needs if isinstance(address.needs, frozenset) else {address.needs}
    if address.needs and not needs & ROLE_PERMISSIONS[role]:
        return 403
    return "open"


@contextmanager
def undone():
    """What one person's answer changed is not there for the next."""
    savepoint = transaction.savepoint()
    yield
    transaction.savepoint_rollback(savepoint)


def answer(client, address, name, world):
    response = getattr(client, address.method)(address.url(name, world))
    if response.streaming:
        # The whole response's close would end the test's own connection.
        for close in response._resource_closers:
            close()
    return "open" if response.status_code in OPEN else response.status_code


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_role_inside_and_outside(client, world, name):
    address = ADDRESSES[name]
    wrong = {}
    for who in STANDING:
        client.force_login(getattr(world.cast, who))
        with undone():
            found = answer(client, address, name, world)
        if found != expected(address, world, who):
            wrong[who] = f"{found} instead of {expected(address, world, who)}"

    assert wrong == {}


@pytest.mark.parametrize("name", ADDRESSES)
def test_strangers_are_sent_to_the_login(client, world, name):
    address = ADDRESSES[name]
    url = address.url(name, world)

    page = getattr(client, address.method)(url)
    data = getattr(client, address.method)(url, headers={"Accept": "application/json"})

    assert page.status_code == 302 and page.url.startswith(reverse("login"))
    assert data.status_code == 401


def test_the_table_is_every_address():
    """A new address without a row here fails: somebody has to say who may open it."""
    names = {pattern.name for _, pattern in every_pattern()}

    assert names == set(ADDRESSES) | PUBLIC_VIEWS


@pytest.mark.parametrize("who", STANDING)
def test_the_cast_stands_as_the_table_says(world, who):
    role, code = STANDING[who]
    held = getattr(world.cast, who).assignments.values_list("role", "grid__code")

    assert list(held) == ([(role, code)] if role else [])
