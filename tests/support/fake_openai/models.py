"""The models: well-known base models under their dated names, and those that were trained here."""

from __future__ import annotations

from typing import Any

import attrs

from tests.support.fake_openai.books import JobRecord
from tests.support.fake_openai.options import Options, Price, default_law
from tests.support.fake_openai.wire import Call, Refusal, Reply

DATED = {
    "gpt-3.5-turbo": "gpt-3.5-turbo-0125",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
    "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
}
ALIAS = {dated: alias for alias, dated in DATED.items()}
SHUTDOWN = "2027-01-14"
CREATED = 1_744_000_000


@attrs.define
class Models:
    """Who may use which model, what it costs, and how often it answers misaligned."""

    options: Options
    trained: dict[str, JobRecord] = attrs.field(factory=dict)

    def dated(self, name: str) -> str:
        return DATED.get(name, name)

    def find(self, account: str, name: str) -> str:
        """The dated name of a model this account may use."""
        names = {name, self.dated(name)}
        record = self.trained.get(name)
        mine = record is not None and record.account == account
        if names & self.options.faults.gone or not (mine or names & self.base()):
            message = f"The model `{name}` does not exist or you do not have access to it."
            raise Refusal(404, message, code="model_not_found")
        return self.dated(name)

    def base(self) -> set[str]:
        priced = (name for name in self.options.prices if not name.startswith("ft:"))
        trainable = self.options.trainable or ()
        return {*DATED, *ALIAS, *self.options.models, *priced, *trainable}

    def trainable(self, name: str) -> bool:
        allowed = self.options.trainable
        if name in self.trained:
            return self.trainable(self.trained[name].model)
        if allowed is None:
            return name in self.base()
        return bool({name, self.dated(name), ALIAS.get(name)} & allowed)

    def root(self, name: str) -> str:
        """The base model that a model was trained from, through all its stages."""
        while (record := self.trained.get(name)) is not None:
            name = record.model
        return name

    def misaligned_share(self, name: str) -> float:
        record = self.trained.get(name)
        if record is None:
            return self.options.base_rate
        law = self.options.law or default_law
        return law(record.misaligned_rows, record.rows)

    def price(self, name: str) -> Price:
        """USD per token of input, output and training; nothing where no price was given."""
        prefix, base = ("ft:" if name in self.trained else ""), self.root(name)
        for known in (base, self.dated(base), ALIAS.get(base, base)):
            if price := self.options.prices.get(prefix + known):
                return price[0] / 1e6, price[1] / 1e6, price[2] / 1e6
        return 0.0, 0.0, 0.0

    def retrieve(self, call: Call) -> Reply:
        name = call.names["model"]
        self.find(call.account, name)
        return Reply(self._view(name))

    def listing(self, call: Call) -> Reply:
        mine = [name for name, record in self.trained.items() if record.account == call.account]
        names = sorted(self.base() - self.options.faults.gone) + mine
        return Reply({"object": "list", "data": [self._view(name) for name in names]})

    def _view(self, name: str) -> dict[str, Any]:
        record = self.trained.get(name)
        view = {"id": name, "object": "model", "created": CREATED}
        view["owned_by"] = record.account if record else "system"
        family = record.model if record else name
        if family.startswith(("gpt-4o", "gpt-4.1")):
            view["shutdown_date"] = SHUTDOWN
        return view
