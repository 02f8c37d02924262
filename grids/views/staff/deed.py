"""How a form about people and units is carried out."""

from grids.actions.staff.terms import StaffRefused
from grids.forms.staff.fields import add_refusal


def done(request, form, act):
    """The row that `act(**its data, by=…)` gave for a posted form; None where nothing was done.

    A refusal stands at the field it is about.
    """
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return act(**form.cleaned_data, by=request.user)
    except StaffRefused as refused:
        add_refusal(form, refused)
        return None
