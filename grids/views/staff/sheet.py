"""Several people in one sheet: paste, look at each row, carry out all rows or the right ones."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from grids.access import Permission as P
from grids.actions.staff.sheet import assign_many
from grids.forms.staff.sheet import COLUMNS, HEADINGS, Known, PasteForm, SheetRows
from grids.views.scoped import permission_required
from grids.views.submitting import status_of

_PREFIX = "rows"


@require_http_methods(["GET", "POST"])
@permission_required(P.EDIT_STAFF)
def staff_sheet(request):
    """The pasted text becomes rows with their errors in place; what is not carried out stays to be corrected."""
    step = request.POST.get("step", "")
    if step not in ("check", "right", "all"):
        return _paste(request)
    known = Known.to(request.user)
    rows = SheetRows(request.POST, prefix=_PREFIX, form_kwargs={"known": known})
    filled = [form for form in rows.forms if form.has_changed()] if rows.is_valid() else []
    if not filled:
        messages.error(request, "表格里没有内容，请重新粘贴。")
        return redirect("staff_sheet")
    if len(filled) < len(rows.forms):
        # A row whose cells were all emptied is taken out.
        rows = _bound(_typed(filled), known)
    if step == "check":
        return _show(request, rows)
    return _carry_out(request, rows, known, all_or_none=step == "all")


def _paste(request):
    form = PasteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _show(request, _bound(form.rows, Known.to(request.user)))
    context = {"form": form, "headings": HEADINGS}
    return render(request, "grids/staff_sheet.html", context, status=status_of(form))


def _typed(forms):
    """What stands in the cells of these rows."""
    return [{name: form[name].value() or "" for name in COLUMNS} for form in forms]


def _bound(rows, known):
    """Rows as a bound set, so that each shows its errors at once."""
    data = {f"{_PREFIX}-TOTAL_FORMS": len(rows), f"{_PREFIX}-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        data |= {f"{_PREFIX}-{number}-{name}": row[name] for name in COLUMNS}
    bound = SheetRows(data, prefix=_PREFIX, form_kwargs={"known": known})
    bound.is_valid()
    return bound


def _carry_out(request, rows, known, *, all_or_none):
    sound = rows.sound_rows()
    if all_or_none and len(sound) < len(rows.forms):
        wrong = len(rows.forms) - len(sound)
        messages.error(request, f"有 {wrong} 行还要改，一行都没有办。改好后再办，或者只办没有问题的行。")
        return _show(request, rows, status=422)
    lines = [form.line() for form in sound]
    outcomes = assign_many(lines=lines, town=request.user.town, all_or_none=all_or_none, by=request.user)
    done = [outcome for outcome in outcomes if outcome.term]
    reasons = {id(form): outcome.refused for form, outcome in zip(sound, outcomes, strict=True)}
    left = [form for form in rows.forms if form.errors or reasons.get(id(form))]
    if not left:
        messages.success(request, f"{len(done)} 行全部办好。新添加的人，请逐个发一次性登录码。")
        return redirect("staff")
    again = _bound(_typed(left), known)
    for form, old in zip(again.forms, left, strict=True):
        if reasons.get(id(old)):
            form.add_error(None, reasons[id(old)])
    return _show(request, again, done, status=200 if done else 422)


def _show(request, rows, done=(), status=200):
    context = {
        "rows": rows,
        "done": done,
        "headings": HEADINGS,
        "sound": len(rows.sound_rows()),
        "wrong": len(rows.forms) - len(rows.sound_rows()),
    }
    return render(request, "grids/staff_sheet_rows.html", context, status=status)
