"""Which files a path means, and what the names of folders say."""

from __future__ import annotations

from pathlib import Path

import pytest

from unbounded.connectors.files.listing import ListingOptions, list_files
from unbounded.connectors.files.partitions import infer_types, read_values
from unbounded.connectors.files.paths import alternatives, local_path
from unbounded.errors import SparkError

FILES = (
    "a.csv",
    "b.csv",
    "_hidden.csv",
    ".dot.csv",
    "c.csv._COPYING_",
    "sub/deep.csv",
    "y=2024/m=1/p.csv",
    "y=2025/m=__HIVE_DEFAULT_PARTITION__/p.csv",
    "_temporary/0/part.csv",
    "e=x%20y/p.csv",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path


def _names(folder: Path, *patterns: str, options: ListingOptions | None = None) -> list[str]:
    listing = list_files([f"{folder}/{pattern}" for pattern in patterns], options or ListingOptions())
    return [str(Path(file.path).relative_to(folder)) for file in listing.files]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a.csv", ["a.csv"]),
        ("*.csv", ["a.csv", "b.csv"]),
        ("{a,b}.csv", ["a.csv", "b.csv"]),
        ("{a,{b,z}}.csv", ["a.csv", "b.csv"]),
        ("[^a].csv", ["b.csv"]),
        ("?.csv", ["a.csv", "b.csv"]),
        ("sub", ["sub/deep.csv"]),
        ("s*/d*", ["sub/deep.csv"]),
        ("y=*", ["y=2024/m=1/p.csv", "y=2025/m=__HIVE_DEFAULT_PARTITION__/p.csv"]),
        ("_hidden.csv", []),
    ],
)
def test_paths_and_globs(folder: Path, pattern: str, found: list[str]) -> None:
    assert _names(folder, pattern) == found


def test_a_recursive_search_takes_every_visible_file(folder: Path) -> None:
    options = ListingOptions(is_recursive=True, path_glob_filter="{a,deep,p}.csv")
    assert _names(folder, "", options=options) == [
        "a.csv",
        "e=x%20y/p.csv",
        "sub/deep.csv",
        "y=2024/m=1/p.csv",
        "y=2025/m=__HIVE_DEFAULT_PARTITION__/p.csv",
    ]


def test_folders_that_do_not_agree_are_refused(folder: Path) -> None:
    with pytest.raises(SparkError) as raised:
        list_files([str(folder)], ListingOptions())
    assert raised.value.condition == "CONFLICTING_DIRECTORY_STRUCTURES"


def test_partitions_of_a_base_path(folder: Path) -> None:
    listing = list_files([f"{folder}/y=2024"], ListingOptions(base_path=str(folder)))
    assert listing.partition_schema.simple_string == "struct<y:int,m:int>"
    assert [file.values for file in listing.files] == [("2024", "1")]


@pytest.mark.parametrize("path", ["absent.csv", "absent*.csv"])
def test_a_path_without_files_is_an_error(folder: Path, path: str) -> None:
    with pytest.raises(SparkError) as raised:
        list_files([f"{folder}/{path}"], ListingOptions())
    assert raised.value.parameters == {"path": f"file:{folder}/{path}"}


@pytest.mark.parametrize(
    ("values", "type_name"),
    [
        (["1", "-2"], "int"),
        (["1", "3000000000"], "bigint"),
        (["99999999999999999999"], "decimal(20,0)"),
        (["1", "1.5"], "double"),
        (["2024-01-02"], "date"),
        (["2024-01-02", "2024-01-02 10:00:00"], "timestamp"),
        (["1", "x"], "string"),
        (["2024-13-01"], "string"),
        (["1", None], "int"),
        ([None], "string"),
    ],
)
def test_types_of_partition_values(values: list[str | None], type_name: str) -> None:
    assert infer_types([(("k", value),) for value in values])["k"].simple_string == type_name


@pytest.mark.parametrize(
    ("folders", "values"),
    [
        (["k=a%2Fb"], (("k", "a/b"),)),
        (["k=__HIVE_DEFAULT_PARTITION__"], (("k", None),)),
        (["k=a=b", "l="], (("k", "a=b"), ("l", ""))),
        (["k=a", "plain"], None),
        (["=a"], None),
    ],
)
def test_values_in_folder_names(folders: list[str], values: object) -> None:
    assert read_values(folders) == values


@pytest.mark.parametrize("path", ["/a/b", "file:/a/b", "file:///a/b", "file://localhost/a/b", "/a/./c/../b/"])
def test_forms_of_a_local_path(path: str) -> None:
    assert local_path(path) == "/a/b"


def test_other_file_systems_are_refused() -> None:
    with pytest.raises(SparkError, match="The file system of s3a://bucket/x"):
        local_path("s3a://bucket/x")


def test_alternatives_of_a_glob() -> None:
    assert list(alternatives("a{b,c{d,e}}f{g}")) == ["abfg", "acdfg", "acefg"]
