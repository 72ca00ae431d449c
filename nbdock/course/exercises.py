"""The exercises of the course, in its order. Each looks at the learner's variables and the store, and raises Wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbdock.api import Dock
from nbdock.course.answers import Answers, Wrong
from nbdock.errors import ImageNotFound
from nbdock.oci.reference import Reference

_APP = "gcr.io/google-samples/hello-app:1.0"


def layers_of_a_pull(answers: Answers, dock: Dock) -> None:
    """`count` and `total`: the layers of httpd, and their bytes unpacked."""
    layers = _layers(dock, "httpd")
    count = answers.number("count")
    if count != len(layers):
        raise Wrong("`count` is {count}: the frame has one row for each layer, which are not so many.", count=count)
    total = answers.number("total")
    if total == layers.compressed_bytes.sum():
        raise Wrong("`total` is what came over the network: add up the other column, `size_bytes`.")
    if total != layers.size_bytes.sum():
        raise Wrong("`total` is {total}, and not the sum of the column `size_bytes`.", total=total)


def full_name(answers: Answers, dock: Dock) -> None:
    """`full`: the name of busybox with all that was left out."""
    full, wanted = answers.text("full"), Reference.parse("busybox").tagged
    if not full.startswith(f"{wanted.registry}/"):
        raise Wrong("`full` is {full}: the registry is missing. It comes first.", full=full)
    if f"/{wanted.repository}" not in full:
        raise Wrong("`full` is {full}: the namespace is missing, or another one.", full=full)
    if not full.endswith(f":{wanted.tag}"):
        raise Wrong("`full` is {full}: the tag is missing, or another one.", full=full)
    if full != str(wanted):
        raise Wrong("`full` is {full}, which is another image.", full=full)


def pulled_by_tag(answers: Answers, dock: Dock) -> None:
    """`image_id`: the id of httpd:2.0, which is to be pulled."""
    image, found = _image(dock, "httpd:2.0"), answers.text("image_id")
    digests = {str(image.digest), str(image.manifest_digest)}
    if found in digests or _short(found) in map(_short, digests):
        raise Wrong("`image_id` is the digest, by which the registry knows the image. The id is in another column.")
    if len(_short(found)) < 12 or not str(image.image_id).startswith(f"sha256:{_short(found)}"):
        raise Wrong("`image_id` is {found}, and not the id of httpd:2.0.", found=found)


def command_of_a_container(answers: Answers, dock: Dock) -> None:
    """`command`: what runs when a container of hello-app starts."""
    _image(dock, _APP)
    (wanted,) = dock.inspect(_APP).cmd
    found = {word.strip("[] ") for word in answers.texts("command")}
    if found != set(wanted):
        raise Wrong("`command` is {found}, and not the Cmd of hello-app.", found=" ".join(sorted(found)))


def rows_without_a_layer(answers: Answers, dock: Dock) -> None:
    """`no_layer`: how many steps of httpd's history made no layer."""
    _image(dock, "httpd")
    history, found = dock.history("httpd"), answers.number("no_layer")
    if found == (history.size_bytes == 0).sum():
        raise Wrong("`no_layer` is {found}: that is every row of 0B, and some of them are layers.", found=found)
    if found != history.empty_layer.sum():
        raise Wrong("`no_layer` is {found}, and the history says otherwise.", found=found)


def own_layers(answers: Answers, dock: Dock) -> None:
    """`own`: the digests of the layers that httpd:2.0 has and httpd:2.2 has not."""
    mine, others = set(_layers(dock, "httpd:2.0").layer), set(_layers(dock, "httpd:2.2").layer)
    own = answers.texts("own")
    if own & others:
        raise Wrong("`own` has {count} layers that httpd:2.2 has too.", count=len(own & others))
    if own - mine:
        raise Wrong("`own` has {count} texts that are no digest of a layer of httpd:2.0.", count=len(own - mine))
    if own != mine - others:
        raise Wrong("`own` lacks {count} layers.", count=len(mine - others - own))


def second_name(answers: Answers, dock: Dock) -> None:
    """httpd:2.2 is also yours:1.0."""
    if _image(dock, "httpd:2.2").image_id != _image(dock, "yours:1.0").image_id:
        raise Wrong("yours:1.0 is there, but it is another image than httpd:2.2.")


def removed_by_id(answers: Answers, dock: Dock) -> None:
    """No name of httpd:2.2 is left."""
    left = [name for name in ("httpd:2.2", "yours:1.0") if not _missing(dock, name)]
    if left:
        raise Wrong("the image is still here, under the name {left}.", left=", ".join(left))


def empty_store(answers: Answers, dock: Dock) -> None:
    """No container and no image is left."""
    containers, images = dock.ps(all=True), dock.images()
    if len(containers):
        raise Wrong("there is still a container: {names}. Its image stays with it.", names=", ".join(containers.names))
    if len(images):
        raise Wrong("there are still images: {names}.", names=", ".join(images.repository.dropna()))


def built_image(answers: Answers, dock: Dock) -> None:
    """hello:1.0, built on busybox: a variable and a file more."""
    mine, base = (list(_layers(dock, name).diff_id) for name in ("hello:1.0", "busybox"))
    if mine[: len(base)] != base:
        raise Wrong("hello:1.0 does not begin with busybox: the first line is `FROM busybox`.")
    (env,) = dock.inspect("hello:1.0").env
    if "GREETING=hello" not in env:
        raise Wrong("hello:1.0 has no variable GREETING that is hello: the instruction is `ENV`.")
    if "/www/hello.html" not in set(dock.files("hello:1.0", local=True).path):
        raise Wrong("hello:1.0 has no file /www/hello.html: the instruction is `COPY`.")


EXERCISES: tuple[Callable[[Answers, Dock], None], ...] = (
    layers_of_a_pull,
    full_name,
    pulled_by_tag,
    command_of_a_container,
    rows_without_a_layer,
    own_layers,
    second_name,
    removed_by_id,
    empty_store,
    built_image,
)


def _missing(dock: Dock, name: str) -> bool:
    try:
        dock.image(name)
    except ImageNotFound:
        return True
    return False


def _image(dock: Dock, name: str) -> Any:
    """The row of `images` for a name. Raises Wrong."""
    if _missing(dock, name):
        raise Wrong("there is no image {name} in the store.", name=name)
    images, wanted = dock.images(), str(Reference.parse(name).tagged)
    return images[images.reference == wanted].iloc[0]


def _layers(dock: Dock, name: str) -> Any:
    _image(dock, name)
    return dock.layers(name, local=True)


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")
