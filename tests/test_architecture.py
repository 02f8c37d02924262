"""What linters do not see: where queries start, who knows roles, what no file may hold."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import get_resolver

from grids.access import Permission, Role

ROOT = Path(__file__).resolve().parent.parent
OURS = ("hekou", "grids", "cases", "surveys", "care")
SOURCES = sorted(p for app in OURS for p in (ROOT / app).rglob("*.py") if "migrations" not in p.parts)
PAGES = sorted(
    p
    for p in SOURCES
    if {"views", "forms"} & set(p.relative_to(ROOT).parts) or p.name in ("views.py", "forms.py")
)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

# A page's queryset starts from one of these; every other manager method reads rows nobody was asked about.
SCOPED_STARTS = {"visible_to", "visible_past_to", "none"}
# The functions that serve people who are not signed in.
PUBLIC_VIEWS = {"login", "login_code", "healthz", "my_case", "my_case_rate", "questionnaire_preview"}
# Residents answering, on their own phone or on one handed over; what came of it.
PUBLIC_VIEWS |= {"answer_code", "answer", "answer_poster", "answer_done", "answer_hand", "answer_handed"}
PUBLIC_VIEWS |= {"public_results", "public_result"}


def parsed(path):
    return ast.parse(path.read_text(), filename=str(path))


def body_lines(function):
    """Lines of a function behind its signature and docstring."""
    first = function.body[1 if ast.get_docstring(function) and len(function.body) > 1 else 0]
    return function.end_lineno - first.lineno + 1


def relative(paths):
    return [str(p.relative_to(ROOT)) for p in paths]


@pytest.mark.parametrize("path", PAGES, ids=relative(PAGES))
def test_querysets_of_pages_start_from_the_scope(path):
    """`X.objects.visible_to(…)`, never `X.objects.filter(…)`, `._base_manager`, or a view's bare `queryset =`."""
    elsewhere = [
        f"{path.name}:{node.lineno} .{node.attr}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in ("objects", "_default_manager", "_base_manager")
        and node.attr not in SCOPED_STARTS
    ]

    assert elsewhere == []


@pytest.mark.parametrize("path", SOURCES, ids=relative(SOURCES))
def test_only_access_knows_roles(path):
    """Demo data and forms may name a role to give it; nothing else decides by one."""
    if path.relative_to(ROOT).as_posix() == "grids/access.py" or "demo" in path.parts:
        return
    decided = [
        f"{path.name}:{node.lineno}"
        for node in ast.walk(parsed(path))
        if (
            isinstance(node, ast.Compare)
            and any(
                (
                    isinstance(part, ast.Attribute)
                    and isinstance(part.value, ast.Name)
                    and part.value.id == "Role"
                )
                or (isinstance(part, ast.Constant) and part.value in Role.values)
                for part in [node.left, *node.comparators]
            )
        )
        or (isinstance(node, ast.Attribute) and node.attr in ("is_superuser", "is_staff"))
    ]

    assert decided == []


FORBIDDEN = {
    r"\bdatetime\.now\(\)|\bdate\.today\(|\butcnow\(": "the town's clock is django.utils.timezone",
    r"\bpost_save\b|\bpre_save\b|\bm2m_changed\b|\breceiver\(": "no signals",
    r"__all__\"\s*$|fields = \"__all__\"": "forms name their fields",
    r"mark_safe\(|\bSafeString\(": "escape what was typed",
    r"\bon_delete=models\.CASCADE|models\.CASCADE": "history outlives people and places",
    r"GenericForeignKey": "what is filtered on is a column",
    r"csrf_exempt": "every write carries a token",
}


@pytest.mark.parametrize("path", SOURCES, ids=relative(SOURCES))
def test_smells(path):
    text = path.read_text()
    found = [why for pattern, why in FORBIDDEN.items() if re.search(pattern, text, re.MULTILINE)]

    assert found == []


@pytest.mark.parametrize("path", SOURCES, ids=relative(SOURCES))
def test_files_and_functions_stay_readable(path):
    """Files up to 400 lines, functions up to 40; no drawer for everything."""
    long = [
        f"{node.name} {body_lines(node)}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef) and body_lines(node) > 40
    ]

    assert long == []
    assert len(path.read_text().splitlines()) <= 400
    assert path.stem not in ("utils", "helpers", "common", "misc")


@pytest.mark.parametrize("path", TEMPLATES, ids=relative(TEMPLATES))
def test_templates_keep_the_content_policy(path):
    """No inline script, style or handler, nothing typed marked safe, no permission decided by a role name."""
    text = path.read_text()

    assert not re.search(r"<style|\sstyle=\"|\son[a-z]+=\"|javascript:", text)
    assert not re.search(r"<script(?![^>]*(\ssrc=|application/json))", text)
    assert "|safe" not in text
    assert "autoescape off" not in text


def every_pattern(resolver=None, prefix=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from every_pattern(pattern, prefix + str(pattern.pattern))
        else:
            yield prefix + str(pattern.pattern), pattern


def test_public_pages_are_marked_and_few():
    """LoginRequiredMiddleware closes everything; only the marked exceptions are open."""
    public = {p.name for _, p in every_pattern() if getattr(p.callback, "login_required", True) is False}

    assert public == PUBLIC_VIEWS


def test_every_address_has_a_name_and_no_two_share_one():
    names = [p.name for _, p in every_pattern()]

    assert None not in names
    assert len(names) == len(set(names))


def test_nothing_deletes_history():
    """No foreign key of ours cascades or nulls."""
    wrong = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for field in model._meta.fields
        if field.remote_field and field.remote_field.on_delete.__name__ != "PROTECT"
    ]

    assert wrong == []


def test_every_permission_is_given_and_asked_for():
    """A verb nobody asks for is a door to nothing; one nobody holds is a locked room."""
    text = "\n".join(p.read_text() for p in SOURCES if p.name != "access.py")
    unasked = [p.name for p in Permission if not re.search(rf"\b(P|Permission)\.{p.name}\b", text)]

    assert unasked == []
