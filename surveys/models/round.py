"""A round of asking: whom, where, how many; what may be answered once; and the answers, which name nobody.

Nothing leads from an answer to a person (DOMAIN): a response has no author, no address, no moment and no number in a
sequence; a token and a sampled household know only that they were used. What the order of rows in storage might still
tell is taken away by `actions.mixing`, at least once a day and before anybody reads a result.
"""

from datetime import timedelta
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from grids.models import Grid, Household, User
from grids.querysets import GridScopedQuerySet, TownScopedQuerySet
from surveys.models.questionnaire import Version


class Sex(models.TextChoices):
    MALE = "m", "男"
    FEMALE = "f", "女"


class AgeBand(models.TextChoices):
    """Age in whole years (local)."""

    A18 = "18", "18–29 岁"
    A30 = "30", "30–44 岁"
    A45 = "45", "45–59 岁"
    A60 = "60", "60–69 岁"
    A70 = "70", "70 岁以上"


class Mode(models.TextChoices):
    """How an answer came. A poster's answers are self-selected and never blend silently with the others."""

    HOUSEHOLD = "household", "入户"
    TOKEN = "token", "扫码（一人一码）"
    POSTER = "poster", "扫码（海报）"
    EVENT = "event", "活动现场"
    PAPER = "paper", "纸质录入"


SELF_SELECTED = frozenset({Mode.POSTER})


class Round(models.Model):
    """One survey: a published version asked in some areas over some days. `ends_on` is exclusive, shown inclusive.

    `error_permille` is the half-width of the 95 % interval that the target was computed for; `design_effect` in
    hundredths. A published result is frozen with its digest.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "准备中"
        OPEN = "open", "进行中"
        CLOSED = "closed", "已结束"

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    town = models.ForeignKey(Grid, models.PROTECT, related_name="rounds")
    version = models.ForeignKey(Version, models.PROTECT, related_name="rounds", verbose_name="问卷")
    title = models.CharField("名称", max_length=60)
    notice = models.TextField("答完后显示的宣传语", max_length=500, blank=True)
    starts_on = models.DateField("开始")
    ends_on = models.DateField("止于（不含）")
    modes = ArrayField(models.CharField(max_length=10, choices=Mode), verbose_name="方式")
    error_permille = models.PositiveSmallIntegerField("允许误差（‰）", default=50)
    design_effect = models.PositiveSmallIntegerField("设计效应（%）", default=100)
    target_n = models.PositiveIntegerField("目标份数", default=0)
    seed = models.PositiveBigIntegerField("抽样种子", null=True)
    state = models.CharField("状态", max_length=6, choices=State, default=State.DRAFT)
    poster_code = models.CharField(max_length=16, unique=True, null=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    edits = models.PositiveIntegerField(default=0)
    is_public = models.BooleanField("公示结果", default=False)
    frozen = models.JSONField(null=True)
    frozen_digest = models.CharField(max_length=64, blank=True)
    frozen_on = models.DateField(null=True)
    frozen_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = TownScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="round_period_in_order",
                violation_error_message="结束日期不能早于开始日期。",
            ),
            models.CheckConstraint(
                condition=Q(error_permille__range=(5, 200), design_effect__range=(100, 1000)),
                name="round_numbers_in_bounds",
                violation_error_message="误差为 0.5 % 至 20 %，设计效应为 1 至 10。",
            ),
            models.CheckConstraint(
                condition=Q(frozen=None, frozen_digest="", frozen_on=None, frozen_by=None)
                | Q(frozen__isnull=False, frozen_on__isnull=False, frozen_by__isnull=False)
                & ~Q(frozen_digest=""),
                name="round_frozen_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(is_public=False) | Q(frozen__isnull=False), name="round_public_is_frozen"
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("round", args=[self.uuid])

    @property
    def takes_answers(self):
        """Whether it is open and today lies in its days."""
        return self.takes_paper and timezone.localdate() < self.ends_on

    @property
    def takes_paper(self):
        """Whether sheets may be keyed: those filled in on the last day are keyed after it, until it is closed."""
        return self.state == self.State.OPEN and self.starts_on <= timezone.localdate()

    @property
    def last_day(self):
        """The last of its days, as people say it."""
        return self.ends_on - timedelta(days=1)


class OfRoundQuerySet(models.QuerySet):
    """Rows that follow their round's town."""

    def visible_to(self, user, permission):
        return self.filter(round__in=Round.objects.visible_to(user, permission))


class RoundArea(models.Model):
    """A village or community of a round: its declared frame (people who may be asked), quota and how many are done."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="areas")
    area = models.ForeignKey(Grid, models.PROTECT, related_name="+")
    population = models.PositiveIntegerField("常住成年人口")
    quota = models.PositiveIntegerField("配额", null=True)
    done = models.PositiveIntegerField(default=0)

    objects = OfRoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "area"], name="area_once_a_round"),
            models.CheckConstraint(
                condition=Q(quota=None) | Q(done__lte=F("quota")), name="area_quota_not_overshot"
            ),
        ]

    def __str__(self):
        return f"{self.area_id} of {self.round_id}"


class RoundQuota(models.Model):
    """The people of a sex and an age band over the whole town: their number, quota and how many are done."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="quotas")
    sex = models.CharField(max_length=1, choices=Sex)
    age_band = models.CharField(max_length=2, choices=AgeBand)
    population = models.PositiveIntegerField()
    quota = models.PositiveIntegerField("配额", null=True)
    done = models.PositiveIntegerField(default=0)

    objects = OfRoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "sex", "age_band"], name="quota_cell_once_a_round"),
            models.CheckConstraint(
                condition=Q(quota=None) | Q(done__lte=F("quota")), name="cell_quota_not_overshot"
            ),
        ]

    def __str__(self):
        return f"{self.sex}{self.age_band} of {self.round_id}"


class SampledQuerySet(GridScopedQuerySet):
    """Households of a sample, each in its own grid."""

    def to_visit(self, day=None):
        """Those whose door is still to be knocked at, in rounds that ask households on the day."""
        day = day or timezone.localdate()
        return self.filter(
            state=SampledHousehold.State.WAITING,
            round__state=Round.State.OPEN,
            round__starts_on__lte=day,
            round__ends_on__gt=day,
            round__modes__contains=[Mode.HOUSEHOLD],
        )


class SampledHousehold(models.Model):
    """A household that was drawn. It knows what became of the knock on the door, never when and never the answers.

    Reserves take the place of those that gave no interview, in the order in which they were drawn within a village.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待访"
        RESERVE = "reserve", "备用"
        DONE = "done", "完成"
        REFUSED = "refused", "拒答"
        ABSENT = "absent", "无人"
        INELIGIBLE = "ineligible", "不符合"
        QUOTA_FULL = "full", "配额满"

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="sample")
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="+")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+")
    area = models.ForeignKey(Grid, models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    state = models.CharField("结果", max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField("上门次数", default=0)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")

    objects = SampledQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["round", "grid", "state"], name="sample_by_grid")]
        constraints = [
            models.UniqueConstraint(fields=["round", "household"], name="household_once_a_round"),
            models.UniqueConstraint(fields=["round", "area", "position"], name="sample_position_once"),
        ]

    def __str__(self):
        return f"{self.household_id} in {self.round_id}"


class TokenBatch(models.Model):
    """A printing of slips, each with a code of its own that is good for one answer."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="batches")
    number = models.PositiveSmallIntegerField("批次")
    area = models.ForeignKey(Grid, models.PROTECT, null=True, blank=True, related_name="+")
    size = models.PositiveIntegerField("张数")
    expires_on = models.DateField("有效至（不含）")
    printed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    printed_on = models.DateField()
    is_void = models.BooleanField("已作废", default=False)

    objects = OfRoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="batch_number_once"),
            models.CheckConstraint(
                condition=Q(size__range=(1, 2000)),
                name="batch_size_in_bounds",
                violation_error_message="一批 1 至 2000 张。",
            ),
        ]

    def __str__(self):
        return f"第 {self.number} 批"

    @property
    def last_day(self):
        """The last day on which its codes open the round."""
        return self.expires_on - timedelta(days=1)


class Token(models.Model):
    """One code: its keyed hash and whether it was used. No moment, no answer, no number in a sequence."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    batch = models.ForeignKey(TokenBatch, models.PROTECT, related_name="tokens")
    code_hash = models.CharField(max_length=64, unique=True)
    is_used = models.BooleanField(default=False)

    def __str__(self):
        return "token"


class TokenDraft(models.Model):
    """What somebody has answered so far under a code, to go on with later; gone when the answer is finished.

    Sealed for the code, which is stored nowhere: only who holds the slip can open it. It does not know the key of the
    answer it will become, so that an old copy of the database leads from no token to an answer.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    token = models.OneToOneField(Token, models.PROTECT, related_name="draft")
    told_sealed = models.TextField()

    def __str__(self):
        return "draft"


class Response(models.Model):
    """One finished answer, anonymous by structure: a random key, the stratum it counts in, and what was said.

    `digest` tells a repeated post of the same answer from another under the same key.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="responses")
    area = models.ForeignKey(Grid, models.PROTECT, null=True, related_name="+")
    sex = models.CharField(max_length=1, choices=Sex, blank=True)
    age_band = models.CharField(max_length=2, choices=AgeBand, blank=True)
    mode = models.CharField(max_length=10, choices=Mode)
    is_proxy = models.BooleanField("代填", default=False)
    answers = models.JSONField()
    digest = models.CharField(max_length=64)

    objects = OfRoundQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["round"], name="response_by_round")]

    def __str__(self):
        return "response"


class Stratum(models.Model):
    """How often what was answered by the people of one village, sex, age band and mode: the summary behind results.

    Written in the transaction of each response, rebuilt and checked by `check_strata`. `counts` maps a question's name
    to {option: how often}, numbers to their sums, and "" to how many were asked; ":proxy" counts who filled in for
    another (surveys.counting).
    """

    round = models.ForeignKey(Round, models.PROTECT, related_name="strata")
    area = models.ForeignKey(Grid, models.PROTECT, null=True, related_name="+")
    sex = models.CharField(max_length=1, choices=Sex, blank=True)
    age_band = models.CharField(max_length=2, choices=AgeBand, blank=True)
    mode = models.CharField(max_length=10, choices=Mode)
    n = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)

    objects = OfRoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["round", "area", "sex", "age_band", "mode"],
                name="stratum_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self):
        return f"{self.round_id} {self.area_id} {self.sex}{self.age_band} {self.mode}: {self.n}"


class InterviewerTally(models.Model):
    """How many interviews one person led in a round, and how many of them the resident filled in alone."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="tallies")
    interviewer = models.ForeignKey(User, models.PROTECT, related_name="+")
    read_out = models.PositiveIntegerField(default=0)
    self_filled = models.PositiveIntegerField(default=0)

    objects = OfRoundQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "interviewer"], name="tally_once_a_round")]

    def __str__(self):
        return f"{self.interviewer_id} in {self.round_id}"
