"""Commands about credentials, the store as a whole, and nbdock itself."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, overload

from nbdock import commands
from nbdock.api.running import Base
from nbdock.widgets import command

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbdock.widgets import Application


class System(Base):
    """Credentials are docker's and podman's; nothing here is sent anywhere but to the registry that is named."""

    def login(
        self,
        server: str = "",
        *,
        password: str = "",
        password_stdin: bool = False,
        session: bool = False,
        username: str = "",
    ) -> str:
        """Log in to a registry.

        The credentials are verified at the registry, then kept where docker keeps them: in the configured credential
        helper, else unencrypted in config.json, with a warning.

        Parameters
        ----------
        server
            The registry; Docker Hub if omitted.
        password
            The password, if `password_stdin` is not set. Do not write it into a notebook: read it from where it is
            kept, or log in with `%image login`, which asks for it.
        password_stdin
            Read the password from standard input.
        session
            Keep the credentials in memory only, until this process ends.
        username
            The user name.

        Returns
        -------
        str
            `Login Succeeded`.

        Raises
        ------
        Unauthorized, Unreachable, Refused, UsageError

        Examples
        --------
        >>> nbdock.login("localhost:1", username="me", password="secret")
        Traceback (most recent call last):
        nbdock.errors.Unreachable: cannot reach localhost:1: connection refused
        """
        return self._text(
            commands.login,
            server,
            password=password,
            password_stdin=password_stdin,
            session=session,
            username=username,
        )

    def logout(self, server: str = "") -> str:
        """Log out from a registry.

        Parameters
        ----------
        server
            The registry; Docker Hub if omitted.

        Returns
        -------
        str
            docker's line of what was done.

        Examples
        --------
        >>> nbdock.logout("localhost:5000")
        'Removing login credentials for localhost:5000'
        """
        return self._text(commands.logout, server)

    @overload
    def info(self, *, format: Literal[""] = ...) -> DataFrame: ...  # type: ignore[overload-overlap]
    @overload
    def info(self, *, format: str) -> str: ...
    def info(self, *, format: str = "") -> Any:
        """Show the store, the registry, its mirrors and the login.

        Parameters
        ----------
        format
            "json" or a Go template: the result is text.

        Returns
        -------
        DataFrame or str
            One row: `store`, `images`, `containers`, `disk_bytes`, `platform`, `registry`, `username` and more.

        Examples
        --------
        >>> nbdock.info().registry[0]
        'docker.io'
        """
        return self._result(commands.info, format=format)

    @overload
    def version(self, *, format: Literal[""] = ...) -> DataFrame: ...  # type: ignore[overload-overlap]
    @overload
    def version(self, *, format: str) -> str: ...
    def version(self, *, format: str = "") -> Any:
        """Show the versions of nbdock, Python, httpx and pandas.

        Parameters
        ----------
        format
            "json" or a Go template: the result is text.

        Returns
        -------
        DataFrame or str
            One row.

        Examples
        --------
        >>> nbdock.version().nbdock[0] == nbdock.__version__
        True
        """
        return self._result(commands.version, format=format)

    @overload
    def df(self, *, format: Literal["", "table"] = ..., verbose: bool = ...) -> DataFrame: ...  # type: ignore[overload-overlap]
    @overload
    def df(self, *, format: str, verbose: bool = ...) -> str: ...
    def df(self, *, format: str = "", verbose: bool = False) -> Any:
        """Show disk usage.

        Content that images share is counted once. What is reclaimable is what `prune(all=True)` would free. The tables
        of what is in layers have a row of their own.

        Parameters
        ----------
        format
            "json" or a Go template: the result is text, a line for each row.
        verbose
            One row for each image: the bytes that it shares with others and those of its own.

        Returns
        -------
        DataFrame or str
            `category`, `total`, `active`, `disk_bytes`, `reclaimable_bytes`.

        Examples
        --------
        >>> nbdock.df().total.tolist()  # images, containers, layers that have tables
        [1, 0, 6]
        """
        return self._result(commands.df, format=format, verbose=verbose)

    def serve(
        self,
        *,
        allow_host: str | Iterable[str] = (),
        host: str = "127.0.0.1",
        htpasswd: str | os.PathLike[str] | None = None,
        log: str | os.PathLike[str] | None = None,
        own_namespace: bool = False,
        port: int = 5000,
        prefetch: str | os.PathLike[str] | None = None,
        proxy: str = "",
        public: bool = False,
        readers: str | os.PathLike[str] | None = None,
        stop: bool = False,
        tls_cert: str | os.PathLike[str] | None = None,
        tls_key: str | os.PathLike[str] | None = None,
        writable: bool = False,
    ) -> DataFrame:
        """Serve the images of the store as a registry, in this process.

        Parameters
        ----------
        allow_host
            Further names of this server, for example that of a reverse proxy before it. A request for any other name
            than its own is refused, and so are those that web pages of other sites send.
        host
            The address to listen on; 0.0.0.0 is every address of this machine.
        htpasswd
            A file of users, made with `htpasswd -B`.
        log
            A file that gets a line for each request: who asked for what, and whether it came from the cache or the
            registry.
        own_namespace
            Let each user push to the repositories below the own name only: `alice/…`.
        port
            The port to listen on; 0 is any free one.
        prefetch
            A file of names, one a line, with a platform where it is not this machine's: they are pulled before.
        proxy
            Fetch images that are missing from this registry.
        public
            Let everybody pull; a push requires a user.
        readers
            A file of users who may pull only, made with `htpasswd -B`.
        stop
            Stop the server that runs in this process.
        tls_cert, tls_key
            PEM files: serve HTTPS.
        writable
            Accept pushes and deletions.

        Returns
        -------
        DataFrame
            One row: `address`, `url`, `store`, `writable`, `proxy`.

        Raises
        ------
        UsageError, Refused

        Examples
        --------
        >>> nbdock.serve(port=0).proxy.isna().tolist()
        [True]
        >>> nbdock.serve(stop=True).store[0] == nbdock.info().store[0]
        True
        """
        return self._frame(
            commands.serve,
            allow_host=allow_host,
            host=host,
            htpasswd=htpasswd,
            log=log,
            own_namespace=own_namespace,
            port=port,
            prefetch=prefetch,
            proxy=proxy,
            public=public,
            readers=readers,
            stop=stop,
            tls_cert=tls_cert,
            tls_key=tls_key,
            writable=writable,
        )

    def ui(self) -> Application:
        """Show the application, in a notebook: it lists images, searches, pulls and deletes them.

        Returns
        -------
        Application
            A widget; `ui.selected` is a frame of the images that are selected in it.

        Examples
        --------
        >>> nbdock.ui().frame.repository.tolist()
        ['httpd', 'httpd', 'mine']
        """
        return command.ui(self)
