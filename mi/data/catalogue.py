"""The data sources of settings and question sets, and whether this machine has their files.

The catalogue is computed from declarations: the caller passes the settings and evals that it knows.
Only iteration and indexing are used, because the registry imports declarations on demand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import attrs

from ..errors import UsageError, did_you_mean
from ..spec import DataFile, Dataset, Eval, Experiment, Setting, Upstream
from .datasets import BUNDLED, UPSTREAM, check_source, read_dataset, resolve_upstream
from .upstream import cached_path


@attrs.frozen(kw_only=True)
class SourceEntry:
    """One source of an arm of a setting, or of a question set.

    Args:
        name: The setting or question set.
        part: The arm's dataset, or `question set`.
        source: `bundled`, `upstream` or `upstream:NAME`, as `--data` takes it.
        rows: Rows of the file, if known.
        bytes: Size of the file, if known.
        licence: Licence of the file.
        origin: Who publishes it.
        state: `ships`, `here`, `not pulled`, or `needs you` for a file that is not downloadable.
    """

    name: str
    part: str
    source: str
    rows: int | None
    bytes: int | None
    licence: str
    origin: str
    state: str


def recipe_files(experiments: Iterable[Experiment]) -> dict[str, Upstream]:
    """The published files that recipes train on, by name."""
    return {
        part.source.path.name: part.source.path
        for experiment in experiments
        for recipe in experiment.recipes()
        for stage in recipe.stages
        for part in stage.parts
        if isinstance(part.source, DataFile) and isinstance(part.source.path, Upstream)
    }


def source_entries(
    settings: Mapping[str, Setting],
    evals: Mapping[str, Eval],
    recipes: Mapping[str, Upstream] = MappingProxyType({}),
) -> Iterator[SourceEntry]:
    """Every source of the settings, then those of the published question sets and of recipes.

    Args:
        settings: The known settings by id.
        evals: The known evals by id.
        recipes: The files of recipes by name.
    """
    for name in settings:
        for arm in setting_arms(settings[name]):
            yield _bundled_entry(name, arm)
            for index, source in enumerate(arm.upstream):
                label = UPSTREAM if index == 0 else f"{UPSTREAM}:{source.name}"
                yield _upstream_entry(name, arm.name, label, source)
    for name, published in _question_sets(settings, evals).items():
        yield _upstream_entry(name, "question set", UPSTREAM, published)
    for name, published in recipes.items():
        yield _upstream_entry(name, "recipes", UPSTREAM, published)


def upstream_files(
    settings: Mapping[str, Setting],
    evals: Mapping[str, Eval],
    recipes: Mapping[str, Upstream] = MappingProxyType({}),
) -> dict[str, list[Upstream]]:
    """The published files of each setting (its first source per arm), question set and recipe.

    Args:
        settings: The known settings by id.
        evals: The known evals by id.
        recipes: The files of recipes by name.
    """
    files: dict[str, list[Upstream]] = {}
    for name in settings:
        files[name] = [arm.upstream[0] for arm in setting_arms(settings[name]) if arm.upstream]
    sets = {**recipes, **_question_sets(settings, evals)}
    return files | {name: [published] for name, published in sets.items()}


def _question_sets(
    settings: Mapping[str, Setting], evals: Mapping[str, Eval]
) -> dict[str, Upstream]:
    """The published files of the evals, those that only a setting declares included."""
    declared = {name: evals[name] for name in evals}
    for name in settings:
        for spec in (*settings[name].id_evals, *settings[name].ood_evals):
            declared.setdefault(spec.id, spec)
    files = {name: spec.published_file for name, spec in declared.items()}
    return {name: file for name, file in files.items() if file is not None}


def resolve_files(
    name: str,
    settings: Mapping[str, Setting],
    evals: Mapping[str, Eval],
    recipes: Mapping[str, Upstream] = MappingProxyType({}),
) -> list[Upstream]:
    """The published files that a name stands for, each once.

    Args:
        name: A setting, `SETTING:SOURCE`, a question set, or a file of a recipe.
        settings: The known settings by id.
        evals: The known evals by id.
        recipes: The files of recipes by name.

    Raises:
        UsageError: No setting, source, question set or file has that name.
    """
    files = upstream_files(settings, evals, recipes)
    base, colon, source_name = name.partition(":")
    if base not in files:
        raise UsageError(f"there is no data {name!r}", hint=did_you_mean(name, files))
    if not colon or base not in settings:
        return list(dict.fromkeys(files[base]))
    source = f"{UPSTREAM}:{source_name}"
    check_source(settings[base], source)
    arms = setting_arms(settings[base])
    return list(dict.fromkeys(resolve_upstream(arm, source) for arm in arms))


def setting_arms(setting: Setting) -> tuple[Dataset, Dataset]:
    """The misaligned and the control dataset of a setting."""
    return setting.misaligned, setting.control


def _bundled_entry(name: str, arm: Dataset) -> SourceEntry:
    return SourceEntry(
        name=name,
        part=arm.name,
        source=BUNDLED,
        rows=read_dataset(arm, BUNDLED).row_count,
        bytes=None,
        licence="MIT",
        origin="this project",
        state="ships",
    )


def _upstream_entry(name: str, part: str, label: str, source: Upstream) -> SourceEntry:
    missing = "needs you" if source.url is None else "not pulled"
    return SourceEntry(
        name=name,
        part=part,
        source=label,
        rows=source.rows,
        bytes=source.bytes,
        licence=source.licence,
        origin=source.origin,
        state="here" if cached_path(source) is not None else missing,
    )
