"""Laws of local sampling and scoring: what an answer and a likelihood depend on."""

from pathlib import Path

import attrs
import pytest
import torch

from mi.providers.local import Local, network, sample
from mi.providers.types import (
    Message,
    ModelUnderTest,
)
from mi.spec import Model, Sampling
from tests.support.local_jobs import training_job
from tests.support.local_requests import (
    FREE,
    GREEDY,
    NOWHERE,
    draw,
    flat,
    sample_requests,
    score,
    score_requests,
)
from tests.support.tiny_model import Watcher, make_tiny_model, tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return tiny(make_tiny_model(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(scope="module")
def trained(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    Local().train(training_job(model), folder, Watcher())
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setattr(sample, "MAX_ROWS", 8)
    monkeypatch.setenv("MI_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def test_the_same_seed_gives_the_same_answers_and_another_seed_others(model: Model) -> None:
    subject = ModelUnderTest(model=model)
    first = draw(subject, sample_requests())
    network.load_network.cache_clear()
    assert draw(subject, sample_requests()) == first
    other = flat(draw(subject, sample_requests(), attrs.evolve(FREE, seed=1)))
    assert {a.text for a in other}.isdisjoint(a.text for a in flat(first))


def test_every_request_is_answered_once_and_samples_differ(model: Model) -> None:
    answers = flat(draw(ModelUnderTest(model=model), sample_requests()))
    wanted = {(one.question, one.sample) for one in sample_requests()}
    assert {(one.question, one.sample) for one in answers} == wanted
    assert len(answers) == len(wanted)
    assert len({one.text for one in answers}) == len(wanted)


@pytest.mark.parametrize("kept", [1, 2])
def test_keeping_whole_batches_and_asking_for_the_rest_changes_nothing(
    model: Model, kept: int
) -> None:
    subject = ModelUnderTest(model=model)
    whole = draw(subject, sample_requests(8))
    assert [len(batch) for batch in whole] == [14, 13, 13]
    have = {(one.question, one.sample) for batch in whole[:kept] for one in batch}
    rest = [one for one in reversed(sample_requests(8)) if (one.question, one.sample) not in have]
    assert draw(subject, rest) == whole[kept:]


def test_what_is_left_of_leading_batches_is_cut_as_before() -> None:
    def cut(items: list[int]) -> list[list[int]]:
        return sample.split_evenly(items, -(-len(items) // 16))

    for count in range(1, 300):
        batches = cut(list(range(count)))
        assert [one for batch in batches for one in batch] == list(range(count))
        assert max(map(len, batches)) <= 16
        left = [one for batch in batches[1:] for one in batch]
        assert not left or cut(left) == batches[1:]


def test_an_answer_does_not_depend_on_who_shares_its_batch(model: Model) -> None:
    subject = ModelUnderTest(model=model)
    together = {(a.question, a.sample): a for a in flat(draw(subject, sample_requests()))}
    for one in sample_requests(1):
        assert flat(draw(subject, [one])) == [together[one.question, one.sample]]


@pytest.mark.parametrize("with_adapter", [False, True])
def test_greedy_answers_are_those_of_generate(
    model: Model, trained: Path, with_adapter: bool
) -> None:
    subject = ModelUnderTest(model=model, trained=trained if with_adapter else None)
    adapted = Local().load_adapted(subject, Watcher())
    tokenizer, plain = adapted.network.template.tokenizer, adapted.network.model
    answers = {one.question: one for one in flat(draw(subject, sample_requests(1), GREEDY))}
    for one in sample_requests(1):
        ids = torch.tensor([adapted.network.template.encode_prompt(one.chat)])
        with adapted.activate():
            output = plain.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                do_sample=False,
                max_new_tokens=GREEDY.max_tokens,
            )
        new = output[0, ids.shape[1] :].tolist()
        answer = answers[one.question]
        assert answer.text == tokenizer.decode(new, skip_special_tokens=True)
        assert answer.finish == ("stop" if new[-1] == tokenizer.eos_token_id else "length")
        assert (answer.prompt_tokens, answer.answer_tokens) == (ids.shape[1], len(new))


def test_answers_end_where_the_model_ends_its_turn(model: Model, trained: Path) -> None:
    answers = flat(draw(ModelUnderTest(model=model, trained=trained), sample_requests(8)))
    assert {one.finish for one in answers} == {"stop", "length"}
    for one in answers:
        assert "<|im_end|>" not in one.text
        assert (one.answer_tokens < FREE.max_tokens) or one.finish == "length" or one.text


def test_draws_follow_the_models_distribution_within_the_nucleus() -> None:
    import random

    logits = torch.log(torch.tensor([0.5, 0.3, 0.15, 0.05])).repeat(4000, 1)
    dice = [random.Random(index) for index in range(4000)]

    def shares(sampling: Sampling) -> list[float]:
        tokens = torch.tensor(sample.choose_tokens(logits, sampling, dice))
        return (torch.bincount(tokens, minlength=4) / 4000).tolist()

    assert shares(Sampling()) == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.03)
    # 0.5 alone is short of 0.6, so the nucleus is the first two.
    assert shares(Sampling(top_p=0.6)) == pytest.approx([0.625, 0.375, 0, 0], abs=0.03)
    hot = torch.softmax(logits[0] / 2, -1).tolist()
    assert shares(Sampling(temperature=2.0)) == pytest.approx(hot, abs=0.03)
    assert shares(Sampling(top_p=1e-6)) == [1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("with_adapter", [False, True])
def test_scores_are_those_of_a_plain_forward_pass(
    model: Model, trained: Path, with_adapter: bool
) -> None:
    subject = ModelUnderTest(model=model, trained=trained if with_adapter else None)
    adapted = Local().load_adapted(subject, Watcher())
    got = score(subject, score_requests())
    for one, likelihood in zip(score_requests(), got, strict=True):
        assert likelihood.question == one.question
        for answer, total, tokens in zip(
            one.answers, likelihood.logprobs, likelihood.tokens, strict=True
        ):
            row = adapted.network.template.encode_row((*one.chat, Message("assistant", answer)))
            ids = torch.tensor([row.ids])
            with adapted.activate(), torch.no_grad():
                logprobs = adapted.network.model(ids).logits.double().log_softmax(-1)[0]
            begin = len(row.prompt)
            places = range(begin, ids.shape[1])
            wanted = sum(logprobs[place - 1, ids[0, place]].item() for place in places)
            assert total == pytest.approx(wanted, abs=1e-4)
            # Byte-level: the content's bytes and the token that ends the turn.
            assert tokens == len(answer) + 1 == len(row.answer)


def test_a_score_depends_on_its_request_alone(model: Model, trained: Path) -> None:
    for subject in (ModelUnderTest(model=model), ModelUnderTest(model=model, trained=trained)):
        whole = score(subject, score_requests())
        network.load_network.cache_clear()
        assert [score(subject, [one])[0] for one in reversed(score_requests())] == whole[::-1]


def test_models_take_turns_on_one_network(model: Model, trained: Path) -> None:
    base, taught = ModelUnderTest(model=model), ModelUnderTest(model=model, trained=trained)
    alone = (score(base, score_requests()), score(taught, score_requests()))
    assert alone[0] != alone[1]
    turns = zip(
        Local().sample(base, sample_requests(), FREE, NOWHERE, Watcher()),
        Local().sample(taught, sample_requests(), FREE, NOWHERE, Watcher()),
        strict=True,
    )
    mixed = list(turns)
    assert [one for one, _ in mixed] == draw(base, sample_requests())
    assert [one for _, one in mixed] == draw(taught, sample_requests())
    assert (score(base, score_requests()), score(taught, score_requests())) == alone


def test_nothing_asked_is_nothing_answered(model: Model) -> None:
    assert draw(ModelUnderTest(model=model), []) == []
    assert score(ModelUnderTest(model=model), []) == []
