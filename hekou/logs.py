"""What a line of the log must not hold: the codes in the addresses of residents' pages."""

import logging
import re

# /my/<code>/ of a case, /s/<code>/ and /s/p/<code>/ of a survey.
_CODE = re.compile(r"(/(?:my|s|s/p)/)(?!p/|done/|hand/)[^/\s?]+")


class HideCodes(logging.Filter):
    """Takes codes out of the message and its arguments; every line passes."""

    def filter(self, record):
        if isinstance(record.args, tuple):
            record.args = tuple(_hidden(value) for value in record.args)
        record.msg = _hidden(record.msg)
        return True


def _hidden(value):
    return _CODE.sub(r"\1…", value) if isinstance(value, str) else value
