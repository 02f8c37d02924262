"""Where residents answer: the addresses that are printed on slips and posters. Paths; a page makes them absolute."""


def code_address(code):
    """Where a slip's code opens its round."""
    return f"/s/{code}/"


def poster_address(code):
    """Where a poster leads."""
    return f"/s/p/{code}/"


def typing_address():
    """Where a code is typed that cannot be scanned."""
    return "/s/"
