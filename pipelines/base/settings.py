"""Every setting of the project, read from the environment here and nowhere else.

Beside it stand the switches of tests and debugging, in `switches`, and who may see the dashboard,
in `dashboard/access/access_settings.py`.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import ByteSize, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.base.errors import ConfigurationError

PROJECT = Path(__file__).resolve().parents[2]
SettingsKind = TypeVar("SettingsKind", bound=BaseSettings)


class Settings(BaseSettings):
    """The settings of a machine; each field is an environment variable `SITREP_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="SITREP_", frozen=True)

    home: Path = Field(default=Path("var"), description="Folder of all state.")
    warehouse: SecretStr = Field(
        default=SecretStr(""),
        description="What holds the warehouse: empty for a DuckDB file in the home, or "
        "ducklake:<catalogue>. The address of a catalogue may have a password in it.",
    )
    warehouse_data: str = Field(
        default="",
        description="Folder of a DuckLake's data, in place of `lake` in the home, or "
        "s3://<bucket>/<prefix>.",
    )
    state: SecretStr = Field(
        default=SecretStr(""),
        description="What holds locks, queue and small state: empty for the home's folder, or "
        "postgresql://<address> for several machines. The address may have a password in it.",
    )
    state_wait_seconds: float = Field(
        default=60.0,
        ge=0,
        description="Seconds that a command waits for the Postgres of the state to be there again.",
    )
    objects: str = Field(
        default="",
        description="What holds landed bytes and publications: empty for the home's folder, or "
        "s3://<bucket>/<prefix> for several machines.",
    )
    feeds_dir: Path = Field(
        default=PROJECT / "pipelines" / "feeds", description="Folder of the feed files."
    )
    expectations_dir: Path = Field(
        default=PROJECT / "expectations", description="Folder of the contracts."
    )
    lock_wait_seconds: float = Field(
        default=120.0, ge=0, description="Seconds that a command waits for the warehouse."
    )
    retention_file: Path | None = Field(
        default=None, description="How long data is kept, in place of the project's own file."
    )
    alert_levels_file: Path | None = Field(
        default=None,
        description="Levels at which figures are alerted, in place of the project's own file.",
    )
    dashboard_url: str = Field(
        default="http://127.0.0.1:8111/",
        description="Address of the dashboard as people open it, also for the link in Airflow's "
        "menu.",
    )
    dashboard_query_seconds: float = Field(
        default=10.0, gt=0, description="Seconds after which what a page asks for is ended."
    )
    dashboard_check: bool = Field(
        default=False,
        description="Whether the dashboard has the page on which a file is uploaded and checked.",
    )
    brief_at: str = Field(
        default="07:30",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="When the daily brief is made, by London's clock.",
    )
    letters_at: str = Field(
        default="08:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="When providers' letters of the week are made on Mondays, by London's clock.",
    )
    keep_publications: int = Field(
        default=10, ge=2, description="How many publications stay on disk."
    )
    duckdb_threads: int | None = Field(
        default=None,
        ge=1,
        description="Threads of DuckDB. Nothing said: one for each core, and one while files are "
        "loaded.",
    )
    query_seconds: float = Field(
        default=60.0, gt=0, description="Seconds after which a query of a person is ended."
    )
    query_memory: ByteSize = Field(
        default=ByteSize(2_000_000_000), description="Memory that a query may use, like 2GB."
    )
    quiet_seconds: float = Field(
        default=2.0,
        ge=0,
        description="Seconds that a file in a source folder must stay unchanged before it is "
        "collected, because its sender may still be writing it.",
    )
    most_cells: int = Field(
        default=1_000_000,
        gt=0,
        description="Cells of one file; one with more is refused before it is read. The published "
        "winters have 0.4 million.",
    )
    most_rows: int = Field(
        default=100_000,
        gt=0,
        description="Rows of one file or sheet; one with more is refused before it is read.",
    )
    most_columns: int = Field(
        default=2_000, gt=0, description="Columns, or keys of JSON, of one file."
    )
    most_text_bytes: int = Field(
        default=16 * 1024 * 1024,
        gt=0,
        description="Bytes of one file of text (CSV, JSON); one with more is refused. A national "
        "day of quarter-hours has less than 10 million.",
    )
    most_unpacked_bytes: int = Field(
        default=128 * 1024 * 1024,
        gt=0,
        description="Bytes of all parts of a workbook, unpacked; one with more is refused.",
    )
    most_places: int = Field(
        default=50,
        gt=0,
        description="Places that are told of one kind of finding in one column; more are counted.",
    )
    most_quarantined_cells: int = Field(
        default=250_000,
        gt=0,
        description="Cells of one file that the quarantine holds with their texts. Of rows beyond "
        "it holds the key and the place, and the file itself is kept.",
    )
    max_file_bytes: int = Field(
        default=64 * 1024 * 1024,
        gt=0,
        description="The most bytes that a file, or an answer over HTTP, may have. A larger one is "
        "not read: it is refused and answered, and set aside in its folder.",
    )
    give_back_seconds: float = Field(
        default=60.0,
        gt=0,
        description="Seconds that one run gives answers back to sources; the next run goes on.",
    )
    schedule_override: str | None = Field(
        default=None,
        validation_alias="SITREP_SCHEDULE",
        description="Cron line that replaces every collection's cadence (local runs). With "
        "`* * * * *` those of days and months run every five minutes; `*/1 * * * *` is for all.",
    )
    wake_on_arrival: bool = Field(
        default=True,
        description="Whether what arrives in a folder, or by a post, starts its collection's run; "
        "without it runs start by the clock alone.",
    )
    warm_workers: bool = Field(
        default=True,
        description="Whether Airflow's workers are forked from a process that has imported what "
        "tasks need.",
    )
    alert_email_to: str | None = Field(
        default=None, description="Addresses that alerts are e-mailed to, separated by commas."
    )
    alert_email_from: str = Field(
        default="uec-feeds@localhost", description="Address that e-mailed alerts come from."
    )
    alert_smtp_host: str | None = Field(default=None, description="Mail server for alerts.")
    alert_smtp_port: int = Field(default=587, gt=0, lt=65536, description="The mail server's port.")
    alert_smtp_starttls: bool = Field(
        default=True,
        description="Whether the connection to it is encrypted (STARTTLS).",
    )
    alert_smtp_user: str | None = Field(default=None, description="User at the mail server.")
    alert_smtp_password: SecretStr | None = Field(
        default=None, description="Password at the mail server."
    )
    alert_webhook: SecretStr | None = Field(
        default=None,
        description="Address that alerts are posted to as JSON; it is a secret.",
    )

    @property
    def root(self) -> Path:
        """`home` as an absolute path, so that the state stays in place."""
        return self.home.expanduser().absolute()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process; `settings.cache_clear()` reads them again.

    Raises `ConfigurationError` as `read_settings` does.
    """
    return read_settings(Settings)


def read_settings(kind: type[SettingsKind]) -> SettingsKind:
    """The settings of that kind from the environment.

    Raises `ConfigurationError` naming each environment variable whose value cannot be used.
    """
    prefix = kind.model_config["env_prefix"]
    try:
        return kind()
    except ValidationError as error:
        lines = [
            f"{prefix}{str(problem['loc'][0]).removeprefix(prefix).upper()}: {problem['msg']} "
            f"(it is '{problem['input']}')"
            for problem in error.errors()
        ]
        raise ConfigurationError("\n".join(lines)) from error


def pass_on(name: str, value: str) -> None:
    """The setting `SITREP_<NAME>` has that value from now on, here and in every child process."""
    os.environ[f"SITREP_{name.upper()}"] = value
    settings.cache_clear()


def published_data_folder() -> Path:
    """The folder of published files, which the code lists are built from and tests read.

    `SITREP_REAL_DATA` names it; else it is ../shared/data, beside the project.
    """
    return Path(os.environ.get("SITREP_REAL_DATA") or PROJECT.parent / "shared" / "data")
