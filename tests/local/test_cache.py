"""The cache of built servers: what was interrupted is built again, what is there never twice."""

from pathlib import Path

import pytest

from stack import cache
from stack.errors import BuildFailed
from stack.servers import run


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "pli"


def fill(into: Path, log: Path) -> None:
    (into / "server").write_text("whole")


def test_a_server_is_built_once() -> None:
    assert cache.ensure("kafka", "1", fill)
    assert not cache.ensure("kafka", "1", fill)


def test_an_interrupted_build_leaves_nothing_that_looks_whole(own_cache: Path) -> None:
    def interrupted(into: Path, log: Path) -> None:
        (into / "server").write_text("ha")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.ensure("kafka", "1", interrupted)
    assert not cache.folder_of("kafka", "1").exists()


def test_a_build_goes_on_after_an_interrupted_one(own_cache: Path) -> None:
    partial = own_cache / "kafka-1.partial"
    partial.mkdir(parents=True)
    (partial / "left-over").write_text("ha")
    assert cache.ensure("kafka", "1", fill)
    assert [file.name for file in cache.folder_of("kafka", "1").iterdir()] == ["server"]


def test_another_pin_is_another_server(tmp_path: Path) -> None:
    pin = tmp_path / "go.sum"
    pin.write_text("one")
    before = cache.key_of([pin])
    pin.write_text("two")
    assert cache.key_of([pin]) != before


def test_a_failed_build_says_its_last_words_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed) as failed:
        run(["sh", "-c", "echo no such module; exit 3"], tmp_path / "log")
    assert "no such module" in failed.value.what
    assert "make setup" in failed.value.mend
