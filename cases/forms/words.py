"""How lists name the lights of a case."""

from cases.deadlines import Light

LIGHT_WORDS = {Light.GREEN: "正常", Light.YELLOW: "将到期", Light.RED: "超期"}
LIGHT_TONES = {Light.GREEN: "good", Light.YELLOW: "warn", Light.RED: "bad"}
