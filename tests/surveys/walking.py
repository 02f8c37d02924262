"""Going through the pages of a questionnaire as a browser does: what a page carries is posted with what is chosen."""

import gzip
import re
from html import unescape
from pathlib import Path

from django.contrib.staticfiles import finders

WHO = {"whose": "self", "sex": "f", "age_band": "60"}


def words_of(answer):
    return answer.content.decode()


def carried(answer):
    """The hidden fields of a page's last form."""
    found = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', words_of(answer)):
        if name != "csrfmiddlewaretoken":
            found.setdefault(name, []).append(unescape(value))
    return found


def press(client, answer, address, **chosen):
    """Post the page to its address with what was chosen."""
    return client.post(address, carried(answer) | {name.replace("__", "-"): v for name, v in chosen.items()})


def on(client, answer, address, **chosen):
    """The same, followed where it leads."""
    return client.post(
        address,
        carried(answer) | {"go": "on"} | {name.replace("__", "-"): v for name, v in chosen.items()},
        follow=True,
    )


def walk_to_the_end(client, address, *, area, heard="yes", wishes="路灯修一修", **who):
    """From the first page to the last press; gives the last answer, not followed."""
    page = on(client, client.get(address), address, **WHO | {"area": area} | who)
    page = on(client, page, address, a__heard=heard)
    if heard == "no":
        page = on(client, page, address, a__why="没人说过")
    return press(client, page, address, go="on", a__wishes=wishes), page


STATIC = re.compile(r'(?:href|src)="(/static/[^"#?]+)')


def weight(answer):
    """Bytes over the wire the first time: the page and every file it names, compressed as the server does."""
    files = {path.removeprefix("/static/") for path in STATIC.findall(words_of(answer))}
    bodies = [Path(finders.find(file)).read_bytes() for file in files]
    return sum(len(gzip.compress(body)) for body in [answer.content, *bodies])
