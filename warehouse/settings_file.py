"""Read the settings from `tillflow.toml`, the environment and overrides, in rising order of weight."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as EnvironmentVariableError

from models import FAMILIES
from warehouse.passwords import holds_password, without_passwords
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic_core import ErrorDetails

DEFAULT_CONFIG = Path("tillflow.toml")
CONFIG_VARIABLE = "TILLFLOW_CONFIG"


class _Environment(Settings, BaseSettings):
    """What environment variables may say: `TILLFLOW_<SECTION>__<KEY>`."""

    model_config = SettingsConfigDict(env_prefix="TILLFLOW_", env_nested_delimiter="__", frozen=True, extra="forbid")


class SettingsError(Exception):
    """The settings can't be used; the message names the place, the key and what is allowed."""


def load_settings(config: Path | None = None, overrides: Sequence[str] = ()) -> Settings:
    """Read the settings.

    Args:
        config: the settings file; by default the one that `TILLFLOW_CONFIG` names, else `tillflow.toml` here if
            there is one.
        overrides: texts such as `sources.orders.path=/data/orders`, which beat everything else.

    Raises:
        SettingsError: naming the file, variable or override, the key, and what is allowed.
    """
    _refuse_passwords(overrides)
    file = config or _default_config()
    from_file = _read(file) if file else {}
    from_overrides = _parse_overrides(overrides)

    given = _merge(_merge(from_file, _read_environment()), from_overrides)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError(_explain(error, file, from_overrides)) from error
    _check_families(settings, file, from_overrides)
    return settings


def require_sources(settings: Settings) -> None:
    """Raise `SettingsError` unless there is a source for a run to read."""
    if not settings.sources:
        message = f"No source is configured. Name a settings file with --config or {CONFIG_VARIABLE}, see examples/."
        raise SettingsError(message)


def require_families(names: Iterable[str]) -> None:
    """Raise `SettingsError` when one of the names is no model family."""
    known = [family.name for family in FAMILIES]
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            message = f"--only: {name!r} is no model family.{hint} Allowed: {', '.join(known)}."
            raise SettingsError(message)


def _merge(weaker: Mapping[str, Any], stronger: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, section by section; where both set a key, the stronger value."""
    merged = dict(weaker)
    for key, value in stronger.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _default_config() -> Path | None:
    named = os.environ.get(CONFIG_VARIABLE, "")
    if named:
        return Path(named)
    return DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        message = f"There is no settings file {file}. Give another with --config, or make a demo with: tillflow demo"
        raise SettingsError(message) from error
    except (OSError, UnicodeDecodeError) as error:
        message = f"The settings file {file} can't be read: {error}"
        raise SettingsError(message) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"The settings file {file} is not valid TOML: {error}"
        raise SettingsError(message) from error
    return _anchor(content, file.parent)


def _anchor(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Make the file's relative paths relative to the file's folder."""
    sections: list[tuple[object, tuple[str, ...]]] = [
        (content.get("warehouse"), ("path", "data")),
        (content.get("run"), ("shared_folder",)),
        (content.get("privacy"), ("key_file",)),
    ]
    sources = content.get("sources")
    if isinstance(sources, dict):
        sections += [(source, ("path",)) for source in sources.values()]
    for section, keys in sections:
        if not isinstance(section, dict):
            continue
        for key in keys:
            value = section.get(key)
            if isinstance(value, str) and value and "://" not in value:
                section[key] = str(folder / value)
    return content


def _read_environment() -> dict[str, Any]:
    try:
        return EnvSettingsSource(_Environment)()
    except EnvironmentVariableError as error:
        field = str(error).partition('"')[2].partition('"')[0]
        variable = f"TILLFLOW_{field}".upper()
        message = (
            f"environment variable {variable}: what it says is no JSON, which a section is given in as a whole. "
            f"Set its keys one by one, such as {variable}__KEY."
        )
        raise SettingsError(message) from error


def _refuse_passwords(overrides: Sequence[str]) -> None:
    """Refuse a password in an override: Prefect keeps those of a run as its parameters, a shell in its history."""
    for override in overrides:
        if holds_password(override):
            message = (
                f"--set {without_passwords(override)}: a password in an override is kept by Prefect with the run, for "
                "everybody to read. Give it by the environment: PGPASSWORD, or PGPASSFILE with a file only you can "
                "read; see docs/operations.md, Passwords."
            )
            raise SettingsError(message)


def _parse_overrides(overrides: Sequence[str]) -> dict[str, Any]:
    parsed: dict[str, Any] = {}
    for override in overrides:
        dotted, equals, text = override.partition("=")
        keys = [key.strip() for key in dotted.split(".")]
        if not equals or not all(keys):
            message = f"--set {override}: expected section.key=value, such as run.seed=1"
            raise SettingsError(message)
        section = parsed
        for depth, key in enumerate(keys[:-1], 1):
            section = section.setdefault(key, {})
            if not isinstance(section, dict):
                message = (
                    f"--set {override}: {'.'.join(keys[:depth])} is a value by another --set, so it holds no keys."
                )
                raise SettingsError(message)
        section[keys[-1]] = _value(text)
    return parsed


def _value(text: str) -> object:
    """Read `text` as TOML where it is TOML, else as a plain text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _check_families(settings: Settings, file: Path | None, overrides: Mapping[str, Any]) -> None:
    known = {family.name: family for family in FAMILIES}
    for name, given in settings.models.items():
        if name not in known:
            place = _place(("models", name), file, overrides)
            message = f"{place}: [models.{name}] is no model family. Allowed: {', '.join(known)}."
            raise SettingsError(message)
        try:
            known[name].parameters.model_validate(given)
        except ValidationError as error:
            raise SettingsError(_explain(error, file, overrides, ("models", name), known[name].parameters)) from error


def _explain(
    error: ValidationError,
    file: Path | None,
    overrides: Mapping[str, Any],
    prefix: tuple[str, ...] = (),
    root: type[BaseModel] = Settings,
) -> str:
    lines = []
    for problem in error.errors():
        location = (*prefix, *(str(part) for part in problem["loc"]))
        key = ".".join(location)
        lines.append(f"{_place(location, file, overrides)}: {key}: {without_passwords(_problem(problem, root))}")
    return "\n".join(lines)


def _problem(problem: ErrorDetails, root: type[BaseModel]) -> str:
    if problem["type"] == "extra_forbidden":
        allowed = _allowed_keys(root, problem["loc"][:-1])
        close = difflib.get_close_matches(str(problem["loc"][-1]), allowed, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        return f"unknown key.{hint} Allowed: {', '.join(allowed)}."
    if problem["type"] == "missing":
        return "is missing and has no default."
    message = problem["msg"].removeprefix("Value error, ")
    shown = "" if isinstance(problem["input"], dict) else f" (given: {problem['input']!r})"
    return f"{message}{shown}."


def _allowed_keys(root: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """Return the keys that a section may have, following `path` through the models."""
    model: Any = root
    for part in path:
        if not (isinstance(model, type) and issubclass(model, BaseModel)) or part not in model.model_fields:
            # A step through a mapping such as sources.<name>: its values' model was found one step before.
            continue
        annotation = model.model_fields[str(part)].annotation
        arguments = [item for item in getattr(annotation, "__args__", ()) if isinstance(item, type)]
        model = next((item for item in [annotation, *arguments] if _is_model(item)), model)
    return sorted(model.model_fields)


def _is_model(item: object) -> bool:
    return isinstance(item, type) and issubclass(item, BaseModel)


def _place(location: tuple[str, ...], file: Path | None, overrides: Mapping[str, Any]) -> str:
    """Say where the value at `location` was given: an override, the environment or the file."""
    section: Any = overrides
    for depth, part in enumerate(location):
        if not isinstance(section, dict) or part not in section:
            break
        section = section[part]
        if depth == len(location) - 1 or not isinstance(section, dict):
            return "--set"
    variable = "TILLFLOW_" + "__".join(location).upper()
    if variable in os.environ:
        return f"environment variable {variable}"
    return str(file) if file else "settings"
