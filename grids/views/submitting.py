"""How a page with one form carries out what was posted."""

from django.http import Http404

from grids.exceptions import DomainError, StaleVersion


def posted(request):
    """What binds a form: the posted data, or None for a page that was only opened."""
    return request.POST if request.method == "POST" else None


def status_of(*forms):
    """What a page answers with: 422 where something that was posted is to be corrected, 409 where somebody else
    changed the row meanwhile, else 200."""
    if any(form.is_bound and form.errors for form in forms):
        return 422
    return 409 if any(getattr(form, "differences", ()) for form in forms) else 200


def submitted(request, form, act):
    """Whether the form was posted and `act(form)` done; if not, the form carries what there is to say.

    A choice that was never offered (another grid's id) is 404. A row that moved on since is shown beside what was
    typed (`form.differences`); if both say the same, the deed is done already.
    """
    if request.method != "POST":
        return False
    if not form.is_valid():
        errors = form.errors.as_data()
        if any(error.code == "invalid_choice" for field in errors.values() for error in field):
            raise Http404
        return False
    try:
        act(form)
    except StaleVersion:
        form.instance.refresh_from_db()
        form.set_against(form.instance)
        return not form.differences
    except DomainError as error:
        form.add_error(None, str(error))
        return False
    return True
