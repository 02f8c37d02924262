"""Which places are inspected: adding one, changing it, retiring it."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from grids import access
from grids.actions import audit, versions
from grids.exceptions import DomainError
from grids.models import AuditEntry
from surveys.models import Site

P = access.Permission


@transaction.atomic
def add_site(*, by, grid, checklist, name, place="", longitude=None, latitude=None):
    """A new place to inspect in the grid. Raises PermissionDenied or DomainError."""
    access.require(by, P.EDIT_SITES, grid)
    _require_same_town(grid, checklist)
    values = {"name": name, "place": place, "longitude": longitude, "latitude": latitude}
    site = Site(grid=grid, checklist=checklist, **values)
    _save(site)
    _log(by, site, versions.first_values(Site, values))
    return site


@transaction.atomic
def edit_site(*, site, by, seen_version, grid=None, **values):
    """Change a place; `grid` moves it out of a retired grid. Raises PermissionDenied, StaleVersion or DomainError."""
    site = versions.locked(site, seen_version)
    access.require(by, P.EDIT_SITES, site.grid_id)
    changes = {}
    if grid and grid.pk != site.grid_id:
        access.require(by, P.EDIT_SITES, grid)
        if site.grid.is_open:
            raise DomainError("网格还在用，地点不能换网格；要换地方请停用后另建。")
        changes["网格"] = [site.grid.code, grid.code]
        site.grid = grid
    changes |= versions.put(site, values)
    _require_same_town(site.grid, site.checklist)
    if changes:
        site.version += 1
        _save(site)
        _log(by, site, changes)
    return site


@transaction.atomic
def set_retired(*, site, by, retired):
    """Take a place off the walks from today, or put it back; its history stays."""
    site = Site.objects.select_for_update().get(pk=site.pk)
    access.require(by, P.EDIT_SITES, site.grid_id)
    if retired == (site.retired_on is not None):
        return site
    site.retired_on = timezone.localdate() if retired else None
    site.version += 1
    site.save(update_fields=["retired_on", "version"])
    _log(by, site, {"停用" if retired else "恢复": ["", timezone.localdate().isoformat()]})
    return site


def _require_same_town(grid, checklist):
    if checklist.town.code != grid.town_code:
        raise DomainError("请选择本镇的地点类型。")


def _save(site):
    try:
        with transaction.atomic():
            site.save()
    except IntegrityError as error:
        raise DomainError(f"这个网格里已有“{site.name}”，停用的也算；请换个名称。") from error


def _log(by, site, changes):
    audit.log(
        AuditEntry.Action.SETTING,
        by=by,
        grid=site.grid,
        obj=site,
        label=f"考察地点 {site.name}",
        changes=changes,
    )
