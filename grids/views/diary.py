"""民情日记 by day and 我的本月: what one person did and heard, to read and to print with room to sign."""

import calendar
from collections import defaultdict
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.generic import TemplateView

from grids import access, due
from grids.models import Concern, HouseholdVisit, Patrol, User
from grids.views.scoped import PermissionMixin, visible_or_404

P = access.Permission


class OfOnePerson(PermissionMixin, TemplateView):
    """Pages about the person who looks, or with ?worker= about a person of the looker's scope.

    Another's pages need SEE_STAFF over the person and show the rows that the looker may see.
    """

    permission = P.SEE_FIELDWORK
    url_name = ""

    def worker(self):
        uuid = self.request.GET.get("worker")
        if not uuid or uuid == str(self.request.user.uuid):
            return self.request.user
        try:
            return visible_or_404(User, self.request.user, P.SEE_STAFF, uuid=uuid)
        except ValidationError as error:
            raise Http404("no uuid") from error

    def of(self, model, who, worker):
        rows = model.objects.visible_to(self.request.user, self.permission).current()
        return rows.filter(**{who: worker})

    def get_template_names(self):
        return [self.print_template if self.request.GET.get("print") else self.template_name]

    def kept_query(self, worker):
        return "" if worker == self.request.user else f"&worker={worker.uuid}"


class DiaryView(OfOnePerson):
    """One day."""

    template_name = "grids/diary.html"
    print_template = "grids/diary_print.html"

    def get_context_data(self, **kwargs):
        worker, day = self.worker(), self._day()
        visits = self.of(HouseholdVisit, "visitor", worker).filter(visited_on=day)
        patrols = self.of(Patrol, "walker", worker).filter(walked_on=day)
        concerns = self.of(Concern, "heard_by", worker).filter(heard_on=day)
        today = timezone.localdate()
        return super().get_context_data(**kwargs) | {
            "worker": worker,
            "is_me": worker == self.request.user,
            "kept": self.kept_query(worker),
            "parties": ["本人", "网格长"],
            "day": day,
            "before": day - timedelta(days=1),
            "after": day + timedelta(days=1) if day < today else None,
            "visits": visits.select_related("record", "household", "grid")
            .with_names_of_met()
            .order_by("record"),
            "patrols": patrols.select_related("record", "grid").annotate(found=Count("findings")),
            "concerns": concerns.select_related("household", "grid").order_by("pk"),
        }

    def _day(self):
        today = timezone.localdate()
        return _day_or_none(self.request.GET.get("date", "")) or today


class MonthView(OfOnePerson):
    """我的本月: the days of a month, each with what was done on it, and the sums."""

    template_name = "grids/diary_month.html"
    print_template = "grids/diary_month_print.html"

    def get_context_data(self, **kwargs):
        worker = self.worker()
        start, end = month_asked(self.request)
        visits = self.of(HouseholdVisit, "visitor", worker).filter(visited_on__gte=start, visited_on__lt=end)
        patrols = self.of(Patrol, "walker", worker).filter(walked_on__gte=start, walked_on__lt=end)
        concerns = self.of(Concern, "heard_by", worker).filter(heard_on__gte=start, heard_on__lt=end)
        outcome, mode = HouseholdVisit.Outcome, HouseholdVisit.Mode
        counted = visits.aggregate(
            all=Count("pk"),
            met=Count("pk", filter=Q(outcome=outcome.MET, mode=mode.HOME)),
            phoned=Count("pk", filter=~Q(mode=mode.HOME)),
            households=Count("household", distinct=True, filter=Q(outcome=outcome.MET, mode=mode.HOME)),
        )
        heard = concerns.aggregate(
            all=Count("pk"),
            settled=Count("pk", filter=Q(state__in=[Concern.State.SETTLED, Concern.State.ANSWERED])),
        )
        days = defaultdict(lambda: [0, 0, 0])
        for position, (rows, column) in enumerate(
            ((visits, "visited_on"), (patrols, "walked_on"), (concerns, "heard_on"))
        ):
            for day, count in rows.values_list(column).annotate(n=Count("pk")).order_by(column):
                days[day][position] = count
        return (
            super().get_context_data(**kwargs)
            | month_links(start)
            | {
                "worker": worker,
                "is_me": worker == self.request.user,
                "kept": self.kept_query(worker),
                "parties": ["本人", "网格长"],
                "month": start,
                "visits": counted,
                "patrol_count": sum(row[1] for row in days.values()),
                "heard": heard,
                "days": [(day, *days[day]) for day in sorted(days)],
            }
        )


def month_asked(request):
    """The half-open month of ?month=YYYY-MM; this month when there is none that can be read."""
    asked = _day_or_none(f"{request.GET.get('month', '')}-01")
    return due.period_of(asked or timezone.localdate(), due.MONTHLY)


def month_links(start):
    """The months before and after, for links."""
    _, last = calendar.monthrange(start.year, start.month)
    before, after = start - timedelta(days=1), start + timedelta(days=last)
    return {"month_before": before.replace(day=1), "month_after": after}


def _day_or_none(text):
    """A typed ISO day of a year that an office can mean, else None."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and date(2000, 1, 1) <= day <= date(2100, 1, 1) else None
