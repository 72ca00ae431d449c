"""Commands that remove images, and the containers that keep images in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from nbdock import commands
from nbdock.api.running import Base

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbdock.oci.digest import Digest
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference


class Removing(Base):
    """A removal is planned first: `dry_run=True` returns the plan and removes nothing."""

    def rm(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        dry_run: bool = False,
        force: bool = False,
        no_prune: bool = False,
    ) -> DataFrame:
        """Remove one or more images.

        An image goes with its last name. By id it is removed if it has one name, or with `force`.

        `docker://NAME` is deleted at its registry, where a digest goes with all its tags: one tag of several is removed
        only if the registry deletes tags alone. Without `force` nothing is deleted there: the frame is the plan.

        Parameters
        ----------
        *images
            Names, ids or patterns of names (`httpd:*`); a list, a Series or a frame of them. Of a frame each row's
            `reference` is removed, or its `image_id` where that is NA.
        dry_run
            Return the plan and remove nothing.
        force
            Remove an image that has several names, or that a container uses; delete at a registry without asking.
        no_prune
            Accepted for docker's sake: images have no parents here.

        Returns
        -------
        DataFrame
            One row for each name, image and layer: `action` (untagged or deleted), `object`, `reclaimed_bytes` (what
            this row frees on disk), `done` (False in a plan); at a registry one for each name and each manifest, with
            its `digest` and the names that it is `kept_by`.

        Raises
        ------
        ImageNotFound, ImageInUse, AmbiguousId, Refused, RegistryError
            After the other images were removed.

        Examples
        --------
        >>> bool(nbdock.rm("httpd:2.4", dry_run=True).done.any())
        False
        >>> nbdock.rm(nbdock.ls("mine")).action.tolist()
        ['untagged']
        >>> nbdock.rm("docker://hello-world", dry_run=True).action.tolist()
        ['untagged', 'deleted']
        """
        return self._frame(commands.rm, *images, dry_run=dry_run, force=force, no_prune=no_prune)

    rmi = rm

    def prune(
        self,
        *,
        all: bool = False,
        dry_run: bool = False,
        filter: str | Sequence[str] | Mapping[str, object] = (),
        force: bool = False,
    ) -> DataFrame:
        """Remove unused images.

        Without `force` nothing is removed from Python: the frame is the plan.

        Parameters
        ----------
        all
            Every image that no container uses, not only dangling ones.
        dry_run
            Return the plan and ask nothing.
        filter
            docker's text (`"until=24h"`), several of it, or a mapping: `{"until": datetime(2024, 1, 1)}`. Keys are
            label, label! and until.
        force
            Do not ask for confirmation.

        Returns
        -------
        DataFrame
            As `rm` returns it.

        Raises
        ------
        UsageError
            A filter is wrong.

        Examples
        --------
        >>> len(nbdock.prune(dry_run=True))
        0
        """
        return self._frame(commands.prune, all=all, dry_run=dry_run, filter=filter, force=force)

    def container_create(
        self,
        image: str | Reference | Digest,
        *command: str,
        detach: bool = False,
        entrypoint: str = "",
        env: str | Iterable[str] | Mapping[str, str] = (),
        interactive: bool = False,
        label: str | Iterable[str] | Mapping[str, str] = (),
        name: str | None = None,
        network: str = "",
        platform: str | Platform | None = None,
        publish: str | Iterable[str] = (),
        pull: Literal["missing", "always", "never"] = "missing",
        quiet: bool = False,
        restart: str = "",
        rm: bool = False,
        tty: bool = False,
        volume: str | Iterable[str] = (),
        workdir: str = "",
    ) -> DataFrame:
        """Record a container of an image.

        Nothing runs. The record says that the image is in use: `rm` refuses to remove it, `prune` keeps it.

        Parameters
        ----------
        image
            A name or id; an image that is not here is pulled.
        *command
            What the container would run instead of the image's own command.
        label
            `key=value`, several, or a mapping.
        name
            The container's name; one is chosen if omitted.
        platform
            The platform to pull.
        pull
            When to pull the image.
        quiet
            Print no progress of a pull.
        detach, entrypoint, env, interactive, network, publish, restart, rm, tty, volume, workdir
            Accepted and ignored.

        Returns
        -------
        DataFrame
            The container: `container_id`, `image`, `command`, `created` (UTC), `status`, `names`, `image_id`, `labels`.

        Raises
        ------
        ImageNotFound, Refused, UsageError, RegistryError

        Examples
        --------
        >>> nbdock.create("httpd", name="web").status[0]
        'Created'
        """
        return self._frame(
            commands.container_create,
            image,
            *command,
            detach=detach,
            entrypoint=entrypoint,
            env=env,
            interactive=interactive,
            label=label,
            name=name,
            network=network,
            platform=platform,
            publish=publish,
            pull=pull,
            quiet=quiet,
            restart=restart,
            rm=rm,
            tty=tty,
            volume=volume,
            workdir=workdir,
        )

    create = container_create

    @overload
    def container_ls(
        self,
        *,
        all: bool = ...,
        filter: str | Sequence[str] | Mapping[str, object] = ...,
        format: Literal["", "table"] = ...,
        last: int = ...,
        latest: bool = ...,
        no_trunc: bool = ...,
        quiet: Literal[False] = ...,
    ) -> DataFrame: ...
    @overload
    def container_ls(
        self,
        *,
        all: bool = ...,
        filter: str | Sequence[str] | Mapping[str, object] = ...,
        format: str = ...,
        last: int = ...,
        latest: bool = ...,
        no_trunc: bool = ...,
        quiet: Literal[True] = ...,
    ) -> str: ...
    @overload
    def container_ls(
        self,
        *,
        all: bool = ...,
        filter: str | Sequence[str] | Mapping[str, object] = ...,
        format: str = ...,
        last: int = ...,
        latest: bool = ...,
        no_trunc: bool = ...,
        quiet: bool = ...,
    ) -> DataFrame | str: ...
    def container_ls(
        self,
        *,
        all: bool = False,
        filter: str | Sequence[str] | Mapping[str, object] = (),
        format: str = "",
        last: int = -1,
        latest: bool = False,
        no_trunc: bool = False,
        quiet: bool = False,
    ) -> Any:
        """List containers.

        Parameters
        ----------
        all
            Every container. Without it only those that run, which is none.
        filter
            docker's text (`"name=web"`), several of it, or a mapping. Keys are ancestor, id, label, name and status.
        format
            "json" or a Go template: the result is text, a line for each row.
        last
            The newest `last` containers.
        latest
            The newest container.
        no_trunc
            Show ids and commands in full. The data are never cut.
        quiet
            Return the container ids as text, one a line.

        Returns
        -------
        DataFrame or str
            One row for each container, newest first: `container_id`, `image`, `command`, `created` (UTC), `status`,
            `names`, `image_id`, `labels`.

        Raises
        ------
        UsageError

        Examples
        --------
        >>> nbdock.ps(all=True).names.tolist()
        ['web']
        """
        return self._result(
            commands.container_ls,
            all=all,
            filter=filter,
            format=format,
            last=last,
            latest=latest,
            no_trunc=no_trunc,
            quiet=quiet,
        )

    ps = container_ls

    def container_rm(
        self,
        *names: str | Iterable[str] | DataFrame,
        force: bool = False,
        link: bool = False,
        volumes: bool = False,
    ) -> DataFrame:
        """Remove one or more containers.

        Parameters
        ----------
        *names
            Names or ids; a list, a Series or a frame of them.
        force
            Do not fail if a container does not exist.
        link, volumes
            Accepted and ignored.

        Returns
        -------
        DataFrame
            The containers that were removed, as `container_ls` returns them.

        Raises
        ------
        ContainerNotFound
            After the other containers were removed.

        Examples
        --------
        >>> nbdock.container_rm("web").names.tolist()
        ['web']
        """
        return self._frame(commands.container_rm, *names, force=force, link=link, volumes=volumes)

    def container_prune(self, *, force: bool = False) -> DataFrame:
        """Remove all containers.

        Parameters
        ----------
        force
            Do not ask for confirmation. Without it nothing is removed from Python.

        Returns
        -------
        DataFrame
            The containers that were removed, as `container_ls` returns them.

        Examples
        --------
        >>> len(nbdock.container_prune(force=True))
        0
        """
        return self._frame(commands.container_prune, force=force)
