"""The editor's pages: what the office types becomes the draft, and nothing typed is lost."""

from dataclasses import replace

import pytest
from django.urls import reverse

from surveys import schema as schemas
from surveys.actions import questionnaires
from surveys.models import Questionnaire
from surveys.ready import CIVILISED_CITY
from surveys.schema import Kind, Meaning, Measure, editing
from tests.factories.surveys import FORM, questionnaire_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(cast, login):
    return login(cast.town_officer)


@pytest.fixture
def draft(net, cast):
    return questionnaires.create(
        town=net.town, by=cast.town_officer, title="创城问卷", schema=schemas.dump(CIVILISED_CITY)
    )


def schema_now(draft):
    return schemas.parse(draft.versions.get(published_at=None).schema)


def at(name, draft, *args):
    return reverse(name, args=[draft.uuid, *args])


def typed(**given):
    """A question's form as a browser posts it."""
    start = {"seen_edits": 0, "kind": "single", "label": "您满意吗？", "options": "满意\n不满意\n不清楚"}
    modes = {"show_mode": "always", "show_operator": "chosen", "limit_mode": "always", "measure": ""}
    return start | modes | given


@pytest.mark.parametrize("start", ["ready", "blank"])
def test_a_questionnaire_begins(office, start):
    answer = office.post("/questionnaires/new/", {"start": start, "title": "明年的问卷"})
    made = Questionnaire.objects.get()

    assert answer.url == at("questionnaire_edit", made)
    assert schema_now(made).title == "明年的问卷"
    page = office.get(answer.url).content.decode()
    assert ("您知道我们这里正在创建全国文明城市吗？" in page) == (start == "ready")


def test_the_same_title_twice_is_told_at_the_field(office, draft):
    answer = office.post("/questionnaires/new/", {"start": "blank", "title": draft.title})

    assert answer.status_code == 422 and "已有同名的问卷" in answer.content.decode()


def test_every_page_of_the_ready_one_opens(office, draft):
    names = [q.name for q in schema_now(draft).questions()]
    pages = [at("questionnaire_question", draft, name) for name in names]
    pages += [at("questionnaire_section", draft, n) for n in range(len(CIVILISED_CITY.sections))]
    pages += [
        at(f"questionnaire_{name}", draft) for name in ("about", "edit", "publish", "import", "section_new")
    ]

    assert {office.get(page).status_code for page in pages} == {200}


def test_saving_what_a_form_shows_changes_nothing(office, draft):
    """Each question's form, posted as it came, gives the same question."""
    for question in schema_now(draft).questions():
        page = at("questionnaire_question", draft, question.name)
        form = office.get(page).context["form"]
        data = {name: form[name].value() for name in form.fields}
        data = {name: value for name, value in data.items() if value is not None and value is not False}
        answer = office.post(page, data)
        assert answer.status_code == 302, (question.name, answer.context["form"].errors)

    assert schema_now(draft) == CIVILISED_CITY
    assert draft.versions.get().edits == 0


def test_a_question_is_added_behind_another(office, draft):
    page = at("questionnaire_question_new", draft) + "?after=aware"
    data = typed(
        label="您从哪里听说的？",
        kind="multiple",
        options="网格员\n广播\n其他",
        show_mode="picked",
        show_question="aware",
        show_operator="chosen",
        show_option="aware/heard",
        limit_mode="picked",
        most="2",
    )
    assert office.post(page, data).status_code == 302

    made = list(schema_now(draft).questions())[1]
    assert made.label == "您从哪里听说的？" and made.kind == Kind.MULTIPLE
    assert made.relevance == "${aware} = 'heard'" and made.constraint == "count-selected(.) <= 2"
    assert made.options[2].meaning == Meaning.OTHER and made.options[2].name == "other"
    assert "听说过" in office.get(at("questionnaire_edit", draft)).content.decode()


def test_marks_become_a_rate(office, draft):
    data = typed(kind="scale3", options="好 [正面]\n一般 [正面]\n不好\n说不清", measure="satisfaction")
    office.post(at("questionnaire_question", draft, "overall"), data)
    made = schema_now(draft).question("overall")

    assert made.measure == Measure.SATISFACTION
    assert [o.is_positive for o in made.options] == [True, True, False, False]
    assert made.options[3].meaning == Meaning.UNSURE


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"label": ""}, "必填"),
        ({"options": ""}, "请写选项"),
        ({"options": "\n".join(map(str, range(101)))}, "最多 100 个"),
        ({"options": "好 [正面]\n不好"}, "请选计入哪个率"),
        ({"name": "aware"}, "已经用过了"),
        ({"name": "1 2"}, "以字母开头"),
        ({"show_mode": "written", "show_expression": "${aware} ="}, "条件没有写完"),
        ({"show_mode": "written"}, "请写条件"),
        ({"show_mode": "picked"}, "请选一道前面的题"),
        ({"show_mode": "picked", "show_question": "aware", "show_option": "support/not"}, "不是所选题目的"),
        ({"show_mode": "picked", "show_question": "aware", "show_operator": "at_least"}, "选择题请用"),
        ({"kind": "number", "limit_mode": "picked", "least": "很多"}, "请填数字"),
        ({"kind": "hologram"}, ""),
        ({"seen_edits": "x"}, ""),
        ({"label": "字" * 501}, "500"),
    ],
)
def test_what_is_wrong_is_told_and_kept(office, draft, given, words):
    data = typed(hint="提示还在", **given) if "label" not in given else typed(**given) | {"hint": "提示还在"}
    answer = office.post(at("questionnaire_question", draft, "overall"), data)

    assert answer.status_code == 422
    assert words in answer.content.decode() and "提示还在" in answer.content.decode()
    assert schema_now(draft) == CIVILISED_CITY


def test_looking_saves_nothing(office, draft):
    page = at("questionnaire_question", draft, "overall")
    answer = office.post(page, typed(label="只是看看？", look="1"))

    assert answer.status_code == 200 and "只是看看？" in answer.content.decode()
    assert schema_now(draft) == CIVILISED_CITY


def act(office, draft, step, **given):
    data = {"act": step, "seen_edits": draft.versions.get(published_at=None).edits} | given
    return office.post(at("questionnaire_change", draft), data, follow=True)


def test_steps_and_their_undo(office, draft):
    for step in (
        "down:aware",
        "delete:aware",
        "copy:aware",
        "section_down:0",
        "section_delete:1",
        "up:lanes",
    ):
        before = schema_now(draft)
        assert "撤销" in act(office, draft, step).content.decode()
        assert schema_now(draft) != before
        office.post(at("questionnaire_undo", draft))
        assert schema_now(draft) == before
    assert "不能撤销了" in office.post(at("questionnaire_undo", draft), follow=True).content.decode()


@pytest.mark.parametrize(
    "step", ["delete:nobody", "fly:aware", "section_up:99", "section_up:x", "", "up:", "section_up:-1"]
)
def test_a_forged_step_changes_nothing(office, draft, step):
    answer = act(office, draft, step)
    assert answer.status_code == 404 or "没有改动" in answer.content.decode()
    assert schema_now(draft) == CIVILISED_CITY


def meanwhile(draft, cast, change):
    version = draft.versions.get(published_at=None)
    questionnaires.save_draft(
        version=version,
        by=cast.town_officer,
        schema=schemas.dump(change(schema_now(draft))),
        seen_edits=version.edits,
    )


def test_two_editors_see_each_other(office, draft, cast):
    """The late one reads what stands, keeps what they typed, and a second press saves it."""
    page = at("questionnaire_question", draft, "overall")
    meanwhile(
        draft,
        cast,
        lambda s: editing.replace_question(
            s, "overall", replace(s.question("overall"), label="别人改的题目")
        ),
    )
    answer = office.post(page, typed(label="我改的题目"))
    text = answer.content.decode()

    assert answer.status_code == 422
    assert "别人改的题目" in text and "我改的题目" in text and "刚被别人改过" in text
    assert office.post(page, typed(label="我改的题目", seen_edits=1)).status_code == 302
    assert schema_now(draft).question("overall").label == "我改的题目"


def test_a_question_deleted_meanwhile_is_not_lost(office, draft, cast):
    page = at("questionnaire_question", draft, "overall")
    meanwhile(draft, cast, lambda s: editing.remove(s, "overall"))
    answer = office.post(page, typed(label="还在打字"))

    assert answer.status_code == 422 and "刚被别人删去了" in answer.content.decode()
    assert office.post(page, typed(label="还在打字", seen_edits=0)).status_code == 422
    assert office.get(page).status_code == 404


def test_a_late_step_changes_nothing(office, draft, cast):
    meanwhile(draft, cast, lambda s: editing.remove(s, "worst"))
    before = schema_now(draft)

    assert "刚被别人改过" in act(office, draft, "delete:aware", seen_edits=0).content.decode()
    assert schema_now(draft) == before


def test_sections_and_the_words_around(office, draft):
    new = {"seen_edits": 0, "title": "最后几问", "show_mode": "always"}
    office.post(at("questionnaire_section_new", draft), new)
    assert schema_now(draft).sections[-1].title == "最后几问"
    picked = {"show_mode": "picked", "show_question": "aware", "show_option": "aware/know"}
    office.post(at("questionnaire_section", draft, 1), new | picked | {"seen_edits": 1, "title": "周围"})
    assert schema_now(draft).sections[1].relevance == "${aware} = 'know'"
    words = {"seen_edits": 2, "title": "标题", "intro": "一\r\n二\x07", "thanks": "", "name": "form"}
    office.post(at("questionnaire_about", draft), words)
    assert schema_now(draft).intro == "一\n二"


def test_publishing_asks_first_and_names_what_is_wrong(office, draft):
    page = at("questionnaire_publish", draft)
    office.post(at("questionnaire_question", draft, "aware"), typed(options="只有一个"))
    answer = office.post(page, {"seen_edits": 1})
    assert answer.status_code == 422 and "至少要有两个选项" in answer.content.decode()
    office.post(at("questionnaire_undo", draft))
    assert office.post(page, {"seen_edits": 0}).status_code == 422
    assert office.post(page, {"seen_edits": 2}).status_code == 302

    assert "还没有调查用它" in office.get(draft.get_absolute_url()).content.decode()
    assert office.get(at("questionnaire_edit", draft)).url == draft.get_absolute_url()
    assert office.post(at("questionnaire_version_new", draft)).status_code == 302
    office.post(at("questionnaire_question", draft, "aware"), typed(kind="short_text"))
    assert "题型不能从" in office.get(at("questionnaire_edit", draft)).content.decode()
    assert office.post(page, {"seen_edits": 1}).status_code == 422


def test_out_of_use_and_back(office, cast, net):
    made = questionnaire_of(cast.town_officer, net.town).questionnaire
    office.post(at("questionnaire_retire", made), {"retired": "1"})
    assert "已停用" in office.get("/questionnaires/").content.decode()
    office.post(at("questionnaire_retire", made), {"retired": "0"})
    made.refresh_from_db()
    assert made.retired_on is None


@pytest.mark.parametrize("many", [1, 12])
def test_the_list_costs_the_same(office, cast, net, many, django_assert_max_num_queries):
    for n in range(many):
        questionnaire_of(cast.town_officer, net.town, title=f"第 {n} 份", schema=replace(FORM, name=f"f{n}"))
    office.get("/questionnaires/")
    with django_assert_max_num_queries(9):
        assert office.get("/questionnaires/").status_code == 200


def test_a_script_is_only_words(office, draft):
    evil = "<script>alert(1)</script>"
    office.post(at("questionnaire_question", draft, "overall"), typed(label=evil, options=f"{evil}\n好"))
    token = draft.versions.get().preview_token
    for page in (at("questionnaire_edit", draft), reverse("questionnaire_preview", args=[token])):
        assert evil not in office.get(page).content.decode()
