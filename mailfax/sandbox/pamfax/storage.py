"""OnlineStorage: folders elsewhere, which files come from and received faxes may go to.

Names of answers are inference. Nothing is stored elsewhere: a folder lives in memory.
"""

import html

from mailfax.sandbox import _pages, _wire
from mailfax.sandbox._wire import Reply
from mailfax.sandbox.pamfax import answer, images, words
from mailfax.sandbox.pamfax.account import Storage
from mailfax.sandbox.pamfax.answer import Items
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.refusals import Refused

PROVIDERS = ("GoogleStorage", "DropboxStorage", "BoxnetStorage")
_MAX_FILES = 100
_LOGO = 256


def _provider(text: str) -> str:
    """Its full name; `Storage` may be left out, and case does not matter (inference)."""
    for name in PROVIDERS:
        if text.lower() in {name.lower(), name.lower().removesuffix("storage")}:
            return name
    raise Refused("unknown_provider")


def _storage(call: Call) -> Storage:
    return call.user.storages.setdefault(_provider(call.text("provider")), Storage())


def _open(call: Call) -> Storage:
    """The user's folder; raises `Refused` unless he let the service in."""
    storage = _storage(call)
    if not storage.authenticated:
        raise Refused("not_authenticated")
    return storage


def list_providers(call: Call) -> answer.Object:
    """Providers, and the user's settings there by wish."""
    shown = []
    for name in PROVIDERS:
        storage = call.user.storages.get(name, Storage())
        entry: dict[str, answer.Value] = {
            "name": name,
            "authenticated": int(storage.authenticated),
            "username": storage.username,
        }
        shown.append({**entry, **(storage.settings if call.flag("attach_settings") else {})})
    return {"Providers": Items(element="Provider", content=shown)}


def set_auth_token(call: Call) -> answer.Object:
    """Let the service in."""
    storage = _storage(call)
    if not call.table("token"):
        raise Refused("missing_argument")
    storage.authenticated = True
    storage.username = call.word("username")
    return {}


def authenticate(_call: Call) -> answer.Object:
    """Deprecated: a browser does it, at `/OspAuth/<provider>`."""
    raise Refused("deprecated")


def drop_authentication(call: Call) -> answer.Object:
    """Let the service out, and forget what is known of the folder."""
    _open(call)
    call.user.storages[_provider(call.text("provider"))] = Storage()
    return {}


def check_provider_state(call: Call) -> answer.Object:
    """Whether the service is let in."""
    return {"ProviderState": {"authenticated": int(_storage(call).authenticated)}}


def list_folder_contents(call: Call) -> answer.Object:
    """Files of a folder, each with an identifier; the root folder makes all anew."""
    storage = _open(call)
    folder = call.word("folder").strip("/")
    if not folder or call.flag("clear_cache"):
        storage.uuids = {words.uuid(): path for path in storage.files}
    inside = f"/{folder}/" if folder else "/"
    shown = [
        {"uuid": uuid, "name": path.rpartition("/")[2], "path": path, "type": "file"}
        for uuid, path in storage.uuids.items()
        if path.startswith(inside)
    ]
    return {"FolderContents": Items(element="OnlineStorageItem", content=shown)}


def store_file(call: Call) -> answer.Object:
    """Put a file there; identifiers of listings are void afterwards."""
    storage, upload = _open(call), call.upload()
    path = "/" + call.text("fullpath").strip("/")
    if path == "/" or len(storage.files) >= _MAX_FILES:
        raise Refused("unable_to_create_path")
    storage.files[path] = upload.data
    storage.uuids.clear()
    return {}


def get_provider_logo(call: Call) -> Reply:
    """A provider's name, drawn."""
    name, size = _provider(call.text("provider")), min(call.number("size", 16), _LOGO)
    return answer.download(f"{name}.png", "image/png", images.png(_pages.draw([name]), size, size))


def set_online_storage_settings(call: Call) -> answer.Object:
    """Where received faxes go (UserInfo); kept, and not done here."""
    storage, given = _open(call), call.table("settings")
    if not {"inbox_enabled", "inbox_path"} <= set(given):
        raise Refused("missing_settings")
    storage.settings = {name: given[name] for name in ("inbox_enabled", "inbox_path")}
    return {}


def browser_page(call: Call, provider: str) -> Reply:
    """The end of the browser's way to let the service in, at once (vendor's code)."""
    storage = call.user.storages.setdefault(_provider(provider), Storage())
    storage.authenticated = True
    backlink = call.text("backlink")
    if backlink.startswith(("http://", "https://")) and backlink.isprintable():
        return Reply(status=302, headers=(("Location", backlink),))
    page = (
        "<div id='pamfax_auth_state' style='display:none'>ok</div>"
        "<script>window.pamfax_oauth_state = 'ok'; window.close();</script>"
    )
    return _wire.text(f"<html><body>{html.escape(provider)}{page}</body></html>\n")


OPERATIONS: Operations = {
    "ListProviders": list_providers,
    "SetAuthToken": set_auth_token,
    "Authenticate": authenticate,
    "DropAuthentication": drop_authentication,
    "CheckProviderState": check_provider_state,
    "ListFolderContents": list_folder_contents,
    "StoreFile": store_file,
}
OPEN: Operations = {"GetProviderLogo": get_provider_logo}
