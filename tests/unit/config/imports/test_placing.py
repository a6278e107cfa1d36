"""Files that come into a folder: all, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.imports.placing import put_files

FILES = {"prompts.yaml": "new: {en: New}\n", "flows/late.yaml": "start: end\n", "site.yaml": "entry: late\n"}


def stands(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_new_folder_comes_whole(tmp_path: Path) -> None:
    put_files(FILES, tmp_path / "a" / "shop", replaces="")
    assert stands(tmp_path) == {f"a/shop/{name}": text for name, text in FILES.items()}


def test_a_new_folder_is_read_by_whom_others_are(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    put_files(FILES, tmp_path / "shop", replaces="")
    assert (tmp_path / "shop").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("there", ["flows/late.yaml", "site.yaml"])
def test_nothing_is_written_over_and_nothing_is_left_behind(there: str, tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / there).write_text("mine\n")
    (tmp_path / "prompts.yaml").write_text("old: {en: Old}\n")
    before = stands(tmp_path)
    with pytest.raises(FileExistsError) as caught:
        put_files(FILES, tmp_path, replaces="prompts.yaml")
    assert caught.value.filename == str(tmp_path / there)
    assert stands(tmp_path) == before


def test_the_prompts_of_a_site_are_replaced_with_what_comes(tmp_path: Path) -> None:
    (tmp_path / "prompts.yaml").write_text("old: {en: Old}\n")
    put_files(FILES, tmp_path, replaces="prompts.yaml")
    assert stands(tmp_path) == FILES


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "flows").write_text("a file")
    with pytest.raises(OSError, match="flows"):
        put_files(FILES, tmp_path, replaces="")
    assert stands(tmp_path) == {"flows": "a file"}
