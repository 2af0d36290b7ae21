"""Codes as RFC 6238 and RFC 4226 have them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from app.accounts import totp
from app.accounts.ciphers import Unreadable, decipher, encipher

# RFC 6238, appendix B, for SHA-1; the last six of its eight digits.
RFC_SECRET = b"12345678901234567890"
RFC_CODES = [
    (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
    (20000000000, "353130"),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, totp.step_at(seconds)) == code


def test_a_phone_may_be_half_a_minute_off_and_no_more() -> None:
    code, step = totp.code_at(RFC_SECRET, 1000), 1000
    for off, found in ((-2, None), (-1, step), (0, step), (1, step), (2, None)):
        assert totp.matching_step(RFC_SECRET, code, (step + off) * 30 + 5) == found


def test_an_app_reads_the_address() -> None:
    parts = urlsplit(totp.address(RFC_SECRET, issuer="Harbor: Point & Co", name="ana@harbor.example"))
    assert (parts.scheme, parts.netloc, parts.path) == (
        "otpauth", "totp", "/Harbor%20%20Point%20%26%20Co%3Aana@harbor.example"
    )  # fmt: skip
    assert parse_qs(parts.query) == {
        "secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": ["Harbor: Point & Co"], "digits": ["6"],
        "period": ["30"],
    }  # fmt: skip
    assert "+" not in parts.query
    assert totp.written(RFC_SECRET).startswith("GEZD GNBV ")


def test_what_is_enciphered_is_read_with_the_same_key_for_the_same_purpose_only() -> None:
    text = encipher("key", "factor of 1", RFC_SECRET)
    assert decipher("key", "factor of 1", text) == RFC_SECRET
    assert encipher("key", "factor of 1", RFC_SECRET) != text
    for key, purpose, told in (
        ("other", "factor of 1", text), ("key", "factor of 2", text), ("key", "factor of 1", text[:-4] + "AAA="),
        ("key", "factor of 1", ""), ("key", "factor of 1", "%%%"), ("key", "factor of 1", "ñandú"),
    ):  # fmt: skip
        with pytest.raises(Unreadable):
            decipher(key, purpose, told)
