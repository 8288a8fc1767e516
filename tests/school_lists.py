"""School lists that tests take in: rows as a file, and the report of taking it in."""

from schools.resources import SchoolList, SchoolResource

SHORT = ["学校名称", "所在地", "办学类型"]
ROW = ["阳光小学", "西湖区", "小学"]


def csv_of(*rows, encoding="utf-8"):
    return "\r\n".join(",".join(row) for row in rows).encode(encoding)


def load(data, *, scope="0", dry_run=False, skip_bad=False):
    """The report of a list taken in."""
    resource = SchoolResource(scope=scope, skip_bad=skip_bad)
    result = resource.import_data(SchoolList().create_dataset(data), dry_run=dry_run)
    assert not result.has_errors(), result.base_errors
    return result.report
