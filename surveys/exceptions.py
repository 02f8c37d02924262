"""What can keep an answer from being taken, each with the words a person reads."""

from grids.exceptions import DomainError


class RoundClosed(DomainError):
    """The round does not take answers: not begun, over, or its code is void."""


class TokenUsed(DomainError):
    """The code was good for one answer, and that was given."""

    def __init__(self):
        super().__init__("这个码已经答过一次了，谢谢您。每个码只能用一次。")


class QuotaFull(DomainError):
    """As many as wanted of this village, or of this sex and age, have answered."""

    def __init__(self):
        super().__init__("这一部分人已经问够了，谢谢您愿意参加。")


class OtherAnswer(DomainError):
    """A second, different answer under the key of one that stands."""

    def __init__(self):
        super().__init__("这份问卷已经交过了，内容和这次不一样，以先交的为准。")


class AlreadyPrinted(DomainError):
    """The same order of slips posted again: the batch stands, and its codes were shown."""

    def __init__(self):
        super().__init__("这一批已经印过，码只显示一次，没有再印。没印成的话，把这一批作废，另印一批。")


class SheetMoved(DomainError):
    """A paper sheet that somebody else dealt with meanwhile."""

    def __init__(self):
        super().__init__("这张问卷的状态已变化，没有重复录入。")
