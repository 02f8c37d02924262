"""The README's diagram is the table's."""

import re
from pathlib import Path

from cases.workflow import diagram

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_diagram_is_made_from_the_table():
    """To renew it: `python -c "from cases.workflow import diagram; print('\\n'.join(diagram()))"`."""
    [shown] = re.findall(r"```mermaid\n(stateDiagram.*?)```", README.read_text(), re.DOTALL)

    assert shown.splitlines() == list(diagram())
