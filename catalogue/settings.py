"""What can an operator set?

By flag, by environment (`CATALOGUE_…`), by TOML file (`CATALOGUE_CONFIG`, default `./catalogue.toml`), in this
order of precedence. `docs/reference/settings.md` is compared with this module by a test.
"""

from __future__ import annotations

import json
import os
import re
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
    shapes: Path | None = Field(
        None,
        description="Folder of further profiles, beside the shipped ones; `shapes` in the state folder when not set.",
    )
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

    store: str = Field(
        "", description="Address of a SPARQL 1.1 query endpoint to be used instead of the embedded store."
    )
    store_update: str = Field("", description="Where that server takes updates, when it is another address.")
    store_user: str = Field("", description="Who we are there, by HTTP Basic.")
    store_password: SecretStr = Field(SecretStr(""), description="The password there.")
    store_seconds: float = Field(60.0, gt=0, description="Longest wait for that server to take an update.")

    query_workers: int = Field(2, gt=0, description="Processes that answer public SPARQL queries.")
    query_seconds: float = Field(30.0, gt=0, description="Deadline of one SPARQL query.")
    query_memory: int = Field(1_000_000_000, gt=0, description="Most memory of one query process.")
    query_queue: int = Field(24, ge=0, description="Queries that may wait for a process; more get 503.")
    query_result_bytes: int = Field(2_000_000_000, gt=0, description="Largest result of one query.")
    query_per_client: int = Field(16, gt=0, description="Queries of one network address that may run or wait.")
    query_client_seconds: float = Field(
        90.0, gt=0, description="Seconds that queries of one network address may hold processes, in a minute."
    )
    query_mirror_memory: int = Field(
        4_000_000_000, ge=0, description="Most memory of the mirror for queries, without its workers; 0: no mirror."
    )
    query_mirror_after: float = Field(
        1.0, ge=0, description="The mirror is made after so many seconds of queries without it."
    )
    query_bytes: int = Field(100_000, gt=0, description="Longest query text.")
    query_services: list[str] = Field(
        [], description="Addresses of SPARQL endpoints that queries may call with `SERVICE`, as a JSON list."
    )

    threads: int = Field(48, gt=0, description="Threads that answer requests; waiting queries hold some.")
    proxies: int = Field(0, ge=0, description="Proxies in front that add the client's address to X-Forwarded-For.")
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

    @field_validator("query_services", mode="before")
    @classmethod
    def _from_flag(cls, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value  # the environment's is read already

    @field_validator("query_services")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        for address in value:
            # Written in a query between < and >; a password in it would be shown to everybody.
            if not re.fullmatch(r"https?://[\w.:\[\]-]+(?:[/?][\w!$%&()*+,./:;=?~-]*)?", address, re.ASCII):
                raise ValueError(f"{address!r} is no address: http:// or https://, in ASCII, without user or fragment")
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
    def shapes_path(self) -> Path:
        """Folder of the further profiles; it may be absent."""
        return self.shapes or self.state / "shapes"

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
