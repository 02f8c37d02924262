"""An edit form that knows which version of the row it was filled in on."""

from typing import NamedTuple

from django import forms

from grids.actions import versions


class Difference(NamedTuple):
    """One field that reads differently in the row of now and in what was typed."""

    label: str
    theirs: str
    mine: str


class VersionedForm(forms.ModelForm):
    """Carries the row's `version`; when the row moved on, shows both and goes on from the newer version.

    `differences` is empty until `set_against` found the form stale.
    """

    version = forms.IntegerField(min_value=1, max_value=2_000_000_000, widget=forms.HiddenInput)
    differences = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["version"] = self.instance.version
        else:
            del self.fields["version"]

    def values(self):
        """What the action writes: {field: value}."""
        return {name: self.cleaned_data[name] for name in self._meta.fields}

    def set_against(self, row):
        """Compare what was typed with the row as it stands, and let the next submit mean the newer version."""
        model = type(row)
        self.differences = [
            Difference(versions.label_of(model, name), _shown(model, name, theirs), _shown(model, name, mine))
            for name, mine in self.values().items()
            if (theirs := getattr(row, name)) != mine
        ]
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = str(row.version)


def _shown(model, name, value):
    """A value as a person reads it; sealed numbers stay masked."""
    if value in (None, ""):
        return "（空）"
    if name in versions.LABELS:
        return versions.masked(model, name, value)
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(dict(model._meta.get_field(name).flatchoices).get(value, value))
