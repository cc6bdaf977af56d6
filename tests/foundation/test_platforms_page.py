"""docs/platforms.md says what the connectors say."""

from pathlib import Path

from connectors import matrix, surfaces

PAGE = Path(__file__).resolve().parents[2] / "docs" / "platforms.md"


def test_the_matrix_of_the_page_is_that_of_the_connectors() -> None:
    between = PAGE.read_text().split("<!-- matrix -->")[1].split("<!-- /matrix -->")[0]
    assert between.strip() == matrix.table()


def test_the_table_of_surfaces_is_that_of_the_connectors() -> None:
    between = PAGE.read_text().split("<!-- surfaces -->")[1].split("<!-- /surfaces -->")[0]
    assert between.strip() == surfaces.table()


def test_each_failure_that_the_page_names_has_a_test_of_that_name() -> None:
    tests = (PAGE.parents[1] / "tests" / "failures" / "test_failure_modes.py").read_text()
    for number in range(1, 16):
        assert f"| {number} |" in PAGE.read_text()
        assert f"def test_fault_{number}_" in tests
