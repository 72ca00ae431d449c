"""What a user writes, for type checkers: no cast, no ignore."""

from __future__ import annotations

from datetime import UTC, datetime

import nbdock

reference = nbdock.Reference.parse("httpd:2.4")
layers = nbdock.pull(reference, "busybox", platform=nbdock.Platform.parse("linux/amd64"))
images = nbdock.ls(filter={"dangling": False, "until": datetime(2024, 1, 1, tzinfo=UTC)})
large = images[images["size_bytes"] > 100_000_000].sort_values("size_bytes")
ids: list[str] = nbdock.images(quiet=True).splitlines()
rows: list[str] = nbdock.ls(format="{{.Repository}}").upper().splitlines()
history = nbdock.history(images["reference"].tolist())
same = nbdock.history(nbdock.Digest.parse(ids[0]), {"busybox", "httpd"})
listed = nbdock.ls(quiet=bool(ids))
text: str = listed if isinstance(listed, str) else listed.to_csv()
made = history.groupby("layer")["size_bytes"].sum()
document: str = nbdock.inspect("httpd", format="json")
user = nbdock.inspect("httpd", large)["user"]
running = nbdock.ps(all=True)["names"]
plan = nbdock.rmi(images.query("dangling"), dry_run=True)
freed: int = int(plan["reclaimed_bytes"].sum())
usage = nbdock.Dock("another/store").df(verbose=True)
nbdock.tag(reference, "mine:1.0")
print(
    nbdock.__version__,
    len(layers),
    len(ids),
    rows,
    len(same),
    text,
    made.max(),
    document[:10],
    user,
    running,
    freed,
    len(usage),
)
