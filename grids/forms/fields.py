"""Form fields for what is typed in every room: days, telephone numbers, citizen id numbers, lines of text."""

import re
import unicodedata
from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils import timezone

from grids import names

_EARLIEST = date(1900, 1, 1)


def _half_width(text):
    """Digits and letters as a keyboard types them: １３８ → 138."""
    return unicodedata.normalize("NFKC", text)


class LineField(forms.CharField):
    """One line of text: line breaks and runs of spaces become one space."""

    def to_python(self, value):
        return " ".join(super().to_python(value).split())


class DayField(forms.DateField):
    """A day since 1900 and at most `ahead` days from today (0: not in the future)."""

    def __init__(self, *, ahead=0, **kwargs):
        self.ahead = ahead
        super().__init__(**kwargs)

    def validate(self, value):
        super().validate(value)
        if value is None:
            return
        if value < _EARLIEST:
            raise ValidationError("日期太早，请核对年份。")
        if value > timezone.localdate() + timedelta(days=self.ahead):
            raise ValidationError("日期太晚，请核对年份。" if self.ahead else "日期不能晚于今天。")


# A number printed for everybody: a hotline or an extension is one too, so looser than `PhoneField`.
PUBLIC_PHONE = RegexValidator(r"^[0-9+()（） 转-]{3,20}\Z", "请填写电话号码，例如 0351-5170000。")


class PhoneField(forms.CharField):
    """A mobile number (11 digits) or a fixed line with or without its area code; kept as digits."""

    def __init__(self, **kwargs):
        widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})
        super().__init__(**{"label": "电话", "max_length": 30, "widget": widget, **kwargs})

    def to_python(self, value):
        return re.sub(r"[\s\-－—()（）]", "", _half_width(super().to_python(value))).removeprefix("+86")

    def validate(self, value):
        super().validate(value)
        if not value or re.fullmatch(r"1[3-9][0-9]{9}|0[0-9]{9,11}|[2-8][0-9]{6,7}", value):
            return
        if re.fullmatch(r"1[0-9]*", value) and len(value) != 11:
            raise ValidationError(f"手机号应为 11 位，现在是 {len(value)} 位。")
        raise ValidationError("请填写 11 位手机号，或带区号的固定电话。")


class IdNumberField(forms.CharField):
    """A citizen id number (GB 11643-1999), 18 characters, its birth date and check digit verified."""

    def __init__(self, **kwargs):
        widget = forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"})
        super().__init__(**{"label": "身份证号", "max_length": 40, "widget": widget, **kwargs})

    def to_python(self, value):
        return re.sub(r"\s", "", _half_width(super().to_python(value))).upper()

    def validate(self, value):
        super().validate(value)
        if not value:
            return
        if len(value) != 18:
            raise ValidationError(f"身份证号应为 18 位，现在是 {len(value)} 位。")
        if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
            raise ValidationError("身份证号前 17 位是数字，最后一位是数字或 X。")
        if born_on(value) is None:
            raise ValidationError("身份证号第 7 至 14 位不是有效的出生日期，请核对。")
        if not names.is_id_number(value):
            raise ValidationError("身份证号的校验位对不上，请逐位核对。")


def born_on(id_number):
    """The birth date in an id number, or None if it is none that can be."""
    try:
        day = date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    except ValueError:
        return None
    return day if _EARLIEST <= day <= timezone.localdate() else None


def sex_of(id_number):
    """ "m" or "f" from the seventeenth digit."""
    return "m" if int(id_number[16]) % 2 else "f"
