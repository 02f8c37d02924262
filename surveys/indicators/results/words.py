"""What people wrote, in an order that tells nothing: each question's answers are shuffled by a hash of their own."""

import re

from django.db.models import CharField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import MD5, Cast, Concat

from surveys.models import Response
from surveys.schema import Kind

# Somebody who writes down a telephone or an id number has told who they are.
_NUMBER = re.compile(r"\d{7,}[Xx]?|\d(?:[ -]?\d){9,}[Xx]?")
HIDDEN = "（号码已隐去）"


def written(schema):
    """(name, label) of everything that is answered in words, what stands behind 其他 included."""
    found = []
    for question in schema.questions():
        if question.kind in (Kind.SHORT_TEXT, Kind.LONG_TEXT):
            found.append((question.name, question.label))
        elif question.other:
            found.append((question.other_name, f"{question.label}（{question.other.label}）"))
    return found


def answers_to(round, name):
    """The words given to a question, posters' too, as a queryset of texts; `masked` takes numbers out of them.

    The order goes by a hash of question and answer together, so that the words of one person stand in another place
    under each question.
    """
    shuffled = MD5(Concat(Cast("pk", CharField()), Value(name)))
    rows = Response.objects.filter(round=round, answers__has_key=name)
    return rows.order_by(shuffled).values_list(KeyTextTransform(name, "answers"), flat=True)


def masked(text):
    """The words without long numbers."""
    return _NUMBER.sub(HIDDEN, text)
