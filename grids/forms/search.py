"""The one search box."""

from django import forms

from grids import search


class SearchForm(forms.Form):
    """`hint` says, in words, why there is nothing to look for yet."""

    q = forms.CharField(
        label="查找",
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": "姓名、拼音、电话后四位、住址、网格",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )

    def words(self):
        """What to look for, "" for nothing."""
        words = search.normalised(self.cleaned_data["q"]) if self.is_valid() else ""
        return "" if search.is_too_short(words) else words

    @property
    def hint(self):
        if self.is_valid() and search.is_too_short(search.normalised(self.cleaned_data["q"])):
            return "再多输入一点：至少两个字母，或数字的后四位。"
        return ""
