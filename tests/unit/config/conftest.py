"""Small settings files to load: a dealership that is right, into which a test writes what it is about."""

from pathlib import Path

import pytest

from leadmaild.config.load import load
from leadmaild.errors import ConfigError

DEALER = """
[[outbound]]
transport = "files"

[[user]]
username = "mueller"
email = "mueller@haus.example"
locations = ["MUC"]
supervisor = "leitung"
receives_leads = true
assignable = true

[[user]]
username = "schmidt"
email = "schmidt@haus.example"
locations = ["MUC"]
supervisor = "leitung"
receives_leads = true
assignable = true

[[user]]
username = "leitung"
email = "leitung@haus.example"
locations = ["MUC"]

[[location]]
code = "MUC"
mailbox = "haus@dein.example"
fallback_user = "leitung"
admin_user = "leitung"
hours.mon = ["09:00-18:00"]
"""


class Folder:
    """A folder of settings files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, text, name="leadmaild.toml"):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def load(self, extra="", base=DEALER):
        """The settings of the dealership with `extra` put below its location (or before it: write tables)."""
        return load(self.write(base + extra))

    def problems(self, extra="", base=DEALER):
        """What is wrong with them, each as one line."""
        with pytest.raises(ConfigError) as caught:
            self.load(extra, base)
        return [str(problem) for problem in caught.value.problems]


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)
