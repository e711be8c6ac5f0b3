"""The statement that carries out a plan.

It finds the numbers of documents first, in their order, and reads only of those the bodies: what SQLite has to sort or
to skip is never large.
"""

from runtime.query.expression import And
from runtime.store.sqlite.lookup import Everything, KeyRange
from runtime.store.sqlite.plan import Order, Plan
from runtime.store.sqlite.prefilter import prefilter
from runtime.store.sqlite.sql import Sql, joined

_DOCUMENTS = " AS s CROSS JOIN documents AS d ON d.number = s.document"


def finding(plan: Plan, skip: int, take: int | None) -> Sql:
    """Gives the version and the body of each document, in order."""
    checks, page = _checks(plan), Sql(" LIMIT ? OFFSET ?", (-1 if take is None else take, skip))
    rest = Sql("")
    if plan.order is Order.SORTED:
        matching = plan.lookup.numbers().within("SELECT d.number AS document FROM (", f"){_DOCUMENTS}") + checks
        numbers = matching + " ORDER BY sort_key(d.body), d.number" + page
    elif checks.text:
        # The limit keeps SQLite from merging the queries, which would give up the order of the inner one.
        numbers, rest = _in_order(plan) + " LIMIT -1", checks + page
    else:
        numbers = _in_order(plan) + page
    return numbers.within("SELECT d.version, d.body FROM (", f"){_DOCUMENTS}") + rest


def counting(plan: Plan) -> Sql:
    """Gives the number of documents."""
    if isinstance(plan.lookup, Everything) and not plan.rest:
        return Sql("SELECT size FROM collections WHERE number = ?", (plan.lookup.collection,))
    tables = f"){_DOCUMENTS}" if plan.rest else ") AS s"
    return plan.lookup.numbers().within("SELECT count(*) FROM (", tables) + _checks(plan)


def _in_order(plan: Plan) -> Sql:
    match plan.lookup, plan.order:
        case KeyRange() as along, Order.ASCENDING:
            return along.ascending()
        case KeyRange() as along, Order.DESCENDING:
            return along.descending()
        case lookup, _:
            return lookup.numbers() + " ORDER BY document"


def _checks(plan: Plan) -> Sql:
    """The conditions that are left, the cheap ones first."""
    conditions = [probe.probe("s.document") for probe in plan.probes]
    if plan.rest:
        if condition := prefilter(And(plan.rest)):
            conditions.append(condition)
        conditions.append(Sql("matches(d.body)"))
    return joined(" AND ", conditions).within(" WHERE ", "") if conditions else Sql("")
