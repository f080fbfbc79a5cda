"""A provider overrides what it can do, and inherits everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mi.errors import ProviderError
from mi.providers import BUILTIN, create_provider, types
from mi.providers.base import Provider
from mi.providers.types import ClientOptions, ModelUnderTest
from mi.spec import Model, Sampling
from tests.support.fake_provider import Silent


class Sampler(Provider):
    """Overrides nothing but what it can do."""

    capabilities = frozenset({"sample"})


def test_what_a_provider_does_not_override_does_nothing(tmp_path: Path) -> None:
    provider = Sampler("lab", ClientOptions())
    model = provider.resolve_model("small")
    assert model == Model(id="lab:small", provider="lab", name="small")
    assert (provider.pin(model).provider, provider.pin(model).weights) == ("lab", "small")
    provider.check_credentials()
    provider.prepare(model, Silent())
    assert provider.remote_job(tmp_path, Silent()) is None
    assert provider.cancel(tmp_path, Silent()) is None
    assert list(provider.checks([model], Silent())) == []
    assert provider.lost_answers == 0
    provider.close()


def test_what_a_provider_cannot_do_is_refused_in_a_sentence(tmp_path: Path) -> None:
    provider = Sampler("lab", ClientOptions())
    subject = ModelUnderTest(model=provider.resolve_model("small"))
    with pytest.raises(ProviderError, match="lab does not score given answers"):
        provider.score(subject, [], Silent())
    with pytest.raises(ProviderError, match="lab does not sample models"):
        provider.sample(subject, [], Sampling(), tmp_path, Silent())


@pytest.mark.parametrize("name", BUILTIN)
def test_every_builtin_provider_is_one(name: str) -> None:
    provider = create_provider(name, ClientOptions())
    assert isinstance(provider, Provider)
    assert provider.name == name
    assert provider.capabilities <= {"train", "sample", "logprob", "judge"}


def test_the_old_name_of_the_options_still_works() -> None:
    assert types.Terms is ClientOptions
