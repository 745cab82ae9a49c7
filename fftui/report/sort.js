"use strict";
(() => {
  const table = document.getElementById("index");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const keyOf = (row, column) => row.cells[column].dataset.key;
  const compare = (a, b) => {
    if (a === b) return 0;
    if (a === "") return 1;
    if (b === "") return -1;
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      [...table.tHead.rows[0].cells].forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const missing = (row) => keyOf(row, column) === "";
      rows.sort((a, b) => {
        if (missing(a) || missing(b)) return missing(a) - missing(b);
        const order = compare(keyOf(a, column), keyOf(b, column));
        return down ? -order : order;
      });
      body.append(...rows);
    });
  });
  const find = document.getElementById("find");
  const found = document.getElementById("found");
  find.closest("p").hidden = false;
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row) => {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    });
    found.textContent = `${shown} of ${rows.length}`;
  });
})();
