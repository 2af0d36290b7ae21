"""What residents write: a sentence or two of a theme with the details of the place filled in."""

import random

from app.demo.hotspots import Spot
from app.demo.themes import DemoService, Theme

WORDS = {
    "en": {
        "side": ("north", "south", "east", "west", "left", "right"),
        "when": ("Monday", "last week", "yesterday", "this morning", "the weekend", "two days ago", "Thursday",
                 "last night"),
        "count": ("Two", "Three", "Four", "Five"),
    },
    "es": {
        "side": ("norte", "sur", "este", "oeste", "derecho", "izquierdo"),
        "when": ("el lunes", "la semana pasada", "ayer", "esta mañana", "el fin de semana", "anoche"),
        "count": ("Dos", "Tres", "Cuatro", "Cinco"),
    },
}  # fmt: skip
MORE = {
    "en": ("It has been like this for days.", "Thank you.", "I reported this last year too.",
           "Please have a look soon.", "The neighbours noticed it as well.", "It is close to {near}."),
    "es": ("Lleva así varios días.", "Gracias.", "Los vecinos también lo notaron.", "Está cerca de {near}."),
}  # fmt: skip
PLAIN = {
    "en": ("{service} at {number} {street}.", "{service} near {cross}, since {when}.",
           "{service}, on the {side} side."),
    "es": ("{service} en {street}, número {number}.", "{service} cerca de {cross}."),
}  # fmt: skip


def describe(theme: Theme, service: DemoService, spot: Spot, locale: str, dice: random.Random) -> str:
    """A description in English or Spanish; now and then none, as people do."""
    if dice.random() < 0.05:
        return ""
    templates = theme.es if locale == "es" else theme.en
    if service.service_code not in theme.fits:
        templates = PLAIN[locale]
    words = {key: dice.choice(options) for key, options in WORDS[locale].items()}
    template = dice.choice(templates)
    if not template.startswith("{count}"):
        words["count"] = words["count"].lower()
    if dice.random() < 0.35:
        template = f"{template} {dice.choice(MORE[locale])}"
    return template.format(street=spot.street, cross=spot.cross, number=spot.number, near=spot.near,
                           service=_name(service, locale), **words)  # fmt: skip


def _name(service: DemoService, locale: str) -> str:
    said = service.translations.get(locale, {}).get("service_name")
    return str(said or service.service_name)
