"use strict";
// Columns are sorted by what stands in data-value, or else by the text; what is unknown comes last either way.
for (const panel of document.querySelectorAll(".table-scroll")) {
  const body = panel.querySelector("tbody");
  const heads = [...panel.querySelectorAll("thead tr:last-child th")];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const isText = head.classList.contains("text");
      const told = (text) => (text === "-" ? "" : text);
      const key = (row) => row.cells[column].dataset.value ?? told(row.cells[column].textContent);
      const order = (a, b) => (isText ? a.localeCompare(b, "en", { numeric: true }) : Number(a) - Number(b));
      const rows = [...body.rows].sort((one, other) => {
        const [a, b] = [key(one), key(other)];
        if (a === "" || b === "") return (a === "") - (b === "");
        return down ? order(b, a) : order(a, b);
      });
      body.append(...rows);
    });
  });
  const tools = panel.previousElementSibling;
  const filter = tools && tools.querySelector(".filter");
  if (filter) {
    const count = tools.querySelector(".count");
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of body.rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      count.textContent = `${shown} of ${body.rows.length}`;
    });
  }
}
