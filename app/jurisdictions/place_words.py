"""How the names of streets and places are written, brought to one spelling on both sides of a search."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# One short canonical word for all that mean the same. "st" is both street and saint, "dr" both drive and
# doctor: they are written alike, and a search that takes them for one another finds both.
SPELLINGS = {
    "st": "street str strt saint sainte san santo santa sta sto calle cl rue strasse saints",
    "av": "ave avenue aven avn avenida avda avenu",
    "blvd": "boulevard boul bd bulevar blv",
    "rd": "road",
    "dr": "drive drv doctor",
    "ln": "lane",
    "pl": "place plaza plz plaze square sq",
    "ct": "court crt",
    "ter": "terrace terr terraza",
    "pkwy": "parkway pky pkway",
    "hwy": "highway hiway carretera ctra",
    "cir": "circle circ",
    "trl": "trail",
    "aly": "alley callejon",
    "expy": "expressway expwy",
    "brg": "bridge puente",
    "tpke": "turnpike tnpk",
    "ext": "extension",
    "ft": "fort",
    "mt": "mount",
    "pt": "point",
    "hts": "heights",
    "sch": "school escuela",
    "lib": "library biblioteca",
    "hosp": "hospital",
    "pk": "park parque",
    "ctr": "center centre centro",
    "jr": "junior",
    "n": "north norte nord",
    "s": "south sur sud",
    "e": "east este",
    "w": "west oeste ouest",
    "ne": "northeast noreste",
    "nw": "northwest noroeste",
    "se": "southeast sureste",
    "sw": "southwest suroeste",
    "1": "first one primera primero primer",
    "2": "second two segunda segundo",
    "3": "third three tercera tercero tercer",
    "4": "fourth four cuarta cuarto",
    "5": "fifth five quinta quinto",
    "6": "sixth six sexta sexto",
    "7": "seventh seven septima septimo",
    "8": "eighth eight octava octavo",
    "9": "ninth nine novena noveno",
    "10": "tenth ten decima decimo",
    "11": "eleventh eleven",
    "12": "twelfth twelve",
    "13": "thirteenth",
    "14": "fourteenth",
    "15": "fifteenth",
    "16": "sixteenth",
    "17": "seventeenth",
    "18": "eighteenth",
    "19": "nineteenth",
    "20": "twentieth",
    "30": "thirtieth",
    "40": "fortieth",
    "50": "fiftieth",
    "60": "sixtieth",
    "70": "seventieth",
    "80": "eightieth",
    "90": "ninetieth",
}
CANONICAL = {word: short for short, words in SPELLINGS.items() for word in words.split()}
TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}

KINDS_OF_STREET = set(re.findall("[a-z]+", "st av blvd rd dr ln pl ct ter pkwy hwy cir trl aly expy brg tpke ext way"))
DIRECTIONS = set(re.findall("[a-z]+", "n s e w ne nw se sw"))
SMALL_WORDS = set(re.findall("[a-z]+", "the of de del la las los el du des le les d l da do di al and y et"))

ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th|er|ra|ro|ta|to|da|do|a|o|eme|e)")
ELISION = re.compile(r"\b([dl])['’ʼ`](?=\w)")
APOSTROPHE = re.compile(r"['’ʼ`]")
FRACTION = re.compile("[¼-¾⅐-⅞]")
WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """`text` without case, accents and control characters, digits of any script as 0 to 9."""
    if text.isascii() and text.isprintable():
        return text.lower()
    # "7½" is "7 1/2", not "71/2".
    plain = unicodedata.normalize("NFKD", FRACTION.sub(r" \g<0>", text.casefold())).replace("\N{FRACTION SLASH}", "/")
    kept = (
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in plain
        if not unicodedata.combining(character)
    )
    return "".join(character if character.isprintable() else " " for character in "".join(kept))


def name_words(text: str) -> list[str]:
    """The canonical words of a street or place name: "Twenty-First Ave." gives ["21", "av"]."""
    plain = APOSTROPHE.sub("", ELISION.sub(r"\1 ", folded(text)))
    words: list[str] = []
    tens = 0
    for word in WORD.findall(plain):
        short = canonical(word)
        if tens and short.isdecimal() and int(short) < 10:
            words[-1] = str(tens + int(short))
            tens = 0
            continue
        tens = TENS.get(word, 0)
        words.append(str(tens) if tens else short)
    return words


@lru_cache(maxsize=8192)
def canonical(word: str) -> str:
    """The one spelling of a folded word: "avenue" gives "av", "5th" and "fifth" give "5", "007" gives "7"."""
    ordinal = ORDINAL.fullmatch(word)
    if ordinal:
        word = ordinal[1]
    if word.isdecimal():
        return word.lstrip("0") or "0"
    return CANONICAL.get(word, word)


@lru_cache(maxsize=8192)
def word_weight(word: str) -> float:
    """How much a canonical word tells one name from another: 1 for "beacon", little for "st" or "the"."""
    if word in KINDS_OF_STREET:
        return 0.25
    if word in SMALL_WORDS:
        return 0.1
    if word in DIRECTIONS:
        return 0.4
    return 0.4 if len(word) == 1 and not word.isdecimal() else 1.0


def telling_little() -> dict[str, float]:
    """The words that weigh less than 1, and their weights; a single letter weighs 0.4 besides."""
    return {word: word_weight(word) for word in sorted(KINDS_OF_STREET | SMALL_WORDS | DIRECTIONS)}
