"""Questionnaires: their types, their conditions, what may be wrong with them and with answers to them. Pure."""

from surveys.schema.answers import Validated, hidden_answers, path, validate
from surveys.schema.checks import Problem, check, compatible
from surveys.schema.document import SchemaError, dump, dumps, fingerprint, parse
from surveys.schema.expressions import ExpressionError, parse_expression
from surveys.schema.lint import estimated_seconds, lint
from surveys.schema.model import (
    KIND_LABELS,
    MEANING_LABELS,
    MEASURE_LABELS,
    Kind,
    Meaning,
    Measure,
    Option,
    Order,
    Question,
    Schema,
    Section,
)

__all__ = [
    "KIND_LABELS",
    "MEANING_LABELS",
    "MEASURE_LABELS",
    "ExpressionError",
    "Kind",
    "Meaning",
    "Measure",
    "Option",
    "Order",
    "Problem",
    "Question",
    "Schema",
    "SchemaError",
    "Section",
    "Validated",
    "check",
    "compatible",
    "dump",
    "dumps",
    "estimated_seconds",
    "fingerprint",
    "hidden_answers",
    "lint",
    "parse",
    "parse_expression",
    "path",
    "validate",
]
