"""The key for push messages is made once, kept to its owner, and refused when it cannot be used."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from app.notifications.vapid import kept_key_path, make_vapid_key, vapid_keys
from app.settings import Settings, SettingsError, load_settings
from tests.notifications.browser import base64url


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"BLOCKWISE_VAR": str(tmp_path / "var"), "BLOCKWISE_SECRET_KEY": "for tests"})


def test_setup_makes_a_key_once_and_only_its_owner_reads_it(settings: Settings) -> None:
    assert vapid_keys(settings) is None
    make_vapid_key(settings)
    first = vapid_keys(settings)
    make_vapid_key(settings)
    assert first is not None and vapid_keys(settings) == first
    assert len(first.public_key) == 87
    assert stat.S_IMODE(kept_key_path(settings).stat().st_mode) == 0o600
    assert list(settings.var.iterdir()) == [kept_key_path(settings)]


def test_a_key_of_the_environment_comes_first_in_either_form(settings: Settings, tmp_path: Path) -> None:
    make_vapid_key(settings)
    given = replace(settings, vapid_private_key=base64url(bytes(31) + b"\x07"))
    from_number = vapid_keys(given)
    assert from_number is not None and from_number != vapid_keys(settings)
    (tmp_path / "city.pem").write_bytes(from_number.private_pem)
    assert vapid_keys(replace(settings, vapid_private_key=str(tmp_path / "city.pem"))) == from_number


@pytest.mark.parametrize("given", ["a", "AAAA", "A" * 43, base64url(b"\xff" * 32), "ä" * 43])
def test_a_key_that_is_none_is_refused_by_name(settings: Settings, given: str) -> None:
    with pytest.raises(SettingsError, match="BLOCKWISE_VAPID_PRIVATE_KEY"):
        vapid_keys(replace(settings, vapid_private_key=given))


def test_a_public_key_of_another_private_key_is_refused(settings: Settings) -> None:
    make_vapid_key(settings)
    keys = vapid_keys(settings)
    assert keys is not None
    assert vapid_keys(replace(settings, vapid_public_key=keys.public_key + "=")) == keys
    with pytest.raises(SettingsError, match="BLOCKWISE_VAPID_PUBLIC_KEY"):
        vapid_keys(replace(settings, vapid_public_key=base64url(b"\4" + bytes(64))))


@pytest.mark.parametrize("subject", ["311@city.example", "mailto:311", "mailto:311@localhost", "mailto:a@b.c,d@e.f"])
def test_a_subject_that_push_services_refuse_is_refused_by_us(tmp_path: Path, subject: str) -> None:
    environ = {"BLOCKWISE_VAR": str(tmp_path), "BLOCKWISE_SECRET_KEY": "for tests", "BLOCKWISE_VAPID_SUBJECT": subject}
    with pytest.raises(SettingsError, match=r"mailto:311@city\.example"):
        load_settings(environ)


def test_who_stands_behind_the_key_is_the_sender_of_the_e_mails_unless_it_is_said(settings: Settings) -> None:
    make_vapid_key(settings)
    mailing = replace(settings, smtp_url="smtp://mail?from=311+news@harbor.example")
    for chosen, subject in (
        (mailing, "311+news@harbor.example"),
        (replace(mailing, vapid_subject="mailto:push@harbor.example"), "push@harbor.example"),
        (replace(settings, public_url="https://311.harbor.example"), "311@311.harbor.example"),
    ):
        keys = vapid_keys(chosen)
        assert keys is not None and keys.subject == subject
