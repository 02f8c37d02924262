"""A photo, served to those who may see its record and kept by no shared cache."""

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404

from grids import access
from grids.models import FieldRecord, Photo
from grids.views.scoped import permission_required

P = access.Permission


@permission_required(P.SEE_FIELDWORK)
def photo(request, uuid):
    """The JPEG as it was written anew; its scope is the record's."""
    visible = FieldRecord.objects.visible_to(request.user, P.SEE_FIELDWORK)
    return photo_answer(get_object_or_404(Photo, record__in=visible, uuid=uuid))


def photo_answer(found):
    """The file of a photo whose scope was asked for; 404 where it is gone."""
    try:
        file = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("the file is gone") from error
    return FileResponse(
        file,
        content_type="image/jpeg",
        headers={
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
