"""SECURITY.md says who may what exactly as the code has it."""

from tests.api.security_page import BEGIN, FILE, text


def test_the_table_of_roles_is_the_one_that_the_code_has(house):
    page = FILE.read_text(encoding="utf-8")
    assert BEGIN in page
    assert text(page, house) == page, "SECURITY.md is old: run `make types` and commit it"
