"""Many reviews in, what they praise and blame out: by aspect, by month, with their own words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .aspects import Aspect, Aspects, clauses
from .files import Review
from .polarity import Embed, Polarity, call
from .together import read_together

QUOTES = 3
QUOTE_CHARS = 80
WHOLE = 0.25
"""How much the whole review's log-odds say of a clause of it."""
LEAST = 3
"""An aspect is to be improved where as many reviews at least blame it."""


@dataclass
class Opinion:
    """What is said of one aspect; a review counts once, by the mean of its clauses."""

    aspect: Aspect
    counts: Counter[str] = field(default_factory=Counter)
    severity: float = 0.0
    quotes: dict[str, list[tuple[float, str, int]]] = field(default_factory=dict)
    months: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def mentions(self) -> int:
        """Reviews that speak of it."""
        return self.counts.total()

    def weight(self, reviews: int) -> float:
        """Share of all reviews that blame it x how surely they do (0 to 1)."""
        return self.severity / reviews if reviews else 0.0

    def add(self, logit: float, quote: str, review: int, month: str) -> None:
        """Count one review's word on it."""
        said = call(logit)
        self.counts[said] += 1
        if said == "negative":
            self.severity += _sure(logit)
        if month:
            self.months.setdefault(month, Counter())[said] += 1
        if said != "mixed":
            held = self.quotes.setdefault(said, [])
            if all(quote != other for _, other, _ in held):
                held.append((-abs(logit), quote, review))
                held.sort(key=lambda each: (each[0], each[2]))
                del held[QUOTES:]

    def as_dict(self, reviews: int) -> dict[str, Any]:
        """For JSON; months carry counts and the share of blame."""
        return {
            "aspect": self.aspect.name, "en": self.aspect.en, "zh": self.aspect.zh,
            "mentions": self.mentions, "share": round(self.mentions / max(reviews, 1), 4),
            "positive": self.counts["positive"], "mixed": self.counts["mixed"],
            "negative": self.counts["negative"], "improve": round(self.weight(reviews), 4),
            "quotes": {said: [{"text": quote, "row": row + 1} for _, quote, row in held]
                       for said, held in self.quotes.items()},
            "months": {month: shares(counts) for month, counts in sorted(self.months.items())},
        }  # fmt: skip


@dataclass(frozen=True)
class Mined:
    """The whole reading: aspects by mentions, and each review's own polarity."""

    reviews: int
    unread: int
    counts: Counter[str]
    months: dict[str, Counter[str]]
    opinions: list[Opinion]
    logits: list[float | None]
    agreement: float | None
    """Share of reviews rated 1-2 or 4-5 of 5 whose polarity is that of their rating."""

    def improve(self) -> list[Opinion]:
        """What to mend first: frequency x severity of blame, the most first."""
        found = [each for each in self.opinions if each.counts["negative"] >= LEAST]
        return sorted(found, key=lambda each: -each.severity)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "reviews": self.reviews, "unread": self.unread,
            "positive": self.counts["positive"], "mixed": self.counts["mixed"],
            "negative": self.counts["negative"], "rating_agreement": self.agreement,
            "months": {month: shares(counts) for month, counts in sorted(self.months.items())},
            "improve": [each.aspect.name for each in self.improve()],
            "aspects": [each.as_dict(self.reviews) for each in self.opinions],
        }  # fmt: skip


def mine(
    reviews: Sequence[Review],
    model: Polarity,
    aspects: Aspects,
    embed: Embed | None = None,
    alone: bool = False,
) -> Mined:
    """Read every review; one without a letter is counted as unread and changes nothing else.

    From 200 Chinese reviews on they are read together (`together.py`), unless `alone`.
    """
    opinions = [Opinion(aspect) for aspect in aspects.aspects]
    parts = [clauses(review.text) for review in reviews]
    read = [row for row, part in enumerate(parts) if part]
    texts = [reviews[row].text for row in read]
    whole = model.read(texts, embed) if alone else read_together(model, texts, embed)
    counts: Counter[str] = Counter()
    months: dict[str, Counter[str]] = {}
    logits: list[float | None] = [None] * len(reviews)
    for row, logit in zip(read, whole.tolist(), strict=True):
        logits[row] = round(logit, 3)
        counts[call(logit)] += 1
        if reviews[row].month:
            months.setdefault(reviews[row].month, Counter())[call(logit)] += 1
        _clauses(opinions, aspects, model, parts[row], logit, row, reviews[row].month)
    said = sorted((each for each in opinions if each.mentions), key=lambda each: -each.mentions)
    return Mined(len(read), len(reviews) - len(read), counts, months, said, logits,
                 _agreement(reviews, logits))  # fmt: skip


def shares(counts: Counter[str]) -> dict[str, float]:
    """Counts of a month and the share of blame among them."""
    total = counts.total()
    return {"reviews": total, "negative": counts["negative"],
            "negative_share": round(counts["negative"] / total, 4)}  # fmt: skip


def _clauses(
    opinions: list[Opinion], aspects: Aspects, model: Polarity, parts: list[str],
    whole: float, row: int, month: str,
) -> None:  # fmt: skip
    named = [(part, found) for part, found in zip(parts, aspects.told(parts), strict=True) if found]
    if not named:
        return
    logits = model.read([part for part, _ in named]) + WHOLE * whole
    by_aspect: dict[int, list[tuple[float, str]]] = {}
    for (part, found), logit in zip(named, logits.tolist(), strict=True):
        for aspect, _ in found:
            by_aspect.setdefault(aspect, []).append((logit, part))
    for aspect, spoken in by_aspect.items():
        mean = float(np.mean([logit for logit, _ in spoken]))
        quote = min(spoken, key=lambda each: (abs(each[0] - mean), each[1]))[1]
        opinions[aspect].add(mean, quote[:QUOTE_CHARS], row, month)


def _agreement(reviews: Sequence[Review], logits: Sequence[float | None]) -> float | None:
    hits = [(logit > 0) == (review.rating > 3)
            for review, logit in zip(reviews, logits, strict=True)
            if logit is not None and review.rating is not None
            and 1 <= review.rating <= 5 and review.rating != 3]  # fmt: skip
    return round(sum(hits) / len(hits), 4) if hits else None


def _sure(logit: float) -> float:
    return 2 / (1 + float(np.exp(-min(abs(logit), 30.0)))) - 1
