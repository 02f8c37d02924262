"""Pages of fieldwork that show or make cases: forms whose post may settle a matter, records with their cases."""

from collections import Counter
from datetime import timedelta

from cases.models import Case
from cases.vocabulary import Status
from grids import access
from grids.figures import Period, next_month
from grids.views import concerns, diary, patrols, visits
from hekou import actions

P = access.Permission


class VisitNewView(visits.VisitNewView):
    """A visit; what was settled at the door is a case at once."""

    action = staticmethod(actions.log_visit)


class ConcernNewView(concerns.ConcernNewView):
    """A concern; settled on the spot it is a case at once."""

    action = staticmethod(actions.log_concern)


class ConcernCorrectView(concerns.ConcernCorrectView):
    """A concern told anew takes its case along."""

    action = staticmethod(actions.log_concern)


class PatrolCorrectView(patrols.PatrolCorrectView):
    """A patrol told anew takes the cases of its findings along."""

    action = staticmethod(actions.log_patrol)


class WithCases:
    """A record's page with the cases that grew from it, as far as the reader may see them."""

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        versions = [context["record"], *context["older"]]
        return context | {"grown": self.grown(versions, context)}

    def grown(self, versions, context):
        cases = Case.objects.visible_to(self.request.user, P.SEE_CASES)
        return list(actions.grown_from(cases, versions).select_related("record").order_by("pk"))


class VisitView(WithCases, visits.VisitView):
    """One visit."""


class ConcernView(WithCases, concerns.ConcernView):
    """One concern, with its own case alone."""

    def grown(self, versions, context):
        cases = Case.objects.visible_to(self.request.user, P.SEE_CASES)
        return list(cases.filter(concern=context["concern"]).select_related("record"))


class DiaryView(diary.DiaryView):
    """民情日记 with what was reported on the day."""

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        cases = Case.objects.visible_to(self.request.user, P.SEE_CASES)
        cases = cases.filter(reporter=context["worker"], record__happened_on=context["day"])
        return context | {"cases": cases.select_related("record").order_by("pk")}


class MonthView(diary.MonthView):
    """我的本月 with what the person reported, and what they settled, in the month."""

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        month, worker = context["month"], context["worker"]
        cases = Case.objects.visible_to(self.request.user, P.SEE_CASES)
        reported = cases.filter(reporter=worker, record__happened_on__range=(month, last_day_of(month)))
        of_day = Counter(reported.values_list("record__happened_on", flat=True))
        start, end = Period(month, next_month(month)).moments
        settled = cases.filter(handler=worker, status=Status.CLOSED, closed_at__gte=start, closed_at__lt=end)
        told = {day: counts for day, *counts in context["days"]}
        days = [(day, *told.get(day, (0, 0, 0)), of_day[day]) for day in sorted({*told, *of_day})]
        return context | {"days": days, "reported": of_day.total(), "settled": settled.count()}


def last_day_of(month):
    return next_month(month) - timedelta(days=1)
