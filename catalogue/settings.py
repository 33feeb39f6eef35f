"""What can an operator set?

By flag, by environment (`CATALOGUE_…`), by TOML file (`CATALOGUE_CONFIG`, default `./catalogue.toml`), in this
order of precedence. `docs/reference/settings.md` is compared with this module by a test.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """Everything an operator can set. Sizes in bytes, times in seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="CATALOGUE_", extra="forbid", frozen=True)

    base_url: str = Field(
        "http://127.0.0.1:8000", description="Public address; every IRI begins with it. Choose it once."
    )
    state: Path = Field(Path("var"), description="Folder of the ledger and the store. Back up `ledger.sqlite`.")
    bootstrap_token: SecretStr | None = Field(
        None, description="An admin token for automation, at least 16 characters."
    )

    title: str = Field("Health Data Catalogue", description="Name of the catalogue on pages and in feeds.")
    description: str = Field(
        "Descriptions of health datasets, ready to be found, compared and harvested.",
        description="One sentence about the catalogue.",
    )
    operator: str = Field("The operator of this catalogue", description="Organisation that runs the catalogue.")
    operator_email: str = Field("catalogue@example.org", description="Functional address of the operator.")
    operator_page: str = Field("https://example.org/", description="Web page of the operator.")

    max_submission_bytes: int = Field(20_000_000, gt=0, description="Largest submission.")
    max_submission_triples: int = Field(500_000, gt=0, description="Most triples in one submission.")
    max_record_triples: int = Field(20_000, gt=0, description="Most triples in one record.")
    max_depth: int = Field(100, gt=0, description="Deepest nesting of JSON, XML or blank nodes.")
    max_parse_seconds: float = Field(20.0, gt=0, description="Longest time that parsing one submission may take.")

    query_workers: int = Field(2, gt=0, description="Processes that answer public SPARQL queries.")
    query_seconds: float = Field(30.0, gt=0, description="Deadline of one SPARQL query.")
    query_memory: int = Field(1_000_000_000, gt=0, description="Most memory of one query process.")
    query_queue: int = Field(8, ge=0, description="Queries that may wait for a process; more get 503.")
    query_bytes: int = Field(100_000, gt=0, description="Longest query text.")

    threads: int = Field(16, gt=0, description="Threads that answer requests.")
    page_size: int = Field(25, gt=0, le=200, description="Datasets on one page of the list.")
    feed_page_size: int = Field(100, gt=0, le=1000, description="Datasets on one page of the DCAT feed.")
    log_format: str = Field(
        "auto", pattern="^(auto|console|json)$", description="`console`, `json`, or `auto`: console on a terminal."
    )

    @field_validator("base_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        value = value.rstrip("/")
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value

    @field_validator("bootstrap_token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("must have at least 16 characters")
        return value

    @property
    def ledger_path(self) -> Path:
        """The one file to back up."""
        return self.state / "ledger.sqlite"

    @property
    def store_path(self) -> Path:
        """Folder of the embedded store; may be deleted."""
        return self.state / "store"

    @property
    def snapshots_path(self) -> Path:
        """Folder of the images that query workers read; may be deleted."""
        return self.state / "snapshots"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then environment, then the TOML file."""
        file = Path(os.environ.get("CATALOGUE_CONFIG", "catalogue.toml"))
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file))


def load_settings(**flags: Any) -> Settings:
    """Read the settings; flags that are None count as not given.

    Raises:
        pydantic.ValidationError: A value is malformed; the message names the setting.
    """
    return Settings(**{name: value for name, value in flags.items() if value is not None})
