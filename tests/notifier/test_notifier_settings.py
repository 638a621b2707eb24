"""What the notifier must be told, and how it is put together."""

import base64

import pytest
from pydantic import ValidationError

from notifier.app import build
from notifier.settings import NotifierSettings

GIVEN = {
    "PLI_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "PLI_KAFKA_USERNAME": "notifier",
    "PLI_KAFKA_PASSWORD": "x",
    "PLI_MONGO_URI": "mongodb://127.0.0.1:1/?directConnection=true",
    "PLI_MONGO_DATABASE": "notifier",
    "PLI_MONGO_USERNAME": "notifier",
    "PLI_MONGO_PASSWORD": "x",
    "PLI_HTTP_PORT": "1",
    "PLI_PUBLIC_ORIGIN": "http://localhost:8080",
    "PLI_SEALING_KEY": base64.urlsafe_b64encode(bytes(32)).decode(),
    "PLI_NOTICE_SMTP_HOST": "127.0.0.1",
    "PLI_NOTICE_SMTP_PORT": "1",
    "PLI_SMS_PROVIDER": "catcher",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_the_environment_says_everything(environment: pytest.MonkeyPatch) -> None:
    settings = NotifierSettings.model_validate({})
    assert settings.public_host == "localhost"
    assert settings.sealing_keys() == (bytes(32),)
    assert "AAAA" not in repr(settings)


def test_while_the_sealing_key_is_changed_there_are_two_the_current_one_first(
    environment: pytest.MonkeyPatch,
) -> None:
    other = base64.urlsafe_b64encode(b"\7" * 32).decode()
    environment.setenv("PLI_OTHER_SEALING_KEY", other)
    settings = NotifierSettings.model_validate({})
    assert settings.sealing_keys() == (bytes(32), b"\7" * 32)
    assert other not in repr(settings)


@pytest.mark.parametrize("key", ["", "short", base64.urlsafe_b64encode(bytes(31)).decode(), "é" * 44])
@pytest.mark.parametrize("name", ["PLI_SEALING_KEY", "PLI_OTHER_SEALING_KEY"])
def test_a_sealing_key_of_another_size_is_refused(environment: pytest.MonkeyPatch, name: str, key: str) -> None:
    environment.setenv(name, key)
    with pytest.raises(ValidationError):
        NotifierSettings.model_validate({})


@pytest.mark.parametrize("name", ["PLI_SEALING_KEY", "PLI_NOTICE_SMTP_HOST", "PLI_SMS_PROVIDER"])
def test_what_has_no_default_must_be_given(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    with pytest.raises(ValidationError):
        NotifierSettings.model_validate({})


async def test_the_process_is_put_together_without_a_network(environment: pytest.MonkeyPatch) -> None:
    assert build(NotifierSettings.model_validate({})).name == "notifier"
