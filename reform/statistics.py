"""The only place that tells the database anew how large a table is, after much was written to it.

PostgreSQL plans by what it counted last. After a plan that was rolled back that is a table of many
pages without a row, and until it counts again by itself, a minute later or an hour, each statement
may read the whole table for one row of it.
"""

from django.db import connection
from django.db.models import Model

MANY = 5000  # rows


def renew(model: type[Model], written: int) -> None:
    """Have the table of `model` counted again where so many rows were written."""
    if written >= MANY and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
