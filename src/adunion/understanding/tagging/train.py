"""Learn the tagger: slow teachers that know the language, and a fast network that learns from them.

Lexicons never count the title that is being learnt from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from adunion.kernel.clock import generator

from .corpus import Title, bounds
from .encoder import encoder
from .features import Codes, Features, features
from .learn import Lesson, taught, train_net
from .lexicon import Counts, code, count_parts, own_counts, search_codes
from .memory import memory
from .net import Net
from .tagger import Tagger

TEACHERS = 3
READ_MAX = 14_000
"""Texts without labels that teachers read."""
JOINED, LENGTH_MAX = (2, 6), 48
"""So many searches, less the last, make a text as long as a title, cut at so many characters."""
BETWEEN, OFTEN = ("", " ", ",", "/"), (0.6, 0.2, 0.15, 0.05)
"""What stands between two searches of one text, and how often."""


def train(
    titles: list[Title],
    searches: list[str],
    texts: list[str],
    told: Callable[[str], None] | None = None,
) -> Tagger:
    """A tagger from tagged titles, untagged searches and untagged titles (the last two may be []).

    Teachers also see what each character means where it stands, by a large encoder. What they take
    for likely in searches and untagged titles is learnt by the network that ships, which has to do
    without (Hinton et al. 2015). Titles that occur twice count once.
    """
    tell = told or _silent
    once = list({text: (text, labels) for text, labels in titles}.values())
    counts = count_parts((text, bounds(labels)) for text, labels in once)
    searched = search_codes(searches)
    lexicon = _lexicon(counts, searched)
    found = [_without_own(title, counts, searched) for title in once]
    lessons = [taught(one, labels) for one, (_, labels) in zip(found, once, strict=True)]
    untagged = like_titles(searches, texts)
    if untagged:
        lessons += _read(untagged, lexicon.get, _teachers(once, found, tell), tell)
    tell("the network that ships")
    return Tagger(lexicon, train_net(lessons, TEACHERS, tell), memory(titles))


def like_titles(searches: list[str], texts: list[str], most: int = READ_MAX) -> list[str]:
    """Untagged titles, then searches drawn by chance and put together to their length.

    People write titles as strings of what is searched for; a search alone ends too soon.
    """
    chance = generator(0, 0x7A6)
    order = [searches[at] for at in chance.permutation(len(searches))]
    found, at = list(dict.fromkeys(texts))[: most // 2], 0
    while at < len(order) and len(found) < most:
        some = order[at : at + int(chance.integers(*JOINED))]
        found.append(str(chance.choice(BETWEEN, p=OFTEN)).join(some)[:LENGTH_MAX])
        at += len(some)
    return [text for text in found if text.strip()]


def _silent(_: str) -> None:
    """Nobody listens."""


def _teachers(once: list[Title], read: list[Features], tell: Callable[[str], None]) -> list[Net]:
    """Networks that learn from titles with the encoder's states of them."""
    tell("reading titles with the encoder")
    states = dict(encoder().states([text for text, _ in once]))
    lessons = [taught(one, labels, states[at])
               for at, (one, (_, labels)) in enumerate(zip(read, once, strict=True))]  # fmt: skip
    found = []
    for at in range(TEACHERS):
        tell(f"teacher {at + 1} of {TEACHERS}")
        found.append(train_net(lessons, at, tell))
    return found


def _read(
    texts: list[str], codes: Codes, teachers: list[Net], tell: Callable[[str], None]
) -> list[Lesson]:
    """Texts with what the teachers take for likely."""
    found = []
    for done, (at, states) in enumerate(encoder().states(texts)):
        if done % 1000 == 0:
            tell(f"the teachers read, {done} of {len(texts)} texts")
        own = features(texts[at], codes)
        likely = np.mean([each.chances(own, states) for each in teachers], axis=0)
        found.append(Lesson(own, likely, taught=False))
    return found


def _without_own(title: Title, counts: Counts, searched: dict[str, int]) -> Features:
    """Features of a title without what it says itself of its words."""
    text, labels = title
    own = own_counts(text, bounds(labels), counts[0])

    def codes(word: str) -> tuple[int, int]:
        tagged = code(word, counts, own) if word in counts[0] else 0
        return tagged, searched.get(word, 0)

    return features(text, codes)


def _lexicon(counts: Counts, searched: dict[str, int]) -> dict[str, tuple[int, int]]:
    words: Iterable[str] = sorted({*counts[0], *searched})
    rows = ((word, code(word, counts), searched.get(word, 0)) for word in words)
    return {word: (tagged, search) for word, tagged, search in rows if tagged or search}
