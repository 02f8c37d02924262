"""意见反馈: what somebody says, and what the office answers."""

from django import forms
from django.urls import Resolver404, resolve


class FeedbackForm(forms.Form):
    """Words, and the page they are about, which a link carries along."""

    words = forms.CharField(
        label="您的意见",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="哪里不好用、缺什么、哪里出错，怎么说都行。请不要写居民的身份证号和电话。",
    )
    page = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def clean_page(self):
        return page_from(self.cleaned_data["page"])


class AnswerForm(forms.Form):
    """The office's answer; its author reads it under their words."""

    answer = forms.CharField(label="答复", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


def page_from(text):
    """The path as it is kept: one of ours and short, else nothing. A query may hold names, so it is left out."""
    path = text.partition("?")[0][:200]
    try:
        resolve(path)
    except Resolver404:
        return ""
    return path
