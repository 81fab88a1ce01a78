"""Moving the database of a real daemon: not under its feet, and no daemon starts on what is being moved."""

from leadmaild.storage.engine import database_url
from leadmaild.storage.presence import presence_on
from tests.acceptance.daemon import Daemon, House
from tests.dealership import enquiry


def test_a_running_daemon_is_in_the_way_and_a_stopped_or_killed_one_is_not(daemon: Daemon):
    folder = daemon.settings.parent
    target = "sqlite:///moved.db"
    assert daemon.send(enquiry(1))[0] == 250
    daemon.wait_for("mail_sent")
    refused = daemon.run("migrate", "--to", target)
    assert refused.returncode == 65
    assert b"a daemon runs on" in refused.stderr
    assert not (folder / "moved.db").exists()

    daemon.kill()
    moved = daemon.run("migrate", "--to", target)
    assert (moved.returncode, moved.stderr) == (0, b"")
    daemon.settings.write_text(daemon.settings.read_text("utf-8").replace("leadmaild.db", "moved.db"), "utf-8")
    daemon.start()
    assert daemon.send(enquiry(2))[0] == 250
    daemon.wait_for("lead_opened", since=daemon.born_at_line)
    assert [lead["number"] for lead in daemon.json("leads", "list")] == [100002, 100001]
    assert daemon.run("audit").returncode == 0
    assert daemon.stop() == 0


def test_no_daemon_starts_on_a_database_that_is_being_moved(house: House):
    daemon = house.daemon()
    mover = presence_on(database_url("sqlite:///leadmaild.db", daemon.settings.parent))
    assert mover.take(alone=True)
    daemon.spawn()
    assert daemon.wait() == 69
    assert "is being moved to another place" in daemon.errors()
    mover.release()
    daemon.start()
