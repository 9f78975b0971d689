"""The routes of `/v1`, one file for each resource."""

from . import (
    commissions,
    health,
    items,
    keys,
    ledger,
    links,
    merchants,
    orders,
    placements,
    plans,
    publishers,
    reports,
    statements,
)

ROUTERS = (
    health.routes,
    merchants.routes,
    items.routes,
    plans.routes,
    publishers.routes,
    placements.routes,
    links.routes,
    orders.routes,
    commissions.routes,
    statements.routes,
    reports.routes,
    ledger.wallet,
    ledger.ledger,
    keys.routes,
)
