// In a table with data-keys, j and k move from row to row, and Enter opens the row's first link.
export function moveInTables(root) {
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key !== "j" && event.key !== "k") return;
    const links = [...root.querySelectorAll("table[data-keys] tbody tr")].map((row) => row.querySelector("a[href]")).filter(Boolean);
    if (links.length === 0) return;
    const here = links.findIndex((link) => link.closest("tr").contains(root.activeElement));
    const next = here < 0 ? 0 : here + (event.key === "j" ? 1 : -1);
    links[Math.min(Math.max(next, 0), links.length - 1)].focus();
    event.preventDefault();
  });
}

function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|select|textarea)$/i.test(target.tagName));
}
