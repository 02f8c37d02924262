"""Signing in and choosing a password."""

import re
import unicodedata

from django import forms
from django.contrib.auth.password_validation import validate_password

_SEPARATORS = re.compile(r"[\s\-–—()]+")
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1\d{10}$)")


class MobileField(forms.CharField):
    """An 11-digit mobile number; spaces, dashes, full-width digits and +86 are forgiven."""

    default_error_messages = {"invalid": "请填写 11 位手机号。", "required": "请填写手机号。"}

    def __init__(self, **kwargs):
        kwargs.setdefault("label", "手机号")
        super().__init__(max_length=40, **kwargs)

    def widget_attrs(self, widget):
        return super().widget_attrs(widget) | {"inputmode": "tel", "maxlength": 20}

    def to_python(self, value):
        number = _SEPARATORS.sub("", unicodedata.normalize("NFKC", super().to_python(value)))
        number = _COUNTRY.sub("", number)
        if number and not re.fullmatch(r"1[0-9]{10}", number):
            raise forms.ValidationError(self.error_messages["invalid"])
        return number


def _phone():
    return MobileField(widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "username"}))


def _password(label, autocomplete, **kwargs):
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete, "data-password": True})
    errors = {"required": f"请填写{label}。"}
    return forms.CharField(
        label=label, max_length=128, strip=False, widget=widget, error_messages=errors, **kwargs
    )


class LoginForm(forms.Form):
    phone = _phone()
    password = _password("密码", "current-password")


class CodeLoginForm(forms.Form):
    phone = _phone()
    code = forms.CharField(
        label="登录码",
        help_text="管理员打印或念给你的 8 位数字。",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": "请填写登录码。"},
    )

    def clean_code(self):
        code = _SEPARATORS.sub("", unicodedata.normalize("NFKC", self.cleaned_data["code"]))
        if not re.fullmatch(r"[0-9]{8}", code):
            raise forms.ValidationError("登录码是 8 位数字。")
        return code


class PasswordForm(forms.Form):
    """A new password; the old one is asked for only where there is one to know."""

    # No page holds a password, so this one cannot say that everything is still there.
    what_now = "为安全起见，填过的密码不保留，请重新输入后再保存。"

    old = _password("现在的密码", "current-password")
    new = _password("新密码", "new-password", help_text="至少 8 位，不能全是数字，也别用太常见的词。")
    again = _password("再输一遍新密码", "new-password")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_usable_password():
            del self.fields["old"]

    def clean_old(self):
        if not self.user.check_password(self.cleaned_data["old"]):
            raise forms.ValidationError("现在的密码不对。")
        return self.cleaned_data["old"]

    def clean_new(self):
        new = self.cleaned_data["new"]
        validate_password(new, self.user)
        if self.user.check_password(new):
            raise forms.ValidationError("新密码要和现在的不一样。")
        return new

    def clean(self):
        given = super().clean()
        if {"new", "again"} <= given.keys() and given["new"] != given["again"]:
            self.add_error("again", "两次输入的新密码不一样。")
        return given
