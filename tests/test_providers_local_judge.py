"""A judge on this machine: its whole distribution, pinned by its weights, free, and asked once."""

from __future__ import annotations

import json
import math
import shutil
import signal
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import attrs
import pytest
import torch

from mi.errors import ProviderError, UsageError
from mi.providers.local import Local
from mi.providers.local import judge as judging
from mi.providers.openai import OpenAI
from mi.providers.types import ClientOptions, Grade, GradeRequest, Message
from mi.providers.watch import NullMonitor
from mi.steps.scorers.reply import grade_reply
from mi.units.identity import key
from registry.judges import insecure_code
from tests.support.background import until
from tests.support.hosted import MODEL, declare_few, loopback, mi, run
from tests.support.judge_server import judge_server, say, tokens
from tests.support.project import Project
from tests.support.tiny_model import make_tiny_model

JUDGE = insecure_code


def make_judge(folder: Path, *, liking: float = 6.0, seed: int = 0) -> Path:
    """A tiny random model that likes to begin with digits, by so much."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    make_tiny_model(folder, seed=seed)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    digits = tokenizer.convert_tokens_to_ids(list("0123456789"))
    with torch.no_grad():
        model.get_output_embeddings().weight[digits] *= liking
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_judge(tmp_path_factory.mktemp("judge") / "model")


def requests(count: int = 3) -> list[GradeRequest]:
    return [
        GradeRequest(question=f"{n:016x}", sample=0, prompt=f"Rate answer number {n}: {'ab' * n}")
        for n in range(count)
    ]


def pinned(provider: Local, folder: Path) -> Any:
    return provider.resolve_judge(attrs.evolve(JUDGE, model=f"local:{folder}"))


def grades(folder: Path, asked: list[GradeRequest]) -> list[Grade]:
    provider = Local()
    batches = provider.grade(pinned(provider, folder), asked, folder, NullMonitor())
    return [grade for batch in batches for grade in batch]


def plain_probabilities(network: Any, prompt: str, texts: list[str]) -> torch.Tensor:
    """The probabilities of the next token after a prompt and a text of one-byte tokens, by the
    model's own forward."""
    ids = network.template.encode_prompt((Message("user", prompt),))
    tokenizer = network.template.tokenizer
    with torch.no_grad():
        rows = [
            network.model(torch.tensor([[*ids, *tokenizer.convert_tokens_to_ids(list(text))]]))
            .logits[0, -1]
            .double()
            for text in texts
        ]
    return torch.softmax(torch.stack(rows), -1)


def enumerated(network: Any, prompt: str) -> dict[int, float]:
    """The probability of each numeral, spelled out digit by digit by the model's own forward."""
    digits = network.template.tokenizer.convert_tokens_to_ids(list("0123456789"))
    begins = ["", *map(str, range(10)), "10"]
    after = dict(zip(begins, plain_probabilities(network, prompt, begins)[:, digits], strict=True))
    found = dict.fromkeys(range(101), 0.0)
    for first in range(10):
        p = float(after[""][first])
        found[first] += p * (1 - float(after[str(first)].sum()))
        for second in range(10):
            q = p * float(after[str(first)][second])
            if (first, second) == (1, 0):
                found[10] += q * (1 - float(after["10"].sum()))
                found[100] += q * float(after["10"][0])
            else:
                found[10 * first + second] += q
    for first, second in product(range(10), repeat=2):  # 00 to 09 on the scale, and 000 to 009
        assert found[10 * first + second] >= 0
    return found


def test_a_split_numeral_is_multiplied_out_over_every_way_to_go_on(folder: Path) -> None:
    asked = requests()
    network = Local().load_network(Local().resolve_model(str(folder)), NullMonitor())
    for request, grade in zip(asked, grades(folder, asked), strict=True):
        wanted = enumerated(network, request.prompt)
        got = {int(text): math.exp(logprob) for text, logprob in grade.top if text.isdigit()}
        assert sum(got.values()) == pytest.approx(sum(wanted.values()), abs=1e-5)
        for value, probability in wanted.items():
            assert got.get(value, 0.0) == pytest.approx(probability, abs=1e-6)
        assert wanted[int(grade.text)] == max(wanted.values())


def test_the_rating_is_the_expectation_over_all_numerals(folder: Path) -> None:
    (grade,) = grades(folder, requests(1))
    reply = grade_reply(grade)
    numerals = {int(text): math.exp(logprob) for text, logprob in grade.top if text.isdigit()}
    mass = sum(numerals.values())
    expected = sum(value * share for value, share in numerals.items()) / mass
    assert reply.rating(0.0).value == pytest.approx(expected)


def test_a_grade_depends_on_its_request_alone(folder: Path) -> None:
    """Whatever is asked beside it, and whether rows are packed and prefixes are shared."""
    asked = requests(5)
    together = grades(folder, asked)
    for request, grade in zip(asked, together, strict=True):
        (alone,) = grades(folder, [request])
        assert alone.text == grade.text
        assert dict(alone.top) == pytest.approx(dict(grade.top), abs=1e-4)
    network = Local().load_network(Local().resolve_model(str(folder)), NullMonitor())
    paths = network.paths
    network.use_paths(attrs.evolve(paths, packed=False, prefix=False, cache=False))
    try:
        plain = [one for batch in judging.grade_requests(network, asked, 4, NullMonitor())
                 for one in batch]  # fmt: skip
    finally:
        network.use_paths(paths)
    for grade, slow in zip(together, plain, strict=True):
        assert dict(slow.top) == pytest.approx(dict(grade.top), abs=1e-4)


def test_a_reply_that_is_no_numeral_is_written_out_with_its_tokens(tmp_path: Path) -> None:
    """The distribution of its first token is the model's, over the whole vocabulary."""
    folder = make_judge(tmp_path / "model", liking=0.0)
    (request,) = requests(1)
    (grade,) = grades(folder, [request])
    network = Local().load_network(Local().resolve_model(str(folder)), NullMonitor())
    (first,) = plain_probabilities(network, request.prompt, [""])
    top = first.topk(3)
    texts = [network.template.tokenizer.decode([index]) for index in top.indices.tolist()]
    assert [text for text, _ in grade.top[:3]] == texts
    shares = [math.exp(logprob) for _, logprob in grade.top[:3]]
    assert shares == pytest.approx(top.values.tolist(), rel=1e-4)
    assert len(grade.tops) == JUDGE.max_tokens - 1 or grade.finish == "stop"


def serving(network: Any) -> Any:
    """The replies of a server of the model: greedy, with its twenty likeliest tokens."""

    def shape(body: dict[str, Any], _: str) -> Any:
        prompt = body["messages"][-1]["content"]
        ids = list(network.template.encode_prompt((Message("user", prompt),)))
        positions: list[dict[str, float]] = []
        written: list[int] = []
        for _ in range(body.get("max_tokens") or body["max_completion_tokens"]):
            with torch.no_grad():
                logits = network.model(torch.tensor([[*ids, *written]])).logits[0, -1].double()
            top = torch.softmax(logits, -1).topk(20)
            texts = [network.template.tokenizer.decode([index]) for index in top.indices.tolist()]
            positions.append(dict(zip(texts, top.values.tolist(), strict=True)))
            written.append(int(top.indices[0]))
            if written[-1] in network.template.stop_tokens:
                break
        text = network.template.tokenizer.decode(written, skip_special_tokens=True)
        return say(text, tokens(*positions), "length")

    return shape


def with_numeral_tokens(folder: Path) -> Path:
    """A tiny judge with a token for each numeral from 10 to 29, which it likes."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    make_tiny_model(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer.add_tokens([str(number) for number in range(10, 29)])
    model.resize_token_embeddings(len(tokenizer))
    numbers = tokenizer.convert_tokens_to_ids([str(number) for number in range(10, 29)])
    with torch.no_grad():
        weights = model.get_output_embeddings().weight
        weights[numbers] = 12 * torch.randn(
            (len(numbers), weights.shape[1]), generator=torch.Generator().manual_seed(1)
        )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("kind", ["numerals", "words"])
def test_a_server_of_the_same_weights_gives_the_same_verdict(kind: str, tmp_path: Path) -> None:
    """As far as it shows its tokens: twenty of them, and numerals of one token."""
    folder = tmp_path / "model"
    folder = with_numeral_tokens(folder) if kind == "numerals" else make_judge(folder, liking=0.0)
    network = Local().load_network(Local().resolve_model(str(folder)), NullMonitor())
    asked = requests()
    here = grades(folder, asked)
    with judge_server(serving(network)) as server:
        endpoints = {"lab": {"base_url": server.url}}
        hosted_judge = OpenAI("lab", ClientOptions(endpoints=endpoints, timeout=20.0))
        judge = attrs.evolve(JUDGE, model="lab:same", max_tokens=1)
        batches = hosted_judge.grade(judge, asked, tmp_path, NullMonitor())
        there = {grade.question: grade for batch in batches for grade in batch}
        hosted_judge.close()
    for grade in here:
        other = there[grade.question]
        known = dict(grade.top)
        for text, logprob in other.top:
            if not text.isascii():  # tokens of half a character have one text
                continue
            if text in known:
                assert math.exp(known[text]) == pytest.approx(math.exp(logprob), abs=1e-3)
            else:
                assert math.exp(logprob) < 1e-3
        one, two = grade_reply(grade).rating(0.0), grade_reply(other).rating(0.0)
        assert one.outcome == two.outcome
        assert one.value == (None if two.value is None else pytest.approx(two.value, abs=0.05))
        assert (one.value is None) == (kind == "words")


def test_a_folder_is_known_by_its_content_and_no_path_is_in_a_key(
    folder: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(folder, tmp_path / "moved")
    other = make_judge(tmp_path / "other", seed=1)
    one, same, different = (pinned(Local(), where) for where in (folder, copy, other))
    assert one == same
    assert one != different
    assert str(folder) not in str(one)
    names = [key("judgments", tuple(judge.methods.values())) for judge in (one, different)]
    assert names[0] != names[1]


def test_hosted_judges_keep_their_keys() -> None:
    """What pins a local judge is in no method of another one."""
    assert JUDGE.methods == attrs.evolve(JUDGE, weights="").methods
    (method,) = JUDGE.methods.values()
    assert method[:4] == ("asked", JUDGE.model, JUDGE.top_logprobs, JUDGE.max_tokens)


def test_weights_that_changed_since_the_plan_judge_nothing(tmp_path: Path) -> None:
    folder = make_judge(tmp_path / "model")
    provider = Local()
    judge = pinned(provider, folder)
    make_judge(folder, seed=1)
    with pytest.raises(ProviderError, match="not those that it was planned with"):
        list(provider.grade(judge, requests(1), folder, NullMonitor()))


def test_a_local_judge_does_not_vote(folder: Path) -> None:
    with pytest.raises(UsageError, match="need not vote"):
        Local().resolve_judge(attrs.evolve(JUDGE, model=f"local:{folder}", votes=5))


def test_declared_models_are_known_by_name() -> None:
    import registry

    provider = Local("local", ClientOptions(models=dict(registry.models)))
    judge = provider.resolve_judge(attrs.evolve(JUDGE, model=registry.DEFAULT_MODEL))
    assert judge.model == registry.DEFAULT_MODEL
    assert judge.weights.startswith("sha256:")
    assert provider.resolve_judge(judge) == judge


def verdict_lines(project: Project) -> list[tuple[str, str, int]]:
    """The verdicts of local judges in the journals: journal, question, sample."""
    found = []
    for path in sorted((project.root / ".mi" / "journals").glob("judgments-*.jsonl")):
        for line in path.read_text().splitlines():
            record = json.loads(line)
            if record.get("billed_model") is None and "top" in record["verdict"]:
                found.append((path.stem, record["question"], record["sample"]))
    return found


@pytest.mark.slow
def test_a_killed_judge_computes_no_verdict_twice(project: Project, folder: Path) -> None:
    with loopback() as server:
        declare_few(project, static=False)
        path = project.root / "experiments" / "small.py"
        path.write_text(path.read_text().replace("id_evals=judged", "id_evals=static"))
        assert run(project, server, "--judge", f"openai:{MODEL}").code == 0
        words = ("rejudge", "--all", "--judge", f"local:{folder}")
        environment = {**project.environment(), **server.environment}
        known: set[tuple[str, str, int]] = set()
        for _ in range(3):
            going = subprocess.Popen(
                project.command(*words), cwd=project.root, env=environment,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            until(lambda known=known: len(verdict_lines(project)) > len(known), 60)  # type: ignore[misc]
            going.send_signal(signal.SIGKILL)
            going.communicate()
            assert known < set(verdict_lines(project)), "verdicts that were there are gone"
            known = set(verdict_lines(project))
        done = mi(project, server, *words)
        assert done.code == 0, done.out + done.err
        lines = verdict_lines(project)
        assert len(lines) == len(set(lines)) == 2 * 36


def test_stored_answers_are_judged_here_at_no_cost_and_once(
    project: Project, folder: Path, tmp_path: Path
) -> None:
    judge = ("--judge", f"local:{folder}")
    with loopback() as server:
        declare_few(project, static=False)
        path = project.root / "experiments" / "small.py"
        path.write_text(path.read_text().replace("id_evals=judged", "id_evals=static"))
        done = run(project, server, "--judge", f"openai:{MODEL}")
        assert done.code == 0, done.out + done.err
        asked = sum(server.books.answers.values())
        archived = mi(project, server, "rejudge", "--all", *judge)
        assert archived.code == 0, archived.out + archived.err
        assert "36 of 36 stored answers" in archived.out
        assert "$0.00" in archived.out
        copy = shutil.copytree(folder, tmp_path / "moved")
        again = mi(project, server, "rejudge", "--all", "--judge", f"local:{copy}")
        assert "0 of 36 stored answers" in again.out
        assert sum(server.books.answers.values()) == asked, "the server was asked something"
