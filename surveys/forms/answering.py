"""What is asked before the questions: a code where there is none, for whom one answers, how an interview is led."""

from django import forms

from grids.forms.field import chips
from surveys.models import AgeBand, Sex

SELF, PROXY = "self", "proxy"
READ, HAND = "read", "hand"


class CodeForm(forms.Form):
    """A code from a slip or a poster, however it is typed."""

    what_wrong = "打不开问卷"
    what_now = "改好后再按一次。"

    code = forms.CharField(
        label="答题码",
        max_length=40,
        help_text="印在纸条或海报上，有没有横线、大写小写都行。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": "请填纸条上的答题码。"},
    )


class WhoForm(forms.Form):
    """For whom is answered; of that person a village, a sex and an age band, nothing else."""

    what_wrong = "还有几处要看一下"
    what_now = "已选的都还在，补好后再继续。"

    whose = forms.ChoiceField(
        label="谁来答",
        choices=[(SELF, "我自己答"), (PROXY, "替家里老人填")],
        initial=SELF,
        widget=chips(),
        error_messages={"required": "请选一项。", "invalid_choice": "请选一项。"},
    )
    area = forms.ChoiceField(
        label="住在哪个村、社区",
        error_messages={"required": "请选住的村或社区。", "invalid_choice": "请从列出的村和社区里选。"},
    )
    sex = forms.ChoiceField(
        label="性别",
        choices=Sex.choices,
        widget=chips(),
        error_messages={"required": "请选性别。", "invalid_choice": "请选性别。"},
    )
    age_band = forms.ChoiceField(
        label="年龄",
        choices=AgeBand.choices,
        widget=chips(),
        error_messages={"required": "请选年龄段。", "invalid_choice": "请选年龄段。"},
    )

    def __init__(self, data=None, initial=None, *, areas):
        """`areas` are the places of the round; None where the place is known already."""
        super().__init__(data, initial=initial)
        if areas is None:
            del self.fields["area"]
        else:
            named = [(area.code, area.name) for area in areas]
            self.fields["area"].choices = [("", "请选择"), *named]

    @property
    def told(self):
        """What the page carries on, of a valid form."""
        given = self.cleaned_data
        told = {"sex": given["sex"], "age_band": given["age_band"], "is_proxy": given["whose"] == PROXY}
        return told | {"area": given.get("area", "")}

    @staticmethod
    def initial_of(told):
        """What was told before, as the form takes it."""
        if not told:
            return {}
        return told | {"whose": PROXY if told["is_proxy"] else SELF}


class InterviewForm(WhoForm):
    """The same, said to a gridworker, who reads the questions out or hands over the phone."""

    way = forms.ChoiceField(
        label="怎么答",
        choices=[(READ, "我来念，住户说"), (HAND, "把手机交给住户自己填")],
        initial=READ,
        widget=chips(),
        error_messages={"required": "请选一项。", "invalid_choice": "请选一项。"},
    )
    field_order = ["area", "sex", "age_band", "whose", "way"]

    def __init__(self, data=None, initial=None, *, areas):
        super().__init__(data, initial, areas=areas)
        self.fields["whose"].choices = [(SELF, "本人答"), (PROXY, "家里人替老人答")]
        if "area" in self.fields:
            self.fields["area"].label = "他住在哪个村、社区"
