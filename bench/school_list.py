"""How dear a school list is: sent, read, confirmed, written by real children. `make bench` runs it.

A messy list of N rows (`--rows 28000`): codes missing, shortened or full-width, counties of old and
of elsewhere, repeated rows, campuses in every kind of bracket, sums, columns nobody asked for. It
prints seconds and memory of preview and import, of the same list once more with a tenth changed,
and the p95 of a page meanwhile against the same page alone.
"""

import argparse
import http.client
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import scratch  # noqa: F401  # isort: skip

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from reform import jobs, school_lists
from reform.models import Job
from reform.models.job import JobState
from schools import sheets
from schools.models import Region
from tests import services, world

PROVINCE = "41"
HEAD = [
    "序号", "学校（机构）标识码", "学校名称", "所属区县", "学校类别", "公民办", "党组织设置",
    "正式党员数", "预备党员", "支部数", "班数", "教职工人数", "状态", "审核人", "备注",
]  # fmt: skip
TYPES = ["小学", "完小", "教学点", "初中", "九年一贯制", "高中", "中职", "完中"]
FORMS = ["党支部", "支部", "党总支", "党委", "联合党支部", ""]
CAMPUS = ["", "", "", "（东校区）", "(东校区)", "【南校区】", "〔北校区〕"]
OLD = ["开封县", "许昌县", "陕县", "长垣县", "淮阳县", "偃师市", "孟津县"]
LOOKS = 200  # of the page alone


def messy(rows, seed=7):
    """The rows of a list as a province glues it together."""
    dice = random.Random(seed)
    counties = list(Region.objects.filter(code__startswith=PROVINCE, kind="county").order_by("pk"))
    for n in range(rows):
        county, roll = counties[n % len(counties)], dice.random()
        code = f"2141{n:06d}"
        name = f"{county.name if n % 3 else ''}第{n // 50}{'实验' if n % 2 else ''}学校{n % 50}"
        name += dice.choice(CAMPUS)
        place = county.name if n % 2 else county.full_name
        if roll < 0.05:
            code = ""
        elif roll < 0.07:
            code = "2.14101E+09"
        elif roll < 0.08:
            code = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
        elif roll < 0.10:
            place = dice.choice(OLD)
        elif roll < 0.12:
            place = dice.choice(["西湖区", "无此县", "", "320102"])
        elif roll < 0.13:
            name = "合计"
        row = [
            str(n), code, name, place, dice.choice(TYPES), "民办" if n % 17 == 0 else "公办",
            dice.choice(FORMS), str(n % 90), str(n % 3), str(1 + n % 4), str(n % 60),
            "约80" if roll > 0.99 else str(n % 200), "已审核", "张三", "",
        ]  # fmt: skip
        yield row
        if roll > 0.97:
            yield row


class Watch(threading.Thread):
    """The most memory that the processes of a job hold together, in MB, and their CPU seconds."""

    def __init__(self, job_id):
        super().__init__(daemon=True)
        self.mark, self.over = f"job\0{job_id}\0".encode(), threading.Event()
        self.most = self.cpu = 0.0

    def run(self):
        while not self.over.wait(0.02):
            family = list(self.family())
            self.most = max(self.most, sum(map(held, family)))
            self.cpu = max([self.cpu, *map(used, family)])

    def family(self):
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark in (entry / "cmdline").read_bytes():
                    yield entry
                    for child in (entry / "task" / entry.name / "children").read_text().split():
                        yield Path("/proc") / child
            except OSError:
                continue


def held(entry):
    try:
        return int((entry / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError):
        return 0.0


def used(entry):
    """CPU seconds of a process and of its children that have ended."""
    try:
        ticks = (entry / "stat").read_text().rpartition(")")[2].split()[11:15]
    except OSError:
        return 0.0
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


class Site:
    """The real web server with a signed-in viewer, who looks at one page again and again."""

    def __init__(self):
        self.port = services.free_port()
        command = [sys.executable, "-m", "gunicorn", "reform.wsgi", "--workers", "2"]
        self.server = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{self.port}", "--log-level", "error"],
            env={**os.environ, "PLAIN_STATIC": "1"},
            cwd=settings.BASE_DIR,
            preexec_fn=services.end_with_parent,
        )
        self.cookie = world.sign_in(Client(), world.seat("viewer", PROVINCE)).cookies["sessionid"]
        for _ in range(400):
            try:
                self.look()
                break
            except OSError:
                time.sleep(0.05)

    def look(self):
        begun = time.perf_counter()
        ask = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        ask.request("GET", "/schools/", headers={"Cookie": f"sessionid={self.cookie.value}"})
        assert ask.getresponse().status == 200
        ask.close()
        return time.perf_counter() - begun


def p95(seconds):
    return statistics.quantiles(seconds, n=20)[-1]


def finished(job_id, site):
    """(the job when its child has ended, what it cost, what the page took meanwhile)"""
    watch, looks, begun = Watch(job_id), [], time.perf_counter()
    watch.start()
    while (job := Job.objects.get(pk=job_id)).state in (JobState.waiting, JobState.running):
        looks.append(site.look())
        time.sleep(0.02)
    seconds = time.perf_counter() - begun
    watch.over.set()
    assert job.state != JobState.failed, job.result
    return job, f"{seconds:6.2f} s  {watch.cpu:6.2f} s CPU  {watch.most:4.0f} MB", looks


def taken_in(rows, by, site):
    """Preview and import of a list: lines to print, and how long the page took meanwhile."""
    data = sheets.write_xlsx(HEAD, rows, "名单")
    job = jobs.start(school_lists.KIND, seat=by, file=data, file_name="list.xlsx")
    job, cost, looks = finished(job.pk, site)
    told = {name: job.result[name] for name in ("new", "changed", "unchanged", "refused")}
    yield f"  {sum(told.values()):,} rows: {told}"
    yield f"  preview   {cost}"
    asked = {**job.asked, "step": "write", "skip_bad": True}
    assert jobs.again(job, asked, version=job.version)
    job, cost, more = finished(job.pk, site)
    assert job.state == JobState.done
    yield f"  import    {cost}"
    alone = [site.look() for _ in range(LOOKS)]
    busy = p95(looks + more)
    yield (
        f"  a page    {busy * 1000:6.1f} ms p95 meanwhile, {p95(alone) * 1000:.1f} ms alone: "
        f"{busy / p95(alone):.2f} ×"
    )


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=28_000)
    options.add_argument("--postgres", action="store_true", help="on a scratch PostgreSQL")
    rows = options.parse_args().rows
    call_command("migrate", verbosity=0)
    call_command("load_regions", verbosity=0)
    by, site = world.seat("manager", PROVINCE), Site()
    try:
        first = list(messy(rows))
        print("a list of new schools", *taken_in(first, by, site), sep="\n")
        for n, row in enumerate(first):
            row[11] = "77" if n % 10 == 0 else row[11]
        print("the same with a tenth changed", *taken_in(first, by, site), sep="\n")
        print("2,000 of them", *taken_in(first[:2000], by, site), sep="\n")
    finally:
        services.stop(site.server, 15)


if __name__ == "__main__":
    main()
