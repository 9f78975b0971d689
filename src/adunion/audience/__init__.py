"""Who a shopper is to the market: what they looked at and bought, for those who consented."""

from .buyers import Buyers, words_of
from .facets import SHELVES, Facets
from .floor import PEOPLE_MIN, Noise, noisy_count, told
from .liked import COLOURS_MAX, LIKED_LIFT_MIN, Liked, special, taken_looks
from .looks import Look, looks
from .moves import PEERS_MIN, Move, Step, moves, steps_at
from .people import BANDS, Also, People, Persona, Segment, Stage, persona, shares
from .profiles import CART, CLICK, FAVOURITE, ORDER, SEEN, ProfileStore
from .repository import forget, forgotten
from .scenes import Scenes, hours_table
from .withheld import Cells, shown_cells

__all__ = [
    "BANDS",
    "CART",
    "CLICK",
    "COLOURS_MAX",
    "FAVOURITE",
    "LIKED_LIFT_MIN",
    "ORDER",
    "PEERS_MIN",
    "PEOPLE_MIN",
    "SEEN",
    "SHELVES",
    "Also",
    "Buyers",
    "Cells",
    "Facets",
    "Liked",
    "Look",
    "Move",
    "Noise",
    "People",
    "Persona",
    "ProfileStore",
    "Scenes",
    "Segment",
    "Stage",
    "Step",
    "forget",
    "forgotten",
    "hours_table",
    "looks",
    "moves",
    "noisy_count",
    "persona",
    "shares",
    "shown_cells",
    "special",
    "steps_at",
    "taken_looks",
    "told",
    "words_of",
]
