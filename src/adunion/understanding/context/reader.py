"""Read a page: topics, mood, brand safety, categories and needs."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from adunion.kernel.errors import invalid
from adunion.understanding.embed import Embedder
from adunion.understanding.needs import Need, NeedFinder, Said

from .language import language_of
from .lists import Scan, Words, load_lists
from .safety import CHARACTERS_MAX, Safety, both, worst
from .types import Category, ContextReading, Page, Topic

CHUNKS_MAX = 8
CHUNK_CHARACTERS = 300
TOPICS_MAX = 3
SHARE_MIN = 0.15
NEEDS_MAX = 8
SHARPNESS = 1.6
"""Of the softmax over topics: deviations of cosine, and logs of word counts, count so much."""
BY_WORDS = 1.2


class ContextReader:
    """Reads texts with one set of lists; give it a need finder to have needs and their items.

    Without an embedder topics rest on words alone, which is fast enough for a decision.
    """

    def __init__(
        self,
        home: Path | None = None,
        embedder: Embedder | None = None,
        finder: NeedFinder | None = None,
    ) -> None:
        self._embedder = embedder
        self._finder = finder
        self._topics = load_lists("topics", home)
        self._topic_words = [Words(topic["words"]) for topic in self._topics.values()]
        self._safety = Safety(home, embedder)
        moods = load_lists("moods", home)
        self._glad, self._sad = Words(moods["glad"]), Words(moods["sad"])

    def read(self, page: Page, kind: Said = "review") -> ContextReading:
        """Everything about a page. Raises AdUnionError where it has no letters at all."""
        text = page.text[:CHARACTERS_MAX]
        if not any(c.isalpha() for c in text):
            raise invalid("text", "The text has no words.", "Give a page with words on it.")
        scan = Scan(text)
        concerns = self._safety.concerns(text, page.title)
        level = worst(concerns)
        topics = self._read_topics(page, scan)
        mood, score = self._mood(scan)
        sells = level != "unsafe"
        return ContextReading(
            page.title, language_of(text), len(page.text), topics, mood, score, level, concerns,
            self._categories(topics) if sells else (),
            self._needs(page, topics, kind) if sells else (),
        )  # fmt: skip

    def _read_topics(self, page: Page, scan: Scan) -> tuple[Topic, ...]:
        hits = [words.found(scan) for words in self._topic_words]
        said = np.array([sum(np.log1p(n) for n in each.values()) for each in hits])
        evidence = BY_WORDS * said / np.sqrt(1 + said.sum() / 4)
        if self._embedder is not None:
            chunks = _chunks(page)
            near = np.asarray(self._embedder.embed(chunks, kind="query")) @ self._vectors.T
            near = (near - near.mean(1, keepdims=True)) / near.std(1, keepdims=True)
            near = near.reshape(len(chunks), -1, 2).max(2).mean(0)
            evidence = evidence + near
        elif not said.any():
            return ()
        share = np.exp(SHARPNESS * (evidence - evidence.max()))
        share /= share.sum()
        keys = list(self._topics)
        return tuple(
            Topic(keys[k], *both(self._topics[keys[k]]), round(float(share[k]), 3),
                  tuple(sorted(hits[k], key=lambda word: -hits[k][word])[:6]))
            for k in np.argsort(-share)[:TOPICS_MAX]
            if share[k] >= SHARE_MIN
        )  # fmt: skip

    @cached_property
    def _vectors(self) -> Any:
        """Unit vectors of each topic's two phrases, one after the other."""
        assert self._embedder is not None
        phrases = [phrase for topic in self._topics.values() for phrase in topic["phrases"]]
        return np.asarray(self._embedder.embed(phrases, kind="query"))

    def _mood(self, scan: Scan) -> tuple[str, float]:
        glad = sum(self._glad.found(scan).values())
        sad = sum(self._sad.found(scan).values())
        score = (glad - sad) / (glad + sad + 2)
        loud = scan.lower.count("!") + scan.lower.count("！")
        excited = score > 0 and loud > 1 + len(scan.lower) / 100
        mood = "excited" if excited else "glad" if score > 0.25 else "sad" if score < -0.25 else ""
        return mood or "calm", round(score, 3)

    def _categories(self, topics: tuple[Topic, ...]) -> tuple[Category, ...]:
        fit: Counter[str] = Counter()
        for topic in topics:
            for category, weight in self._topics[topic.key].get("sells", {}).items():
                fit[category] += weight * topic.share
        english = self._english
        return tuple(
            Category(name, english.get(name, name), round(min(value, 1.0), 3))
            for name, value in fit.most_common(5)
            if value > 0.05
        )

    @cached_property
    def _english(self) -> dict[str, str]:
        from adunion.understanding.needs import Knowledge

        known = self._finder.library.knowledge if self._finder else Knowledge.load(None)
        return {zh: en for zh, en, *_ in known.categories}

    def _needs(self, page: Page, topics: tuple[Topic, ...], kind: Said) -> tuple[Need, ...]:
        """Needs of the title and the fullest paragraphs; what fits the topics comes first."""
        if self._finder is None:
            return ()
        fits = {c.zh: c.fit for c in self._categories(topics)}
        best: dict[str, tuple[float, Need]] = {}
        for chunk in _chunks(page):
            for need in self._finder.read(chunk, kind).needs:
                worth = need.strength * (0.4 + fits.get(need.category_zh, 0.0))
                if need.zh not in best or best[need.zh][0] < worth:
                    best[need.zh] = (worth, need)
        ranked = sorted(best.values(), key=lambda pair: -pair[0])
        return tuple(need for _, need in ranked[:NEEDS_MAX])


def _chunks(page: Page) -> list[str]:
    """The title and up to CHUNKS_MAX pieces spread over the text."""
    whole = " ".join(page.paragraphs)[:CHARACTERS_MAX]
    starts = range(0, max(len(whole), 1), CHUNK_CHARACTERS)
    pieces = [whole[at : at + CHUNK_CHARACTERS] for at in starts]
    step = max(len(pieces) / CHUNKS_MAX, 1)
    chosen = [pieces[int(k * step)] for k in range(min(len(pieces), CHUNKS_MAX))]
    return [piece for piece in (page.title, *chosen) if piece.strip()]
