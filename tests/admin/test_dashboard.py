"""The queue dashboard: who may see it, and the faults it came with."""

import pytest
from rq import SimpleWorker
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from app.admin.dashboard import DashboardJob, escaped
from app.core import monitoring
from app.core.jobs import Queue, Ring, job
from app.core.rq import Dispatcher, JsonJob, JsonQueue, perform
from app.core.settings import settings

ATTACK = '<img src=x onerror="document.title=1">'
SAME = {"Sec-Fetch-Site": "same-origin"}
ran = []


@job("tests.break_once", queue=Queue.DEFAULT)
def break_once(text):
    ran.append(text)
    if len(ran) == 1:
        raise ValueError(f"broken by {text}")


@pytest.fixture
def admin(page, cast):
    cast.alice.is_installation_admin = True
    return page.as_(cast.alice)


@pytest.fixture
def queue(app, redis):
    return JsonQueue("default", connection=redis)


def work(queue):
    """Run what waits in the queue, with a real worker in this process."""
    SimpleWorker(
        [queue],
        connection=queue.connection,
        job_class=JsonJob,
        queue_class=JsonQueue,
        serializer=JSONSerializer,
    ).work(burst=True)


@pytest.fixture
def failed(queue):
    """A job that failed, with an attack in its arguments."""
    ran.clear()
    made = queue.enqueue_call(
        perform,
        kwargs={"name": "tests.break_once", "arguments": {"text": ATTACK}},
        description=ATTACK,
        meta={"note": ATTACK},
    )
    work(queue)
    assert FailedJobRegistry(queue=queue).get_job_count(cleanup=False) == 1
    return made


class TestGuard:
    @pytest.mark.parametrize(
        "path", ["/", "/0/view/jobs", "/0/data/queues.json", "/static/css/main.css", "/favicon.ico"]
    )
    def test_only_installation_admins(self, page, cast, client, admin, queue, path):
        url = "/admin/rq" + path
        assert "/auth/login" in client.get(url).location
        assert page.as_(cast.bob).client.get(url).status_code == 404
        answer = admin.client.get(url)
        assert answer.status_code == 200
        answer.close()

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://evil.test"},
        ],
    )
    def test_changes_come_from_its_own_pages(self, admin, failed, headers):
        url = f"/admin/rq/job/{failed.id}/delete"
        assert admin.client.post(url, headers=headers).status_code == 403
        assert DashboardJob.exists(failed.id, connection=failed.connection)

    def test_nothing_changes_by_get(self, admin, failed):
        answer = admin.client.get("/admin/rq/requeue/default", headers=SAME)
        assert answer.status_code == 405
        assert failed.get_status() == "failed"

    def test_its_policy_is_for_its_prefix_only(self, admin, queue):
        theirs = admin.client.get("/admin/rq/").headers["Content-Security-Policy"]
        ours = admin.client.get("/admin").headers["Content-Security-Policy"]
        assert "'unsafe-eval'" in theirs
        assert "unsafe" not in ours


class TestFaults:
    def test_texts_of_jobs_are_escaped(self, admin, failed):
        data = admin.client.get(f"/admin/rq/0/data/job/{failed.id}.json").json
        for name in ("description", "exc_info", "metadata"):
            assert "<img" not in data[name], name
            assert "&lt;img" in data[name], name

    def test_result_is_escaped(self):
        assert escaped({"a": [ATTACK, 1, None, ("<",)]}) == {
            "a": ["&lt;img src=x onerror=&quot;document.title=1&quot;&gt;", 1, None, ["&lt;"]]
        }

    def test_job_page_renders(self, admin, failed):
        answer = admin.client.get(f"/admin/rq/0/view/job/{failed.id}")
        assert answer.status_code == 200
        assert ATTACK not in answer.text

    def test_job_with_dependencies(self, admin, queue):
        kwargs = {"name": "tests.break_once", "arguments": {"text": "x"}}
        first = queue.enqueue_call(perform, kwargs=kwargs)
        second = queue.enqueue_call(perform, kwargs=kwargs, depends_on=first)
        data = admin.client.get(f"/admin/rq/0/data/job/{second.id}.json").json
        assert data["depends_on"] == [first.id]

    def test_compacting_an_empty_queue(self, admin, queue):
        answer = admin.client.post("/admin/rq/queue/default/compact", headers=SAME)
        assert answer.json == {"status": "OK"}

    @pytest.mark.parametrize(
        "path",
        [
            "/1/view/queues",
            "/0/view/jobs/nope/queued/8/asc/1",
            "/0/view/jobs/default/nope/8/asc/1",
            "/0/data/jobs/default/queued/0/asc/1.json",
            "/0/data/jobs/default/queued/8/asc/x.json",
            "/0/view/job/nope",
            "/0/data/job/nope.json",
        ],
    )
    def test_nonsense_is_not_found(self, admin, queue, path):
        assert admin.client.get("/admin/rq" + path).status_code == 404


class TestFailedJobs:
    def test_are_visible_with_their_reason(self, admin, failed):
        data = admin.client.get("/admin/rq/0/data/jobs/default/failed/8/asc/1.json").json
        (row,) = data["jobs"]
        assert row["id"] == failed.id
        assert "broken by" in row["exc_info"]

    def test_can_be_retried(self, admin, failed, queue):
        answer = admin.client.post(f"/admin/rq/job/{failed.id}/requeue", headers=SAME)
        assert answer.json == {"status": "OK"}
        work(queue)
        assert ran == [ATTACK, ATTACK]
        assert FailedJobRegistry(queue=queue).get_job_count(cleanup=False) == 0

    def test_can_all_be_retried(self, admin, failed, queue):
        answer = admin.client.post("/admin/rq/requeue/default", headers=SAME)
        assert answer.json == {"status": "OK", "count": 1}
        work(queue)
        assert len(ran) == 2

    def test_can_be_deleted(self, admin, failed):
        answer = admin.client.post(f"/admin/rq/job/{failed.id}/delete", headers=SAME)
        assert answer.json == {"status": "OK"}
        assert not DashboardJob.exists(failed.id, connection=failed.connection)

    def test_workers_are_listed(self, admin, queue):
        assert admin.client.get("/admin/rq/0/data/workers.json").json == {"workers": []}


@pytest.fixture
def no_redis(app):
    kept, settings.redis_url = settings.redis_url, "redis://127.0.0.1:1/0"
    yield
    settings.redis_url = kept


@pytest.mark.parametrize("path", ["/", "/0/view/workers", "/0/data/queues.json"])
def test_redis_down_is_said_in_words(admin, no_redis, path):
    answer = admin.client.get("/admin/rq" + path)
    assert answer.status_code == 503
    assert "Redis does not answer" in answer.text


def test_banner_is_for_admins_only(admin, page, cast, no_redis, rings):
    Dispatcher()(Ring("auth.forget_expired"))
    assert "Redis does not answer" in admin.get("/profile").text
    assert "Redis does not answer" not in page.as_(cast.bob).get("/profile").text
    monitoring.redis_seen()
    assert "Redis does not answer" not in admin.get("/profile").text


class TestSystem:
    def test_shows_queues_and_backlogs(self, admin, failed):
        answer = admin.get("/admin")
        assert "Campaign leads due" in answer.text
        assert answer.find("a[href*='/failed/']")

    def test_without_redis(self, admin, no_redis):
        assert "Redis does not answer" in admin.get("/admin").text

    def test_hidden_from_others(self, page, cast):
        page.as_(cast.bob).get("/admin", 404)
        assert "/admin" not in str(page.as_(cast.bob).get("/profile").find("#user-menu"))

    def test_admins_find_it_in_their_menu(self, admin):
        assert admin.get("/profile").find("#user-menu a[href='/admin']")
