"""What can go wrong in an action, each with the words a person reads."""


class DomainError(Exception):
    """An action refused; `str()` is the Chinese sentence for the page."""


class SameUuidOtherContent(DomainError):
    """A second content under a known uuid (409); `record` is the fact that stands, `digest` of the other."""

    def __init__(self, record, digest):
        super().__init__("同一条记录已有另一份内容，请核对。")
        self.record = record
        self.digest = digest


class ForeignRecord(DomainError):
    """The uuid belongs to another user's record; answered as if it did not exist (404)."""


class StaleVersion(DomainError):
    """Somebody changed the row since the form was opened."""

    def __init__(self):
        super().__init__("这条信息刚被别人改过，请核对后再保存。")


class ReasonRequired(DomainError):
    """A number outside one's own grid is not given without a reason."""

    def __init__(self):
        super().__init__("不在你自己的网格，拨打前请写明原因。")
