"""What the office types about a questionnaire as a whole: how it begins, what stands around the questions."""

import re
from dataclasses import replace

from django import forms

from grids.forms.fields import LineField
from surveys import xlsform
from surveys.forms.conditions import ConditionForm
from surveys.schema import Section
from surveys.schema.document import SchemaError, dump, parse
from surveys.schema.editing import fresh_name
from surveys.schema.model import is_name
from surveys.xlsform.sheets import MAX_BYTES, RowProblem

STARTS = (("ready", "用现成的创城问卷"), ("blank", "从空白开始"), ("file", "导入 XLSForm 文件"))
NAME_HELP = "以字母开头，只用字母、数字、下划线和短横。导出的数据里用它。"
CHIPS = {"class": "chips"}


class WordsField(forms.CharField):
    """Lines of text, without what no keyboard types."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value):
        text = super().to_python(value).replace("\r\n", "\n").replace("\r", "\n")
        return re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "", text).strip()


class PlainLineField(LineField):
    """One line, without what no keyboard types."""

    def to_python(self, value):
        return re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "", super().to_python(value)).strip()


class NameField(PlainLineField):
    """What a question, section or form is called in the data."""

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 64, "help_text": NAME_HELP, "required": False, **kwargs})

    def validate(self, value):
        super().validate(value)
        if value and not is_name(value):
            raise forms.ValidationError("以字母开头，只用字母、数字、下划线和短横，中间不留空格。")


class XlsformField(forms.FileField):
    """A workbook; cleaned, the questionnaire in it. What stands in its way is kept in `problems`, by row."""

    def __init__(self, **kwargs):
        widget = forms.FileInput(attrs={"accept": ".xlsx"})
        help_text = f"Excel 工作簿（.xlsx），不超过 {MAX_BYTES // 1_000_000} MB，含 survey、choices、settings 三张表。"
        super().__init__(**{"label": "XLSForm 文件", "widget": widget, "help_text": help_text, **kwargs})
        self.problems = ()

    def clean(self, data, initial=None):
        file = super().clean(data, initial)
        if not file:
            return None
        if file.size > MAX_BYTES:
            raise forms.ValidationError(f"文件超过 {MAX_BYTES // 1_000_000} MB，请去掉图片等内容后再上传。")
        found = xlsform.read(file.read())
        schema, self.problems = found.schema, found.problems
        if schema is not None:
            try:
                parse(dump(schema))
            except SchemaError as error:
                schema, self.problems = None, (RowProblem("", 0, f"{error}。"),)
        if schema is None:
            raise forms.ValidationError(
                f"没有导入：有 {len(self.problems)} 处要先改，见下面的清单。什么都没有改动。"
            )
        return schema


class ImportForm(forms.Form):
    """A workbook that takes the place of all questions of a draft."""

    seen_edits = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    file = XlsformField()

    @property
    def problems(self):
        return self.fields["file"].problems


class NewForm(forms.Form):
    """A new questionnaire: what it starts from."""

    start = forms.ChoiceField(
        label="从哪里开始", choices=STARTS, initial="ready", widget=forms.RadioSelect(attrs=CHIPS)
    )
    title = PlainLineField(
        label="问卷名称",
        max_length=60,
        required=False,
        help_text="办公室里怎么叫它，居民也会看到。例如：2026 年下半年创城问卷",
    )
    file = XlsformField(required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title"].need = "必填"

    def clean(self):
        cleaned = super().clean()
        is_file = cleaned.get("start") == "file"
        if is_file and not cleaned.get("file") and "file" not in self.errors:
            self.add_error("file", "请选择要导入的文件。")
        schema = cleaned.get("file") if is_file else None
        if "title" not in self.errors and not cleaned.get("title"):
            # A workbook brings its own name.
            cleaned["title"] = schema.title[:60] if schema else ""
            if not cleaned["title"] and not (is_file and "file" in self.errors):
                self.add_error("title", "请给问卷起个名称。")
        return cleaned

    @property
    def problems(self):
        return self.fields["file"].problems


class AboutForm(forms.Form):
    """What is read before and after the questions."""

    seen_edits = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    title = PlainLineField(label="居民看到的标题", max_length=200)
    intro = WordsField(
        label="开头语", max_length=1000, required=False, help_text="写明不记姓名、要多少时间。"
    )
    thanks = WordsField(label="结束语", max_length=1000, required=False, help_text="答完以后看到的话。")
    name = NameField(label="表单代号（form_id）", required=True)

    ADVANCED = ("name",)

    def changed(self, schema):
        cleaned = {key: value for key, value in self.cleaned_data.items() if key != "seen_edits"}
        return replace(schema, **cleaned)


class SectionForm(ConditionForm):
    """A section: its title, and when it is shown."""

    seen_edits = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    title = PlainLineField(label="这一节的标题", max_length=200, help_text="居民一次看一节。例如：身边环境")
    name = NameField(label="分节代号")
    field_order = ["seen_edits", "title"]

    ADVANCED = ("name",)

    def __init__(self, *args, schema, section=None, earlier=(), **kwargs):
        self.schema, self.section = schema, section
        if section is not None:
            kwargs["initial"] = {"title": section.title, "name": section.name} | kwargs.get("initial", {})
        relevance = section.relevance if section else ""
        super().__init__(*args, schema=schema, relevance=relevance, earlier=earlier, **kwargs)

    def clean_name(self):
        name = self.cleaned_data["name"]
        if not name:
            return (
                self.section.name if self.section and self.section.name else fresh_name(self.schema, "part")
            )
        own = self.section.name.casefold() if self.section else ""
        taken = {q.name.casefold() for q in self.schema.questions()}
        taken |= {s.name.casefold() for s in self.schema.sections} - {own}
        if name.casefold() in taken:
            raise forms.ValidationError(f"“{name}”已经用过了，请换一个。")
        return name

    def built(self):
        """The section as it was typed, without questions."""
        cleaned = self.cleaned_data
        return Section(name=cleaned["name"], title=cleaned["title"], relevance=self.relevance())
