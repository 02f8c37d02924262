"""What every field form shares: identity, clock and position around the fact, the date, photos, and for whom."""

from datetime import timedelta
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from grids import access
from grids.actions import photos, places
from grids.actions.records import Envelope
from grids.exceptions import DomainError
from grids.models import Grid, Tier, User

P = access.Permission

FORM_VERSION = 1
# Late entry is welcome, but a date further back is a slip of the finger.
LONGEST_BACK = timedelta(days=365)


def chips(**attrs):
    """Radio buttons that look like chips."""
    return forms.RadioSelect(attrs={"class": "chips", **attrs})


def many_chips(**attrs):
    """Checkboxes that look like chips."""
    return forms.CheckboxSelectMultiple(attrs={"class": "chips", **attrs})


def choose_grid(field, user):
    """Offer the open grids of the user's fieldwork; with only one there is nothing to ask."""
    grids = Grid.objects.visible_to(user, P.LOG_FIELDWORK).open()
    field.queryset = grids.filter(tier__gte=Tier.GRID).order_by("code")
    first_two = list(field.queryset[:2])
    if len(first_two) == 1:
        field.initial = first_two[0].code
        field.widget = forms.HiddenInput()


class Forgiving:
    """Mixed into a field that a script fills: what cannot be read is as good as absent, never a gate."""

    def clean(self, value):
        try:
            return super().clean(value)
        except ValidationError:
            return None


class ForgivingFloat(Forgiving, forms.FloatField):
    widget = forms.HiddenInput


class ForgivingInteger(Forgiving, forms.IntegerField):
    widget = forms.HiddenInput


class ForgivingMoment(Forgiving, forms.DateTimeField):
    widget = forms.HiddenInput


class PicturesInput(forms.ClearableFileInput):
    """A file input that takes several pictures."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"

    def value_from_datadict(self, data, files, name):
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name, [])


class PicturesField(forms.Field):
    """Up to six photos, each checked and written anew; `clean` gives a list of `photos.Picture`."""

    def __init__(self, **kwargs):
        widget = PicturesInput(
            attrs={"multiple": True, "accept": "image/jpeg,image/png,image/webp", "data-preview": True}
        )
        super().__init__(required=False, label="照片", widget=widget, **kwargs)

    def clean(self, value):
        uploads = [upload for upload in value or [] if upload]
        if len(uploads) > photos.MOST:
            raise ValidationError(f"最多 {photos.MOST} 张照片，这次选了 {len(uploads)} 张。")
        pictures, refused = [], []
        for upload in uploads:
            try:
                pictures.append(photos.prepare(upload))
            except DomainError as error:
                refused.append(str(error))
        if refused:
            raise ValidationError(refused)
        return pictures


class FieldForm(forms.Form):
    """The base of field forms. Subclasses give `told()`, the keyword arguments of their action, and `content()`."""

    uuid = forms.UUIDField(
        widget=forms.HiddenInput(attrs={"data-fresh-uuid": True}),
        error_messages={
            "required": "页面缺少记录编号，请刷新后再填。",
            "invalid": "记录编号不对，请刷新后再填。",
        },
    )
    captured_at = ForgivingMoment(required=False)
    form_version = ForgivingInteger(required=False, min_value=1, max_value=32_000)
    lat = ForgivingFloat(required=False, min_value=-90, max_value=90)
    lng = ForgivingFloat(required=False, min_value=-180, max_value=180)
    accuracy = ForgivingFloat(required=False, min_value=0, max_value=1_000_000)

    def __init__(self, *args, user, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["uuid"].initial = uuid4
        self.fields["captured_at"].widget.attrs["data-now"] = True
        self.fields["form_version"].initial = FORM_VERSION

    def told(self):
        """The action's own arguments, from the cleaned data."""
        raise NotImplementedError

    def content(self):
        """What the form says in one spelling, for the digest and for a conflict."""
        raise NotImplementedError

    def done_by(self):
        """Who did it, when it was not the person who types."""
        return self.cleaned_data.get("actor") or self.user

    def pictures(self):
        return self.cleaned_data.get("photos") or []

    def envelope(self):
        """What surrounds the fact; a position counts only when both halves of it could be read."""
        given = self.cleaned_data
        captured_at = given.get("captured_at") or timezone.now()
        longitude, latitude = given.get("lng"), given.get("lat")
        if longitude is None or latitude is None:
            longitude = latitude = None
        return Envelope(
            uuid=given["uuid"],
            captured_at=captured_at,
            happened_on=given.get("happened_on") or timezone.localdate(),
            form_version=given.get("form_version") or FORM_VERSION,
            longitude=longitude,
            latitude=latitude,
            accuracy_m=given.get("accuracy") if longitude is not None else None,
            outside_town=places.is_outside_town(user=self.user, longitude=longitude, latitude=latitude),
            photo_digests=tuple(picture.digest for picture in self.pictures()),
        )


class AttestedFieldForm(FieldForm):
    """A field form with photos, and 当事人 for those who may type for others."""

    photos = PicturesField(help_text="不强制，最多 6 张，每张不超过 10 MB。")
    actor = forms.ModelChoiceField(
        label="当事人",
        queryset=User.objects.none(),
        to_field_name="uuid",
        required=False,
        empty_label="本人",
        help_text="替别人录入时选他；录入人仍记为您。",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if access.can(self.user, P.LOG_FOR_OTHERS):
            colleagues = User.objects.visible_to(self.user, P.LOG_FOR_OTHERS)
            self.fields["actor"].queryset = colleagues.filter(is_active=True).order_by("name", "pk")
        else:
            del self.fields["actor"]


class DatedFieldForm(AttestedFieldForm):
    """The same with a date."""

    happened_on = forms.DateField(label="日期", help_text="默认今天；补录以前的请改日期，最早一年前。")

    field_order = ["happened_on", "photos", "actor"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["happened_on"].initial = today
        self.fields["happened_on"].widget.attrs.update(max=today, min=today - LONGEST_BACK)

    def clean_happened_on(self):
        day, today = self.cleaned_data["happened_on"], timezone.localdate()
        if day > today:
            raise ValidationError("日期不能晚于今天。")
        if day < today - LONGEST_BACK:
            raise ValidationError("日期不能早于一年前。")
        return day


class WithdrawForm(forms.Form):
    """Why a fact is taken back."""

    reason = forms.CharField(label="撤销原因", max_length=200, help_text="例如：点错了户。")


class RowForm(forms.Form):
    """A row that counts once somebody typed into it; a state chosen for nothing does not."""

    def has_changed(self):
        return bool(set(self.changed_data) - {"state"})


class RowsFormSet(forms.BaseFormSet):
    """Rows of which untouched ones do not count; `told()` gives the filled ones as mappings."""

    def _construct_form(self, i, **kwargs):
        form = super()._construct_form(i, **kwargs)
        # A row that a correction brought along may be emptied, too.
        form.empty_permitted = True
        return form

    def told(self):
        return [form.cleaned_data for form in self.forms if form.has_changed() and form.is_valid()]
