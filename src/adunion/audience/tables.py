"""Tables of the room: who asked to be forgotten, and until when."""

from sqlalchemy import BigInteger, Column, LargeBinary, Table

from adunion.engines.postgres import metadata

forgotten_shoppers = Table(
    "forgotten_shoppers",
    metadata,
    Column("shopper", LargeBinary, primary_key=True, comment="16 bytes, as in the event log"),
    Column("until_us", BigInteger, nullable=False, comment="events up to here are not learned"),
)
