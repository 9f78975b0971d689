"""Which language a text is in: by its script, then by its commonest words."""

from __future__ import annotations

import re
from collections import Counter

SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff]")), ("ko", re.compile("[\uac00-\ud7a3]")),
    ("th", re.compile("[\u0e01-\u0e5b]")), ("ar", re.compile("[\u0621-\u06d3]")),
    ("ru", re.compile("[\u0410-\u044f]")), ("hi", re.compile("[\u0905-\u0939]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
)  # fmt: skip
WORDS = {
    "en": "the and of to in is it you that for was with on are this have not be at or from a an "
    "we he she they my your our his her its their will would can could has had been do does "
    "did if so but what when where who how why all new best good great more most out up off "
    "about after before over under into one two day year time home free buy sale price "
    "review need make get ll re ve don people now just like these those there then than "
    "here by as no any every only",
    "id": "yang dan di ini itu untuk dengan tidak dari ke pada adalah saya kamu bisa ada sudah "
    "akan kami kita mereka anda juga atau karena jika saat setelah sebelum oleh dalam luar "
    "atas bawah lebih sangat paling semua banyak hari tahun orang anak rumah baru baik "
    "murah harga beli jual cara resep ulasan terbaik gratis masih hanya tapi bukan jangan "
    "lagi sampai seperti satu dua",
    "ms": "yang dan di ini itu untuk dengan tidak daripada ke pada ialah saya awak boleh ada "
    "kerana sangat lagi sahaja hendak mahu beliau tetapi kedai percuma",
    "vi": "và của là có không được cho một những các với người trong này khi đã để tôi bạn rất",
    "es": "el la de que y en los del se las por un para con no una su al es lo",
    "fr": "le la les de des et en un une est que pour dans qui pas sur au avec ce il",
    "de": "der die das und ist nicht ein eine zu mit den von für auf im sich auch es dem",
    "pt": "o a de que e do da em um para com não uma os no se na por mais as",
}  # fmt: skip
_VIETNAMESE = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
GOODS = {
    "en": "baby bag bags bike bottle box boy boys cable camera car case cases charger coat coffee "
    "cover cream desk dress fan for gift girl girls hair hub jacket jeans kids kitchen lamp laptop "
    "makeup men milk mouse mug pants pet phone pillow shirt shoe shoes skirt sofa table toy toys "
    "watch water wireless women",
    "id": "anak alat baju bayi botol buku celana cowok cewek dompet gelas gendongan guling hijab "
    "jaket jam kabel kacamata kaos kasur kemeja kulkas kursi lampu lemari mainan meja mobil motor "
    "obat panci pakaian piring pisau popok pria rak rok rambut sabun sandal selimut sepatu sepeda "
    "susu tas tempat topi wanita wajah",
    "vi": "ao quan giay dep tui dien thoai lung sua bim noi chao mu kinh dong ho quat",
}
"""Words of goods, Vietnamese as it is typed without its marks: queries have hardly any other."""
AFFIXES = {
    "en": re.compile(
        r"(?:ing|tion|tions|ness|ed|ly|ight|th|sh|ck|ers|ies|ment|oo\w|ee\w)$|^(?:wh|th|sh)"
    ),
    "id": re.compile(
        r"^(?:me[mn]|ber|ter|pe[mn]g?|di[bcjkpt])\w{3}|\w{3}(?:kan|nya|an)$|ng[aiu]|ny[aiu]"
    ),
}
"""What words of a language look like, for a text without any of the commonest."""
_KNOWN = {language: frozenset(words.split()) for language, words in WORDS.items()}
_GOODS = {language: frozenset(words.split()) for language, words in GOODS.items()}
_HOLDERS = Counter(word for words in _KNOWN.values() for word in words)
_WORD = re.compile(r"[^\W\d_]+")
CHARACTERS = 4_000
SCRIPT_SHARE = 0.12


def language_of(text: str) -> str:
    """An ISO 639-1 code; `und` where there is nothing to tell by."""
    head = text[:CHARACTERS]
    letters = sum(c.isalpha() for c in head)
    if not letters:
        return "und"
    counts = {language: len(script.findall(head)) for language, script in SCRIPTS}
    if counts["ja"] > 0.1 * (counts["ja"] + counts["zh"]):
        counts["ja"] += counts["zh"]
        counts["zh"] = 0
    best = max(counts, key=lambda language: counts[language])
    if counts[best] > SCRIPT_SHARE * letters:
        return best
    words = [word.lower() for word in _WORD.findall(head)]
    if sum(bool(_VIETNAMESE.search(word)) for word in words) > SCRIPT_SHARE * len(words):
        return "vi"
    hits = {
        language: sum(1 / _HOLDERS[word] for word in words if word in known)
        for language, known in _KNOWN.items()
    }
    if not any(hits.values()):
        hits = {each: float(sum(word in known for word in words)) for each, known in _GOODS.items()}
    if not any(hits.values()):
        hits = {
            each: sum(bool(look.search(word)) for word in words) for each, look in AFFIXES.items()
        }
    likely = max(hits, key=lambda language: hits[language])
    return likely if hits[likely] else "und"
