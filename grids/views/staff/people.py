"""The tree, the list of people, and one person."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from grids import access
from grids.access import Permission as P
from grids.actions import accounts
from grids.actions.staff import people as actions
from grids.actions.staff.terms import StaffRefused
from grids.forms.staff.fields import add_refusal, staffable_places
from grids.forms.staff.people import NewPersonForm, PeopleFilterForm, PersonForm, StaffFilterForm
from grids.models import Grid, GridAssignment, UnitMembership, User
from grids.views.scoped import permission_required, visible_or_404
from grids.views.staff import tree
from grids.views.submitting import status_of
from grids.views.typed import takes_typed

PER_PAGE = 50


def terms_not_over(user, today):
    """Current and coming terms in the user's scope, with who holds them."""
    rows = GridAssignment.objects.visible_to(user, P.SEE_STAFF).exclude(ends_on__lte=today)
    return rows.select_related("user", "grid", "stand_in_for__user").order_by("starts_on", "pk")


@require_http_methods(["GET", "POST"])
@permission_required(P.SEE_STAFF)
@takes_typed("q")
def staff(request):
    """Who holds which role where, from when to when; what is vacant or about to be."""
    today = timezone.localdate()
    lasting = Q(retired_on=None) | Q(retired_on__gt=today)
    places = list(Grid.objects.visible_to(request.user, P.SEE_STAFF).filter(lasting).order_by("code"))
    blocks = tree.grow(places, terms_not_over(request.user, today))
    form = StaffFilterForm(request.filters, places=places)
    shown = tree.prune(
        blocks,
        area=form.asked("area"),
        role=form.asked("role"),
        state=form.asked("state"),
        words=form.asked("q"),
    )
    context = {
        "form": form,
        "blocks": shown,
        "stats": _stats(blocks),
        "roles": access.REQUIRED_AT_GRID,
        "may_edit": access.can(request.user, P.EDIT_STAFF),
    }
    return render(request, "grids/staff.html", context)


def _stats(blocks):
    """What stands over the tree, each a link to its rows."""
    posts = list(tree.every_post(blocks))
    seats = [seat for post in posts for seat in post.seats]
    vacant = sum(post.is_vacant for post in posts)
    ending = sum(seat.state == "ending" for seat in seats)
    return (
        ("网格空缺", vacant, "?state=vacant", "bad" if vacant else "good"),
        ("30 天内到期", ending, "?state=ending", "warn" if ending else "plain"),
        ("代管中", sum(seat.is_cover and seat.is_filled for seat in seats), "?state=cover", "plain"),
        ("待上任", sum(seat.state == "future" for seat in seats), "?state=future", "plain"),
    )


@require_http_methods(["GET", "POST"])
@permission_required(P.SEE_STAFF)
@takes_typed("q")
def staff_people(request):
    """Everybody with an account in the scope: also who holds nothing and who is closed."""
    today = timezone.localdate()
    form = PeopleFilterForm(request.filters)
    held = terms_not_over(request.user, today)
    rows = User.objects.visible_to(request.user, P.SEE_STAFF)
    rows = _narrowed(rows, held, form.asked("state"), form.asked("q"))
    rows = rows.order_by("name_index", "phone").prefetch_related(
        Prefetch("assignments", held, to_attr="held")
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "today": today, "may_edit": access.can(request.user, P.EDIT_STAFF)}
    return render(request, "grids/staff_people.html", context)


def _narrowed(rows, held, state, words):
    if words:
        rows = rows.filter(
            Q(name__icontains=words) | Q(name_index__contains=f" {words.lower()}") | Q(phone__endswith=words)
        )
    holding = Exists(held.filter(user=OuterRef("pk")))
    narrow = {
        "holding": Q(holding),
        "free": ~Q(holding),
        "never": Q(last_login=None),
        "inactive": Q(is_active=False),
    }
    return rows.filter(narrow[state]) if state in narrow else rows


@require_GET
def staff_person(request, uuid):
    """One person: what they hold, will hold and held, and what an admin can do for them."""
    person = visible_or_404(User, request.user, P.SEE_STAFF, uuid=uuid)
    today = timezone.localdate()
    rows = GridAssignment.objects.visible_to(request.user, P.SEE_STAFF).filter(user=person)
    terms = list(
        rows.select_related("user", "grid", "stand_in_for__user", "created_by").order_by("-starts_on", "-pk")
    )
    may_edit = access.can(request.user, P.EDIT_STAFF, person.town_id)
    context = {
        "person": person,
        "seats": [
            tree.Seat(term, tree.state_of(term, today))
            for term in terms
            if term.starts_on <= today and (term.ends_on is None or term.ends_on > today)
        ],
        "coming": [term for term in terms if term.starts_on > today],
        "past": [term for term in terms if term.ends_on and term.ends_on <= today],
        "memberships": UnitMembership.objects.visible_to(request.user, P.SEE_STAFF)
        .filter(user=person)
        .select_related("unit")
        .order_by("-starts_on", "-pk"),
        "may_edit": may_edit,
        "is_self": person.pk == request.user.pk,
        "blocked_until": accounts.blocked_until(person) if may_edit else None,
    }
    return render(request, "grids/staff_person.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(P.EDIT_STAFF)
def staff_person_new(request):
    """A new person, with a first term in the same form."""
    places = staffable_places(request.user)
    form = NewPersonForm(
        request.POST or None, places=places, initial={"starts_on": timezone.localdate(), **request.GET.dict()}
    )
    if request.method == "POST" and form.is_valid():
        try:
            person = actions.create_person(**form.cleaned_data, by=request.user)
        except StaffRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"已添加{person.name}。现在可以发一次性登录码，让本人登录并设密码。")
            return redirect(person)
    return render(request, "grids/staff_person_form.html", {"form": form}, status=status_of(form))


@require_http_methods(["GET", "POST"])
def staff_person_edit(request, uuid):
    """Another name or another number of the same person."""
    person = visible_or_404(User, request.user, P.EDIT_STAFF, uuid=uuid)
    form = PersonForm(request.POST or None, initial={"name": person.name, "phone": person.phone})
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_person(person=person, **form.cleaned_data, by=request.user)
        except StaffRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "已保存。换了号码的，从现在起用新号码登录。")
            return redirect("staff_person", uuid)
    context = {"form": form, "person": person}
    return render(request, "grids/staff_person_form.html", context, status=status_of(form))


@require_POST
def staff_code(request, uuid):
    """Issue a one-time login code and show it, this once, on a slip to print or read out."""
    person = visible_or_404(User, request.user, P.EDIT_STAFF, uuid=uuid)
    try:
        issued = accounts.issue_code(person=person, by=request.user)
    except accounts.DomainError as refused:
        messages.error(request, str(refused))
        return redirect("staff_person", uuid)
    context = {
        "person": person,
        "code": f"{issued.code[:4]} {issued.code[4:]}",
        "expires_at": issued.expires_at,
    }
    return render(request, "grids/staff_code.html", context)


def _on_account(act, words):
    """A view of one button on the person's account."""

    @require_POST
    def press(request, uuid):
        person = visible_or_404(User, request.user, P.EDIT_STAFF, uuid=uuid)
        try:
            act(person=person, by=request.user)
        except StaffRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, words.format(person.name))
        return redirect("staff_person", uuid)

    return press


staff_unlock = _on_account(accounts.unlock, "已解除{0}的登录限制，现在就可以再试。")
staff_deactivate = _on_account(
    actions.deactivate, "已停用{0}的账号，各处登录都已退出。任职没有动，请接着办理交接。"
)
staff_reactivate = _on_account(actions.reactivate, "已重新启用{0}的账号，请发一次性登录码。")
staff_end_sessions = _on_account(
    actions.end_sessions, "{0}的密码已作废，各处登录都已退出。请发一次性登录码。"
)
