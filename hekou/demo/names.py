"""Invented names, telephone numbers and id numbers. Whoever bears such a name is meant by nobody."""

from grids.names import id_check_digit

SURNAMES = "张王李赵刘闫郭武郝康梁任杨马韩薛贾田温牛段冯高曹白侯史乔成邢孟苗常樊吕阎游解申雷范岳杜孙吴"
# The first twelve names bear half of the people, as in any village.
SURNAME_WEIGHTS = [4 if place < 12 else 1 for place in range(len(SURNAMES))]


def _pool(text):
    return tuple(text.split())


ELDER = {
    "m": _pool(
        "保根 存喜 德旺 福生 贵生 海旺 怀德 计生 金锁 九林 来福 老虎 满仓 明亮 拴柱 "
        "天保 铁柱 万福 喜贵 小毛 银锁 有才 玉山 占奎 志高 中和 双全 二小 三元 润生 "
        "补明 成孩 丑蛋 米锁 茂林 俊德 连喜 全有 富贵 守田"
    ),
    "f": _pool(
        "桂花 秀英 玉兰 翠莲 凤英 改梅 果香 海棠 花女 金莲 巧珍 兰香 莲花 毛女 梅英 "
        "爱莲 巧英 秋花 润香 三女 素珍 桃花 喜梅 仙桃 香莲 小娥 秀莲 银花 引弟 月娥 "
        "贞贞 转花 补女 存女 二女 粉莲 桂兰 计花 改花 玉梅"
    ),
}
MIDDLE = {
    "m": _pool(
        "建国 建军 志强 俊杰 文平 永红 卫东 国庆 海军 跟明 爱民 保平 晋生 建平 军明 "
        "林生 瑞平 四平 晓东 旭东 彦平 勇 永生 玉平 振华 志刚 建明 宏伟 学军 三平 润平 "
        "海平 春生 新民 丽生 俊平 二平 晋平"
    ),
    "f": _pool(
        "爱珍 彩霞 春梅 翠平 桂平 海燕 红梅 慧芳 建花 俊花 丽萍 林花 美玲 巧平 瑞芳 "
        "润花 淑芳 素平 卫花 晓梅 秀平 雪梅 艳平 玉凤 月平 志花 变花 晋花 改平 凤仙 "
        "爱花 俊萍 海花 秋平 丽珍 三平 建萍 翠花"
    ),
}
YOUNG = {
    "m": _pool(
        "浩然 子轩 宇航 晨阳 嘉诚 俊熙 家豪 凯 磊 鹏飞 帅 涛 伟 晓明 鑫 旭 阳 一鸣 "
        "泽宇 志远 子墨 天佑 博文 昊 佳乐 锦程 明哲 瑞 文博 梓轩"
    ),
    "f": _pool(
        "佳怡 欣妍 雨桐 梓涵 诗琪 思雨 静 婷 丽 敏 娜 倩 雪 颖 慧 洁 晶晶 婧 璐 "
        "梦瑶 若曦 子涵 艺馨 一诺 可欣 语嫣 悦 佳琪 雅婷 晨曦"
    ),
}
# Real people of the story, and names of the demo's accounts: nobody else is called so.
TAKEN = {"张春燕", "闫志平"}

# 154 is a prefix that no operator was given: what looks like a telephone number rings nowhere.
PHONE_PREFIX = "154"


def surname(chance):
    return chance.choices(SURNAMES, SURNAME_WEIGHTS)[0]


def person_name(chance, sex, birth_year, family=None):
    """A name such as people of that age bear."""
    pool = ELDER if birth_year < 1962 else MIDDLE if birth_year < 1988 else YOUNG
    while (name := (family or surname(chance)) + chance.choice(pool[sex])) in TAKEN:
        pass
    return name


class Numbers:
    """Telephone and id numbers, each given once."""

    def __init__(self, chance):
        self.chance = chance
        self.phones = set()

    def phone(self):
        while (number := f"{PHONE_PREFIX}{self.chance.randrange(10**8):08d}") in self.phones:
            pass
        self.phones.add(number)
        return number

    def id_number(self, born_on):
        """Sequence 000 was never issued, so the number is nobody's; its check digit is right."""
        first = f"140181{born_on:%Y%m%d}000"
        return first + id_check_digit(first)
