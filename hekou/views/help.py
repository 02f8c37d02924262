"""The in-app help: one page with anchors, short sentences, by what a person does."""

from django.shortcuts import render


def help_page(request):
    """帮助, the same for every signed-in person; it names no people and no figures."""
    return render(request, "hekou/help.html")
