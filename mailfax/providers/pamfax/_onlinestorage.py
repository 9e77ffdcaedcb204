"""OnlineStorage: the user's files at other services (reference client of 2017 [P]).

A browser is needed to let the service in, at `/OspAuth/PROVIDER` of the same host. Providers:
GoogleStorage, DropboxStorage, BoxnetStorage.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mailfax.providers.pamfax import _answers, _calling


class OnlineStorage(_calling.Caller):
    """The processor `OnlineStorage`."""

    def list_providers(self, *, attach_settings: bool | None = None) -> dict[str, Any]:
        """Providers there are."""
        return self._ask(
            "OnlineStorage/ListProviders", _answers.everything, attach_settings=attach_settings
        )

    def list_folder_contents(
        self, provider: str, *, folder: str | None = None, clear_cache: bool | None = None
    ) -> dict[str, Any]:
        """Files and folders; without `folder` of the root, which makes all uuids anew."""
        return self._ask(
            "OnlineStorage/ListFolderContents", _answers.everything,
            provider=provider, folder=folder, clear_cache=clear_cache,
        )  # fmt: skip

    def store_file(
        self, provider: str, file: _calling.File, *, fullpath: str = "/"
    ) -> dict[str, Any]:
        """Store a file, with all folders of its path."""
        return self._upload(
            "OnlineStorage/StoreFile", _answers.everything, file,
            provider=provider, fullpath=fullpath,
        )  # fmt: skip

    def get_provider_logo(self, provider: str, size: int) -> bytes:
        """A provider's logo in one of the sizes that `list_providers` tells."""
        return self._file("OnlineStorage/GetProviderLogo", provider=provider, size=size)

    def check_provider_state(self, provider: str) -> dict[str, Any]:
        """How a provider stands."""
        return self._ask("OnlineStorage/CheckProviderState", _answers.everything, provider=provider)

    def set_auth_token(
        self, provider: str, token: Mapping[str, str], *, username: str | None = None
    ) -> None:
        """Hand the service the tokens of a provider's account."""
        self._ask(
            "OnlineStorage/SetAuthToken", _answers.done,
            provider=provider, token=token, username=username,
        )  # fmt: skip

    def drop_authentication(self, provider: str) -> None:
        """Shut the service out of a provider's account, for good."""
        self._ask("OnlineStorage/DropAuthentication", _answers.done, provider=provider)

    def authenticate(self, provider: str, username: str, password: str) -> None:
        """Let the service in by name and password; deprecated."""
        self._ask(
            "OnlineStorage/Authenticate", _answers.done,
            provider=provider, username=username, password=password,
        )  # fmt: skip


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "OnlineStorage/ListProviders": OnlineStorage.list_providers,
    "OnlineStorage/ListFolderContents": OnlineStorage.list_folder_contents,
    "OnlineStorage/StoreFile": OnlineStorage.store_file,
    "OnlineStorage/GetProviderLogo": OnlineStorage.get_provider_logo,
    "OnlineStorage/CheckProviderState": OnlineStorage.check_provider_state,
    "OnlineStorage/SetAuthToken": OnlineStorage.set_auth_token,
    "OnlineStorage/DropAuthentication": OnlineStorage.drop_authentication,
    "OnlineStorage/Authenticate": OnlineStorage.authenticate,
}
