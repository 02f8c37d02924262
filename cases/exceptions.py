"""What can go wrong with a case, each with the words a person reads."""

from grids.exceptions import DomainError


class IllegalTransition(DomainError):
    """The case moved on since the page was opened, or never stood where the press begins."""

    def __init__(self):
        super().__init__("这件事的状态已变化，请核对后再办理。")
