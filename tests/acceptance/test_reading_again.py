"""A portal nobody knew: its mail waits for a person, who writes a definition and has the mail read again."""

import pytest

from tests.acceptance.test_reload import reload
from tests.dealership import enquiry

BY_PORTAL = """BL 3.1 >> NEU
KENNUNG >> BL-4711
WER >> Hoffmann | Lea
MAILKONTAKT >> lea.hoffmann@kunden.example
DRAHT >> 0171 3920017
OBJEKT >> Golf Variant 1.5 TSI
TXT >> Steht der Golf noch auf dem Hof? Ich komme gern am Samstag.
#### ENDE
""".replace("\n", "\r\n")
DEFINITION = """id = "boersenlead"
name = "Börsenlead"
redirect_class = "marketplace"
[recognise]
from_domain = ["boersenlead.example"]
[text]
separator = ">>"
end = ['^#### ENDE']
[fields]
"source_lead_id" = { label = "KENNUNG" }
"contact.last_name" = { label = "WER", split = "|", index = 0 }
"contact.first_name" = { label = "WER", split = "|", index = 1 }
"contact.email" = { label = "MAILKONTAKT" }
"contact.phone" = { label = "DRAHT" }
"vehicle.title" = { label = "OBJEKT" }
"message" = { label = "TXT", block = true }
[[test]]
mail = "first.eml"
expect = { "contact.email" = "lea.hoffmann@kunden.example" }
"""


@pytest.mark.rule("PF59")
@pytest.mark.rule("R35")
def test_a_mail_read_again_by_a_new_definition_completes_its_lead_and_nobody_hears_of_it_again(house):
    daemon = house.daemon(location='redirect.general = ["chef@autohaus-beispiel.example"]').start()
    mail = enquiry(1, **{"from": "Börsenlead <noreply@boersenlead.example>"}, text=BY_PORTAL)
    assert daemon.send(mail)[0] == 250
    (opened,) = daemon.wait_for("lead_opened")
    (waiting,) = daemon.json("journal", "list", "--outcome", "manual_review")
    before = daemon.json("leads", "show", str(opened["lead"]))
    assert (before["source"], before["needs_review"], before["vehicle"]) == ("generic", True, None)
    queued = {line["id"] for line in daemon.json("queue", "list")}

    folder = daemon.settings.parent / "sources.d"
    folder.mkdir()
    (folder / "first.eml").write_bytes(mail)
    (folder / "boersenlead.toml").write_text(DEFINITION, "utf-8")
    assert daemon.run("sources", "check", str(folder / "boersenlead.toml")).returncode == 0
    reload(daemon, "config_reloaded")
    assert daemon.run("journal", "reprocess", str(waiting["id"])).returncode == 0
    daemon.wait_for("verdict", reason="read_again")

    after = daemon.json("leads", "show", str(opened["lead"]))
    assert (after["source"], after["needs_review"]) == ("boersenlead", False)
    assert (after["contact"]["name"], after["contact"]["email"]) == ("Lea Hoffmann", "lea.hoffmann@kunden.example")
    assert after["vehicle"]["title"] == "Golf Variant 1.5 TSI"
    assert after["message"] == "Steht der Golf noch auf dem Hof? Ich komme gern am Samstag."
    assert [a["kind"] for a in after["activities"]].count("mail_in") == 1
    assert (after["assignee"], after["cycle"], after["timers"]) == (before["assignee"], 1, before["timers"])
    (entry,) = daemon.json("journal", "list")
    assert (entry["outcome"], entry["reason"], entry["lead"]) == ("lead", "read_again", opened["lead"])
    assert [lead["number"] for lead in daemon.json("leads", "list")] == [opened["lead"]]
    assert {line["id"] for line in daemon.json("queue", "list")} == queued
    assert daemon.json("journal", "list", "--outcome", "manual_review") == []
    assert daemon.stop() == 0
