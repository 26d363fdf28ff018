"""The documentation page of certificates, whose examples the tests read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[3] / "docs" / "certificates.md").read_text(encoding="utf-8")


def page_certificate(title: str) -> dict[str, Any]:
    """Return the certificate that the page shows under `title`."""
    found = re.search(rf"```json {title}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))
