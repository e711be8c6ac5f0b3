"""The statement that carries out a plan.

It finds the numbers of documents first, in their order, and reads only of those the bodies: what SQLite has to sort or
to skip is never large.
"""

from runtime.query.expression import And
from runtime.store.lookup import Everything, KeyRange
from runtime.store.sqlite.lookup_sql import ascending, descending, numbers, probe
from runtime.store.sqlite.plan import Order, Plan
from runtime.store.sqlite.prefilter import prefilter
from runtime.store.sqlite.sql import Sql, joined

_DOCUMENTS = " AS s CROSS JOIN documents AS d ON d.number = s.document"


def finding(plan: Plan, skip: int, take: int | None) -> Sql:
    """Gives the number, the version and the body of each document, in order."""
    checks, page = _checks(plan), Sql(" LIMIT ? OFFSET ?", (-1 if take is None else take, skip))
    rest = Sql("")
    if plan.order is Order.SORTED:
        matching = (
            numbers(plan.collection, plan.lookup).within("SELECT d.number AS document FROM (", f"){_DOCUMENTS}")
            + checks
        )
        found = matching + " ORDER BY sort_key(d.body), d.number" + page
    elif checks.text:
        # The limit keeps SQLite from merging the queries, which would give up the order of the inner one.
        found, rest = _in_order(plan) + " LIMIT -1", checks + page
    else:
        found = _in_order(plan) + page
    return found.within("SELECT d.number, d.version, d.body FROM (", f"){_DOCUMENTS}") + rest


def in_one_row(found: Sql, most_characters: int) -> Sql:
    """Gives all that a statement finds at once: the inside of a JSON array of `[version, body]`, None if empty.

    In place of a body with more characters there is only the document's number: SQLite makes the row in memory.
    """
    piece = "CASE WHEN length(body) <= ? THEN '[' || version || ',' || body || ']' ELSE number END"
    return Sql(f"SELECT group_concat({piece}) FROM (", (most_characters,)) + found + ")"


def counting(plan: Plan) -> Sql:
    """Gives the number of documents."""
    if isinstance(plan.lookup, Everything) and not plan.rest:
        return Sql("SELECT size FROM collections WHERE number = ?", (plan.collection,))
    tables = f"){_DOCUMENTS}" if plan.rest else ") AS s"
    return numbers(plan.collection, plan.lookup).within("SELECT count(*) FROM (", tables) + _checks(plan)


def _in_order(plan: Plan) -> Sql:
    match plan.lookup, plan.order:
        case KeyRange() as along, Order.ASCENDING:
            return ascending(plan.collection, along)
        case KeyRange() as along, Order.DESCENDING:
            return descending(plan.collection, along)
        case lookup, _:
            return numbers(plan.collection, lookup) + " ORDER BY document"


def _checks(plan: Plan) -> Sql:
    """The conditions that are left, the cheap ones first."""
    conditions = [probe(plan.collection, lookup, "s.document") for lookup in plan.probes]
    if plan.rest:
        if condition := prefilter(And(plan.rest)):
            conditions.append(condition)
        conditions.append(Sql("matches(d.body)"))
    return joined(" AND ", conditions).within(" WHERE ", "") if conditions else Sql("")
