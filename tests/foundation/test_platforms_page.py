"""docs/platforms.md says what the connectors say."""

from pathlib import Path

from connectors import matrix

PAGE = Path(__file__).resolve().parents[2] / "docs" / "platforms.md"


def test_the_matrix_of_the_page_is_that_of_the_connectors() -> None:
    between = PAGE.read_text().split("<!-- matrix -->")[1].split("<!-- /matrix -->")[0]
    assert between.strip() == matrix.table()
