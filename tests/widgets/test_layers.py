from __future__ import annotations

from nbdock.api import Dock
from nbdock.widgets.layer_list import Layers
from nbdock.widgets.watch import watch


def test_the_bars_follow_one_another_and_end_at_the_whole(dock: Dock) -> None:
    layers = Layers("httpd:2.4", dock)
    end = 0
    for _, size, start, whole, _ in [row[4] for row in layers.table.rows]:
        assert start == end
        assert size is None or end + size <= whole
        end += size or 0
    assert end == dock.ls("httpd:2.4").iloc[0]["size_bytes"]


def test_a_layer_of_no_bytes_and_no_layer_are_told_apart(dock: Dock) -> None:
    shown = [row[3][0] for row in Layers("httpd:2.4", dock).table.rows]
    assert "0B" in shown
    assert "no layer" in shown


def test_layers_that_other_images_have_are_marked(dock: Dock) -> None:
    rows = Layers("httpd:2.4", dock).table.rows
    shared = [row for row in rows if row[5]]
    assert {row[5] for row in shared} == {"httpd:2.2"}
    assert all(row[4][4] for row in shared)
    assert 0 < len(shared) < len(rows)


def test_a_click_shows_what_is_known_of_a_layer(dock: Dock) -> None:
    layers = Layers("httpd:2.4", dock)
    layers.table.selected = ["0"]
    row = layers.selected.iloc[0]
    assert row["step"] == 0
    for fact in (row["layer"], row["diff_id"], f"{row['size_bytes']:,} bytes", f"{row['compressed_bytes']:,} bytes"):
        assert fact in layers.detail.value
    assert "application/vnd." in layers.detail.value


def test_another_image_can_be_set(dock: Dock) -> None:
    layers = Layers("httpd:2.4", dock)
    layers.reference = "busybox"
    assert layers.title.value.startswith("<h3>busybox: 1 layer, ")
    assert layers.frame.equals(dock.history("busybox"))


def test_an_image_that_is_not_there_is_said(dock: Dock) -> None:
    layers = Layers("nope", dock)
    assert layers.status.text.startswith("No such image: nope:latest")
    assert layers.table.rows == []


def test_an_image_that_goes_is_said_and_one_that_comes_is_shown(dock: Dock) -> None:
    layers = Layers("httpd:2.2", dock)
    dock.rm("httpd:2.2")
    watch.look()
    assert layers.status.tone == "error"
    dock.tag("busybox", "httpd:2.2")
    watch.look()
    assert layers.status.text == ""
    assert len(layers.frame) == len(dock.history("busybox"))


def test_no_image_is_no_error(dock: Dock) -> None:
    assert Layers(dock=dock).status.text == ""
