"""Write the notebooks without outputs, as git keeps them: `python tools/strip_notebooks.py`."""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def stripped(text: str) -> str:
    """Return a notebook's text without outputs, execution counts and what editors note."""
    notebook = json.loads(text)
    notebook["metadata"] = METADATA
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> None:
    """Strip every notebook that holds more than it should."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        text = path.read_text("utf-8")
        if text != stripped(text):
            path.write_text(stripped(text), encoding="utf-8", newline="\n")
            print(f"stripped {path.name}")


if __name__ == "__main__":
    main()
