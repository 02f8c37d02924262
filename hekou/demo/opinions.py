"""What the demo's residents think of what is around them: villages differ, the old hear less and are sooner pleased."""

from hekou.demo.chance import Chance
from surveys.models import AgeBand
from surveys.ready import CIVILISED_CITY
from surveys.schema import Kind, validate

# Who heard of it, out of a hundred, by age.
HEARD = {AgeBand.A18: 92, AgeBand.A30: 94, AgeBand.A45: 88, AgeBand.A60: 76, AgeBand.A70: 61}
# Out of a hundred 满意 or 基本满意 where a village is middling.
PLEASED = {
    "yards": 88,
    "lanes": 79,
    "rubbish": 76,
    "parking": 66,
    "safety": 91,
    "toilets": 63,
    "lighting": 72,
    "care": 89,
    "requests": 84,
    "overall": 86,
}
WISHES = {
    "yards": 2,
    "lanes": 5,
    "rubbish": 6,
    "parking": 8,
    "safety": 2,
    "toilets": 8,
    "lighting": 6,
    "care": 4,
}
# What a few write beside 其他, in their own words.
OWN_WORDS = (
    "村口的公交站没有遮雨棚",
    "后河沿的护栏断了一截",
    "晚上广场音响太吵",
    "想要个卖菜的固定地方",
    "冬天路面结冰没人撒盐",
    "狗不拴绳，孩子害怕",
    "快递只送到镇上",
    "老人看病取药不方便",
    "下水井盖老是响",
    "健身器材坏了两年",
    "烧秸秆的味道大",
    "希望多办几场戏",
)


class Opinions:
    """Draws answers; each village has a leaning of its own."""

    def __init__(self, chance, areas):
        self.chance = chance
        # Apart, so that who writes something changes nobody's answers.
        self.words = Chance("own words")
        self.leaning = {area.code: chance.gauss(0, 6) for area in areas}

    def of(self, area, band, today):
        """The answers of somebody there, as the questionnaire lets them through."""
        lean = self.leaning[area.code]
        told = {
            "aware": self._one(HEARD[band] + lean / 2, ("know", "heard"), 0.7, "never", 0.4),
            "support": self._one(93 + lean / 4, ("strongly", "support"), 0.6, "not", 0.7),
        }
        older = 4 if band in (AgeBand.A60, AgeBand.A70) else 0
        for question in CIVILISED_CITY.questions():
            if question.kind == Kind.SCALE3:
                share = PLEASED[question.name] + lean + older
                told[question.name] = self._one(share, ("satisfied", "fairly"), 0.55, "dissatisfied", 0.2)
        if self.chance.happens(0.85):
            wishes = {self.chance.pick(WISHES) for _ in range(self.chance.randint(1, 3))}
            told["worst"] = sorted(wishes)
            if len(wishes) < 3 and self.words.happens(0.04):
                told["worst"].append("other")
                told["worst_other"] = self.words.choice(OWN_WORDS)
        clean, errors = validate(CIVILISED_CITY, told, today=today)
        if errors:
            raise ValueError(errors)
        return clean

    def _one(self, share, good, first, bad, unsure):
        """A good answer in `share` of a hundred, the first of the two in `first`; else the bad one or none."""
        if self.chance.happens(share / 100):
            return good[0] if self.chance.happens(first) else good[1]
        return "unsure" if self.chance.happens(unsure) else bad
