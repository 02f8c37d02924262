"""Where residents answer: the addresses that are printed on slips and posters. Paths; a page makes them absolute."""

from django.urls import reverse


def code_address(code):
    """Where a slip's code opens its round."""
    return reverse("answer", args=[code])


def poster_address(code):
    """Where a poster leads."""
    return reverse("answer_poster", args=[code])


def typing_address():
    """Where a code is typed that cannot be scanned."""
    return reverse("answer_code")
