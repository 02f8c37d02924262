"""The components of the product, loaded in every template without `{% load %}`.

Tags
    {% icon "phone" %}                             a line icon of static/img/icons.svg, decorative
    {% card title="待办" tone="plain" url="" action="" %}…{% endcard %}     tones: plain good warn bad info
    {% table caption="走访记录" %}<thead>…<tbody>…{% endtable %}    scrolls by itself on a phone;
        {% table caption stacked=True %} turns rows into cards there (each td carries data-label="列名")
    {% filters posts=False %}{{ form.q.as_field_group }}…{% endfilters %}  a GET form with 筛选 and 清除
    {% disclosure "更多条件" open=False %}…{% enddisclosure %}      details and summary
    {% bulk url label="批量确认" %}{% table %}…{% endtable %}{% endbulk %}  a POST form with a sticky action bar
    {% post_button url "撤销" tone="quiet" icon="" confirm="" %}    a POST form of one button
    {% figure_cells line.numbers %}                cells of a table of figures, every number a link
Leaves: {% include "components/NAME.html" with … only %}
    badge          label tone
    notice         text tone title
    empty          title text url action
    stat           label value url n definition tone
    pagination     page
    tabs           tabs (mappings: label url current n) label
    breadcrumbs    trail (pairs of label, url)
    steps          steps (mappings: label state note; state: done current todo)
    timeline       events (mappings: when title who text tone)
    definitions    items (pairs of term, value)
    signoff        parties (labels), seal (true for room for a seal)
    undo           url label seconds — without `only`: it needs the request's token
    form_actions   label cancel_url tone icon — the submit row, at the thumb on a phone
    error_summary  form — for pages that place their fields one by one
    field_inline   field — a field in a table row, its label for screen readers only
Forms: `{{ form }}` (summary, hidden fields, fields), `{{ form.name.as_field_group }}`, `{{ formset }}`.
    Widget attrs: class "chips" makes radios and checkboxes into chips; `data-preview` shows a chosen photo.
Words: `{{ path|page_name }}` is what people call the page at a path.
Messages: `extra_tags=f"undo:{url}"` puts an undo button beside a message for ten seconds.
"""

from functools import cache

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join

from hekou import navigation

register = template.Library()

UNDO = "undo:"

register.filter("page_name", navigation.page_name)


@register.simple_tag
@cache
def icon(name):
    """A drawing beside words; it says nothing on its own, so a button without words needs an aria-label."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("img/icons.svg"),
        name,
    )


@register.simple_block_tag
def card(content, title="", tone="plain", url="", action="", level=2):
    """A titled panel; `url` and `action` put one link at its head."""
    return _render(
        "card",
        content=content,
        title=title,
        tone=tone,
        url=url,
        action=action,
        level=level,
    )


@register.simple_block_tag
def table(content, caption, stacked=False, sticky=True):
    """A data table around its own thead and tbody; the caption names it, also for those who cannot see it."""
    return _render("table", content=content, caption=caption, stacked=stacked, sticky=sticky)


@register.simple_block_tag(takes_context=True)
def filters(context, content, label="筛选", posts=False):
    """A filter bar that keeps its state in the address: a plain GET form to the page itself.

    One that takes names or numbers `posts` (grids.views.typed).
    """
    path = context["request"].path if "request" in context else ""
    return _render("filters", context, content=content, label=label, path=path, posts=posts)


@register.simple_block_tag
def disclosure(content, label, open=False):
    """What few people need, folded away."""
    return _render("disclosure", content=content, label=label, open=open)


@register.simple_block_tag(takes_context=True)
def bulk(context, content, url, label, confirm="", tone="primary"):
    """A POST form around a table whose rows carry checkboxes; its button stays in sight while rows scroll."""
    return _render(
        "bulk",
        context,
        content=content,
        url=url,
        label=label,
        confirm=confirm,
        tone=tone,
    )


_COUNT = '<td class="num" data-label="{}"><a href="{}">{}</a></td>'
_SHARE = (
    '<td class="num" data-label="{}"><span class="figure-cell"><b>{}</b> <span class="small muted">'
    '<a href="{}">{}</a> / <a href="{}">{}</a></span></span></td>'
)
_TIME = (
    '<td class="num" data-label="{}"><span class="figure-cell"><b>{}</b> <span class="small muted">'
    '<a href="{}">{}</a> 件</span></span></td>'
)


@register.simple_tag
def figure_cells(numbers):
    """The cells of a line of figures with their links: put together here, since tables hold hundreds of them."""
    return format_html_join("", "{}", ((_figure_cell(number),) for number in numbers))


def _figure_cell(number):
    cell = number.cell
    label, words = cell.figure.label, cell.words
    if cell.is_count:
        return format_html(_COUNT, label, number.n_url, words)
    if number.d_url:
        return format_html(_SHARE, label, words, number.n_url, cell.n, number.d_url, cell.d)
    return format_html(_TIME, label, words, number.n_url, cell.n)


@register.simple_tag(takes_context=True)
def post_button(context, url, label, tone="", icon="", confirm="", name="", value=""):
    """One button that changes data; `confirm` asks first where JavaScript runs."""
    given = {"url": url, "label": label, "tone": tone, "icon": icon, "confirm": confirm}
    return _render("post_button", context, **given, name=name, value=value)


@register.filter
def undo_url(message):
    """The address a message's undo button posts to, or an empty string."""
    tags = (message.extra_tags or "").split()
    return next((tag.removeprefix(UNDO) for tag in tags if tag.startswith(UNDO)), "")


@register.filter
def tone(level_tag):
    """A message's level in the words of the design."""
    return {"success": "good", "warning": "warn", "error": "bad"}.get(level_tag, "info")


@register.filter
def error_target(field):
    """The id an error in the summary leads to: the input, or the first choice of a group."""
    return field.id_for_label or f"{field.auto_id}_0"


def _render(component, context=None, /, **given):
    """A component's template; those with a form get the request's token."""
    if context is not None:
        given["csrf_token"] = context.get("csrf_token")
    return render_to_string(f"components/{component}.html", given)
