"""Sam is not signed in: every way leads to the sign-in page, and nothing leaks."""

from tests.browser.conftest import Stage


def test_sam(stage: Stage) -> None:
    sam = stage.window()
    sam.go("/shares")
    assert sam.path() == "/sign-in?next=/shares"
