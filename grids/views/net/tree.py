"""The tree of the net, and where it has holes."""

from django.shortcuts import redirect, render
from django.utils import timezone

from grids.access import Permission as P
from grids.forms.net import NetFilterForm
from grids.models import Tier
from grids.tree import FUTURE, OPEN, STATE_LABELS, Net, summarise
from grids.views.scoped import permission_required

# More names than this make no summary; the rest is one press away.
SHOWN_NAMES = 8
STATE_TONES = {OPEN: "good", FUTURE: "info"}


@permission_required(P.SEE_NET)
def net(request):
    """`/net/`: the whole part in scope; who looks after one grid only is taken straight to it."""
    tree = Net(request.user, timezone.localdate())
    own = tree.only_grid
    if own is not None and not request.GET:
        return redirect(own.grid)
    form = NetFilterForm(request.GET)
    keeps = _filter(form.chosen("state", OPEN), form.chosen("gap"))
    in_office = any(root.grid.tier <= Tier.AREA for root in tree.roots)
    context = {
        "form": form,
        "rows": [row for root in tree.roots for row in _rows(root, keeps)],
        "summary": summarise(tree) if in_office else None,
        "shown_names": SHOWN_NAMES,
    }
    return render(request, "grids/net.html", context)


def _filter(state, gap):
    """Whether a node is wanted for itself (its ancestors come along)."""

    def keeps(node):
        if state != "all" and node.state != state:
            return False
        if gap == "boundary":
            return node.grid.tier == Tier.GRID and not node.grid.is_drawn
        return not gap or node.is_vacant

    return keeps


def _rows(node, keeps):
    """The kept part of a subtree as table rows, parents before children."""
    below = [row for child in node.children for row in _rows(child, keeps)]
    if not below and not keeps(node):
        return []
    label, tone = STATE_LABELS[node.state], STATE_TONES.get(node.state, "plain")
    return [{"node": node, "state_label": label, "state_tone": tone}, *below]
