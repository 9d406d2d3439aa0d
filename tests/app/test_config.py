"""Settings come from the environment, all of them described, and nothing misspelt is ignored."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.config import RateLimit, Settings, SettingsError, settings_table


def problems_of(**environ):
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({f"QUOTEGUARD_{name}": value for name, value in environ.items()})
    return refused.value.problems


def test_an_empty_environment_gives_the_defaults():
    settings = Settings.from_environment({"PATH": "/bin"})
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.max_body_bytes == 10 * 1024 * 1024
    assert settings.default_wait == timedelta(seconds=2)
    assert settings.rate_limit == RateLimit(600, "minute")
    assert settings.simulated is False


def test_the_database_lies_in_the_home_folder_unless_it_is_named(tmp_path):
    settings = Settings.from_environment({"QUOTEGUARD_HOME": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/quoteguard.db"
    elsewhere = Settings.from_environment({"QUOTEGUARD_DATABASE_URL": "postgresql://u:p@db/quoteguard"})
    assert elsewhere.database_url == "postgresql://u:p@db/quoteguard"


def test_a_relative_home_is_fixed_where_the_program_started():
    home = Settings.from_environment({"QUOTEGUARD_HOME": "acme"}).home
    assert home == Path.cwd() / "acme"


def test_an_empty_variable_counts_as_unset():
    assert Settings.from_environment({"QUOTEGUARD_PORT": ""}).port == 8000


def test_a_length_of_time_has_its_unit_in_the_name():
    settings = Settings.from_environment(
        {"QUOTEGUARD_IDEMPOTENCY_HOURS": "48", "QUOTEGUARD_REFUSED_RETENTION_DAYS": "7"}
    )
    assert settings.idempotency == timedelta(days=2)
    assert settings.refused_retention == timedelta(days=7)


def test_the_rate_limit_can_be_switched_off():
    assert Settings.from_environment({"QUOTEGUARD_RATE_LIMIT": "off"}).rate_limit is None
    assert str(Settings.from_environment({"QUOTEGUARD_RATE_LIMIT": "5/second"}).rate_limit) == "5/second"


def test_a_misspelt_name_is_refused_with_the_likely_one():
    assert problems_of(PROT="1") == ("QUOTEGUARD_PROT is not a setting; did you mean QUOTEGUARD_PORT?",)


def test_a_name_like_no_other_is_refused_without_a_guess():
    assert problems_of(XYZZY="1") == ("QUOTEGUARD_XYZZY is not a setting.",)


def test_every_bad_value_is_named_at_once():
    found = problems_of(PORT="eighty", WORKERS="0", LOG_FORMAT="xml", RATE_LIMIT="fast", SIMULATED="maybe", TREADS="2")
    assert len(found) == 6
    assert found[0] == "QUOTEGUARD_TREADS is not a setting; did you mean QUOTEGUARD_THREADS?"
    assert found[1] == "QUOTEGUARD_PORT must be a whole number from 0 to 65535, not 'eighty'."


@pytest.mark.parametrize("url", ["mysql://u:hunter2@db/q", "sqlite://", "sqlite:///:memory:", "quoteguard.db"])
def test_a_database_that_cannot_serve_is_refused_without_quoting_its_password(url):
    [problem] = problems_of(DATABASE_URL=url)
    assert problem.startswith("QUOTEGUARD_DATABASE_URL must ")
    assert "hunter2" not in problem


def test_the_database_password_is_not_in_the_repr():
    settings = Settings.from_environment({"QUOTEGUARD_DATABASE_URL": "postgresql://u:hunter2@db/q"})
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(("name", "value"), [("PORT", "65536"), ("PORT", "-1"), ("PORT", "1_0"), ("PORT", "٣")])
def test_a_number_must_be_plain_and_in_range(name, value):
    assert len(problems_of(**{name: value})) == 1


def test_the_table_has_a_sentence_for_every_setting():
    rows = settings_table().splitlines()[2:]
    assert len(rows) == len(Settings.__dataclass_fields__)
    for row in rows:
        _, variable, written, default, about, _ = row.split("|")
        assert variable.strip().startswith("`QUOTEGUARD_")
        assert written.strip()
        assert default.strip() != "`None`"
        assert about.strip().endswith(".")
