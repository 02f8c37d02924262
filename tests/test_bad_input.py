"""A page that a post brings back with something to be corrected says so in its status, whichever page it is."""

import pytest
from django.forms import BaseForm

from tests.test_matrix import ADDRESSES, STANDING, expected, undone, world  # noqa: F401 - `world` is a fixture

pytestmark = pytest.mark.django_db

# Somewhere nothing fits: an empty post, and one whose every likely field is nonsense.
LIKELY_FIELDS = """
name code kind grid grids on effective_on day starts_on last_day since person who role phone address household text
reason words answer start size seed old new again version frequency category relation sex parts
"""
NONSENSE = dict.fromkeys(LIKELY_FIELDS.split(), "\x00 9999-99-99 不")
# A photo is a file, whatever is posted to it.
FILES = ("photo", "case_photo")
PAGES = [name for name, address in ADDRESSES.items() if address.method == "get" and name not in FILES]


def faulty(response):
    """The names of the page's posted forms that hold errors."""
    found = set()
    for context in response.context or ():
        for layer in context:
            found |= {
                name
                for name, value in layer.items()
                if isinstance(value, BaseForm) and value.is_bound and value.errors
            }
    return found


@pytest.mark.parametrize("typed", [{}, NONSENSE], ids=["empty", "nonsense"])
@pytest.mark.parametrize("name", PAGES)
def test_what_is_to_be_corrected_is_422(client, world, name, typed):  # noqa: F811
    address = ADDRESSES[name]
    who = next(who for who in STANDING if expected(address, world, who) == "open")
    client.force_login(getattr(world.cast, who))
    with undone():
        response = client.post(address.url(name, world), typed)

    assert response.status_code == 422 or not (response.status_code < 400 and faulty(response))
