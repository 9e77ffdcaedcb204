"""Cover sheets: of a fax (FaxJob), and those that a user has (UserInfo)."""

import hashlib
from collections.abc import Sequence

from mailfax.sandbox.pamfax import answer, faxjob, words
from mailfax.sandbox.pamfax.account import STANDARD_COVERS, User
from mailfax.sandbox.pamfax.answer import Items
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.jobs import Cover, Sheet
from mailfax.sandbox.pamfax.refusals import Refused

_MAX_COVERS = 20
_NONE = Cover(id=0, uuid="0", title="(none)")


def covers(user: User) -> Sequence[Cover]:
    """All that a user may use."""
    own = [cover for cover, _ in user.covers.values()]
    return [*(STANDARD_COVERS if user.standard_covers else ()), *own]


def picture(user: User, file_uuid: str) -> Cover | None:
    """The cover that has this file as its thumbnail, its preview or its template."""
    for cover in (_NONE, *covers(user)):
        if file_uuid in {_file(cover, kind) for kind in ("thumb", "preview", "template")}:
            return cover
    return None


def _file(cover: Cover, kind: str) -> str:
    return hashlib.md5(f"{kind} {cover.uuid}".encode()).hexdigest()  # noqa: S324  a name


def _entry(cover: Cover) -> answer.Object:
    """As lists have it; the uuid is inference."""
    shown: dict[str, answer.Value] = {
        "id": cover.id,
        "title": cover.title,
        "creator": cover.creator,
        "thumb_id": _file(cover, "thumb"),
        "preview_id": _file(cover, "preview"),
    }
    if cover is _NONE:
        return shown
    return {
        **shown,
        "uuid": cover.uuid,
        "template_id": _file(cover, "template"),
        "description": None,
    }


def list_available_covers(call: Call) -> answer.Object:
    """What the fax may have; also no cover, but only when there is a file."""
    found = covers(call.user) or (STANDARD_COVERS if call.flag("defaults_if_empty") else ())
    none = [_NONE] if call.job.documents else []
    return {"Covers": Items(element="Cover", content=[_entry(one) for one in (*none, *found)])}


def set_cover(call: Call) -> answer.Object:
    """Use a cover, by its uuid or else by its id; 0 is none."""
    uuid, number = call.word("template_uuid"), call.word("template_id")
    wanted = uuid if uuid not in {"", "*"} else number
    if not wanted:
        return remove_cover(call)
    for cover in covers(call.user) or STANDARD_COVERS:
        if wanted in {cover.uuid, str(cover.id), _file(cover, "template")}:
            call.job.sheet = Sheet(
                cover=cover, text=call.text("text"), data=call.table("data"), since=call.now
            )
            call.job.updated = call.now
            return {}
    raise Refused("invalid_cover")


def remove_cover(call: Call) -> answer.Object:
    """Without a cover."""
    call.job.sheet = None
    call.job.updated = call.now
    return {}


def list_covers(call: Call) -> answer.Object:
    """All covers of the user."""
    return {"Covers": Items(element="Cover", content=[_entry(one) for one in covers(call.user)])}


def add_cover(call: Call) -> answer.Object:
    """A cover of the user's own."""
    upload = call.upload()
    if len(call.user.covers) >= _MAX_COVERS:
        raise Refused("too_many_covers")
    try:
        faxjob.checked(call, upload.name, upload.data)
    except Refused:
        raise Refused("bad_cover_file") from None
    title = call.word("title") or upload.name
    cover = Cover(id=next(call.account.ids), uuid=words.uuid(), title=title, creator=1)
    call.user.covers[cover.uuid] = (cover, upload.data)
    return {"Cover": _entry(cover)}


def delete_cover(call: Call) -> answer.Object:
    """Without this cover; the standard ones go together here."""
    uuid = call.text("uuid")
    if uuid in {cover.uuid for cover in STANDARD_COVERS} and call.user.standard_covers:
        call.user.standard_covers = False
    elif call.user.covers.pop(uuid, None) is None:
        raise Refused("invalid_cover")
    return {}


def restore_default_covers(call: Call) -> answer.Object:
    """The standard covers again."""
    call.user.standard_covers = True
    return {}


JOB_OPERATIONS: Operations = {
    "ListAvailableCovers": list_available_covers,
    "SetCover": set_cover,
    "RemoveCover": remove_cover,
}
USER_OPERATIONS: Operations = {
    "ListCovers": list_covers,
    "AddCover": add_cover,
    "DeleteCover": delete_cover,
    "RestoreDefaultCovers": restore_default_covers,
}
