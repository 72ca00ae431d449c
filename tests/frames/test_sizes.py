"""A number is shown as a size only where it is the one that a command returned."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from nbdock.frames import schemas
from nbdock.frames.frame import Frame
from nbdock.human import size

SIZES = [148_123_456, 1, 2, 0, 5_000]
Change = Callable[[Any], Any]


@pytest.fixture
def images() -> Frame:
    return schemas.IMAGES.frame(
        {
            "repository": "httpd" if number < 3 else "busybox",
            "tag": str(number),
            "reference": f"docker.io/library/x:{number}",
            "image_id": f"sha256:{number:064x}",
            "size_bytes": bytes_,
            "compressed_bytes": bytes_ * 3 // 4,
            "layers": number,
            "containers": 0,
        }
        for number, bytes_ in enumerate(SIZES)
    )


SELECTIONS: dict[str, Change] = {
    "itself": lambda x: x,
    "columns": lambda x: x[["tag", "size_bytes"]],
    "mask": lambda x: x[x.size_bytes > 1],
    "head": lambda x: x.head(1),
    "tail": lambda x: x.tail(2),
    "query": lambda x: x.query("size_bytes > 1"),
    "loc": lambda x: x.loc[[0, 4], ["size_bytes"]],
    "iloc": lambda x: x.iloc[::-1],
    "sort_values": lambda x: x.sort_values("size_bytes"),
    "sort_values, new labels": lambda x: x.sort_values("size_bytes", ignore_index=True),
    "sort_index": lambda x: x.sort_index(ascending=False),
    "nlargest": lambda x: x.nlargest(2, "size_bytes"),
    "sample": lambda x: x.sample(frac=1, random_state=1),
    "drop": lambda x: x.drop(columns="tag"),
    "drop_duplicates": lambda x: x.drop_duplicates("repository", ignore_index=True),
    "dropna": lambda x: x.dropna(subset="tag"),
    "copy": lambda x: x.copy(),
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "set_index": lambda x: x.set_index("tag"),
    "reset_index": lambda x: x.iloc[::-1].reset_index(drop=True),
    "in place": lambda x: x.reset_index(drop=True, inplace=True) or x,
    "assign": lambda x: x.assign(twice=x.size_bytes * 2),
    "concat": lambda x: pd.concat([x, x]),
    "concat, new labels": lambda x: pd.concat([x, x.head(2)], ignore_index=True),
    "a part of a concat": lambda x: pd.concat([x, x]).query("size_bytes > 1"),
    "merge": lambda x: x.merge(x[["tag"]], on="tag"),
    "pandas' merge": lambda x: pd.merge(x[["image_id"]], x, on="image_id", how="left"),
    "join": lambda x: x[["tag", "layers"]].join(x[["size_bytes"]]),
    "explode": lambda x: x.assign(user=[["a", "b"]] * len(x)).explode("user"),
    "where": lambda x: x.where(x.size_bytes > 1).dropna(subset="size_bytes"),
    "astype": lambda x: x.astype({"size_bytes": "int64"}),
    "convert_dtypes": lambda x: x.convert_dtypes(),
}

COMPUTED: dict[str, Change] = {
    "ratio": lambda x: x[["size_bytes"]] / x.size_bytes.sum(),
    "floor": lambda x: x[["size_bytes"]] // 10,
    "floor to nothing": lambda x: x[["size_bytes"]].head(1) // 10**9,
    "product": lambda x: x[["size_bytes"]] * 2,
    "difference of frames": lambda x: x[["size_bytes"]] - x[["size_bytes"]].shift(fill_value=7),
    "negative": lambda x: -x[["size_bytes"]],
    "rank": lambda x: x[["size_bytes"]].rank(),
    "rank as whole numbers": lambda x: x[["size_bytes"]].rank().astype("Int64").head(3),
    "pct_change": lambda x: x[["size_bytes"]].pct_change(),
    "diff": lambda x: x[["size_bytes"]].diff(),
    "cumsum": lambda x: x[["size_bytes"]].cumsum(),
    "corr": lambda x: x[["size_bytes", "compressed_bytes"]].corr(),
    "cov": lambda x: x[["size_bytes", "compressed_bytes"]].cov(),
    "describe": lambda x: x[["size_bytes"]].describe(),
    "quantile": lambda x: x[["size_bytes"]].quantile([0.5, 0.9]),
    "count": lambda x: x.groupby("repository")[["size_bytes"]].count(),
    "count, numbered": lambda x: x.groupby("repository", as_index=False)[["size_bytes"]].count(),
    "nunique": lambda x: x.groupby("repository")[["size_bytes"]].nunique(),
    "agg": lambda x: x.groupby("repository").agg(size_bytes=("size_bytes", "count")),
    "agg of several": lambda x: x.groupby("repository").agg({"size_bytes": ["count", "nunique"]}),
    "transform": lambda x: x.assign(size_bytes=x.groupby("repository").size_bytes.transform("count")),
    "ngroup": lambda x: x[["tag"]].assign(size_bytes=x.groupby("repository").ngroup()),
    "pivot of counts": lambda x: x.pivot_table(index="repository", values="size_bytes", aggfunc="count"),
    "crossing": lambda x: x.pivot_table(index="repository", columns="tag", values="size_bytes", aggfunc="count"),
    "assigned": lambda x: x.assign(size_bytes=x.size_bytes // 1000),
    "assigned lengths": lambda x: x.assign(size_bytes=x.tag.str.len()),
    "value_counts": lambda x: x.repository.value_counts().to_frame("size_bytes"),
    "to_frame": lambda x: (x.size_bytes / 2).to_frame(),
    "isna": lambda x: x[["size_bytes"]].isna(),
    "comparison": lambda x: x[["size_bytes"]] > 1,
    "astype float": lambda x: x[["size_bytes"]].astype("float64") / 7,
    "apply": lambda x: x[["size_bytes"]].apply(lambda column: column.rank().astype("int64")),
    "map": lambda x: x[["size_bytes"]].map(lambda value: value % 7),
    "reversed values": lambda x: x[["size_bytes"]].set_axis([4, 3, 2, 1, 0]).sort_index() // 3,
    "a numbered ratio in a merge": lambda x: x[["tag"]].merge((x[["size_bytes"]] // 7).assign(tag=x.tag), on="tag"),
    "a concat with counts": lambda x: pd.concat([(x[["size_bytes"]] // 7), (x[["size_bytes"]] // 9)]),
}


def shown(frame: Any) -> str:
    return repr(frame) + (frame._repr_html_() if isinstance(frame, Frame) else "")


@pytest.mark.parametrize("name", SELECTIONS)
def test_what_was_returned_is_shown_as_sizes(images: Frame, name: str) -> None:
    chosen = SELECTIONS[name](images)
    assert isinstance(chosen, Frame)
    for value in chosen.size_bytes:
        assert size(value) in repr(chosen) and f">{size(value)}<" in chosen._repr_html_()


@pytest.mark.parametrize("name", COMPUTED)
def test_what_was_computed_is_shown_as_the_number_it_is(images: Frame, name: str) -> None:
    computed = COMPUTED[name](images)
    text = shown(computed if "size_bytes" not in computed or computed.columns.nlevels > 1 else computed[["size_bytes"]])
    assert not pd.Series([text]).str.contains(r"\d(?:B|kB|MB|GB)\b").any(), text


def test_the_sum_of_a_group_is_a_number(images: Frame) -> None:
    assert "148123459" in repr(images.groupby("repository")[["size_bytes"]].sum())


def test_melted_bytes_are_numbers(images: Frame) -> None:
    assert "148123456" in repr(images.melt(id_vars="tag", value_vars=["size_bytes", "layers"]))


def test_a_number_changed_in_place_is_a_number(images: Frame) -> None:
    images["size_bytes"] = images.size_bytes // 3
    assert "MB" not in repr(images[["size_bytes"]]) and "49374485" in repr(images[["size_bytes"]])


def test_a_plain_frame_of_the_same_column_is_not_believed(images: Frame) -> None:
    other = pd.DataFrame({"size_bytes": [1, 2]}, index=[7, 8])
    assert "1B" not in repr(pd.concat([images[["size_bytes"]], other]).tail(2))
