from __future__ import annotations

from nbdock.api import Dock
from nbdock.back.watch import watch
from nbdock.widgets.layer_list import Layers


def test_the_bars_follow_one_another_up_to_the_total(dock: Dock) -> None:
    layers = Layers("httpd:2.4", dock)
    end = 0
    for _, size, start, total, _ in [row[4] for row in layers.table.rows]:
        assert start == end
        assert size is None or end + size <= total
        end += size or 0
    assert end == dock.ls("httpd:2.4").iloc[0]["size_bytes"]


def test_an_empty_layer_is_not_shown_as_no_layer(dock: Dock) -> None:
    shown = [row[3][0] for row in Layers("httpd:2.4", dock).table.rows]
    assert "0B" in shown
    assert "no layer" in shown


def test_shared_layers_are_marked(dock: Dock) -> None:
    rows = Layers("httpd:2.4", dock).table.rows
    shared = [row for row in rows if row[5]]
    assert {row[5] for row in shared} == {"httpd:2.2"}
    assert all(row[4][4] for row in shared)
    assert 0 < len(shared) < len(rows)


def test_a_click_shows_the_details_of_a_layer(dock: Dock) -> None:
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
    assert layers.title.value.partition(">")[2].startswith("busybox:latest: 1 layer, ")
    assert layers.frame.equals(dock.history("busybox"))


def test_a_missing_image_is_reported(dock: Dock) -> None:
    layers = Layers("nope", dock)
    assert layers.status.text.startswith("No such image: nope:latest")
    assert layers.table.rows == []


def test_a_removed_image_is_reported_and_a_new_one_is_shown(dock: Dock) -> None:
    layers = Layers("httpd:2.2", dock)
    dock.rm("httpd:2.2")
    watch.check()
    assert layers.status.tone == "error"
    dock.tag("busybox", "httpd:2.2")
    watch.check()
    assert layers.status.text == ""
    assert len(layers.frame) == len(dock.history("busybox"))


def test_no_image_is_not_an_error(dock: Dock) -> None:
    assert Layers(dock=dock).status.text == ""
