"""How every form of the product looks: one form template, one field template, the project's own widget templates."""

from django.forms.renderers import TemplatesSetting


class HekouFormRenderer(TemplatesSetting):
    """Renders through the project's template engine, so that components and `{% icon %}` work inside forms."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
    formset_template_name = "components/formset.html"
