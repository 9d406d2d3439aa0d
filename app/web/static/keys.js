// In a table with data-keys, j and k move from row to row, Enter opens the row's first link, and x ticks the row's box.
export function moveInTables(root) {
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "x") return tick(root.activeElement?.closest("table[data-keys] tbody tr"));
    if (event.key !== "j" && event.key !== "k") return;
    const links = [...root.querySelectorAll("table[data-keys] tbody tr")].map((row) => row.querySelector("a[href]")).filter(Boolean);
    if (links.length === 0) return;
    const here = links.findIndex((link) => link.closest("tr").contains(root.activeElement));
    const next = here < 0 ? 0 : here + (event.key === "j" ? 1 : -1);
    links[Math.min(Math.max(next, 0), links.length - 1)].focus();
    event.preventDefault();
  });
}

function tick(row) {
  row?.querySelector("input[type=checkbox]")?.click();
}

function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|select|textarea)$/i.test(target.tagName));
}
