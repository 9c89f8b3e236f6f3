"""What each engine does, in a few characters, for the choice on a terminal."""

PICTURES = {
    "hand_span": """
hand_span    in steps: breakeven after 1R of profit, then one R up for each R
    3R |               .
    2R |         .    . .
    1R |   .    . .  .  ______ stop
 entry |  . . .    ._____|
       | .   ._______|
   -1R |______|
""",
    "smart_trail": """
smart_trail  a percentage behind: from 1 % of profit on, 0.5 % behind the best price
       |            .
       |           . . .
   1 % |     .    .   ________ stop
       |    . ___._____|
 entry |   . |
   -1R |_____|
""",
    "atr_guard": """
atr_guard    by volatility: breakeven after 2 ATR of profit, then 2 ATR behind the best price
       |              .
       |           . . . .
 2 ATR |     .    .     .
       |    . .  .    ________ stop
 entry |   . _________|
   -1R |_____|
""",
    "r_ladder": """
r_ladder     by a table: at 1R breakeven, from 1.5R on 1R behind, from 3R on 1.5R, from 4R on 2R
    3R |              .
    2R |          .  . .
  1.5R |         . ..  _______ stop
    1R |    .   . ______|
 entry |   . ..____|
   -1R |_____|
""",
    "bracket": """
bracket      all or nothing: take profit at 1.5R, the stop stays; whichever comes first
  1.5R |====================== take profit
       |      .        .
       |     . .      .
 entry |  . .   .    .
       | . .     . .
   -1R |______________________ stop
""",
}
"""A picture for each engine, in the order of the choice. R is the distance of the initial stop from the entry."""


def all_pictures() -> str:
    """Return the pictures of all engines, one below the other."""
    return "\n".join(picture.strip("\n") + "\n" for picture in PICTURES.values())
