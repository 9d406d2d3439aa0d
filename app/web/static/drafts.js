// A draft is checked as it is typed, a moment after the last key. Without this the Check button does the same.
const form = document.querySelector("form[data-check]");
if (form) {
  const draft = form.querySelector("#draft");
  const told = document.getElementById("checked");
  let waiting = 0;
  let newest = 0;
  draft.addEventListener("input", () => {
    clearTimeout(waiting);
    told.setAttribute("aria-busy", "true");
    waiting = setTimeout(check, 400);
  });
  told.addEventListener("click", (event) => {
    const place = event.target.closest("a[data-line]");
    if (!place) return;
    event.preventDefault();
    goTo(Number(place.dataset.line), Number(place.dataset.column));
  });

  async function check() {
    const mine = ++newest;
    const body = new URLSearchParams({ csrf: form.elements.csrf.value, text: draft.value });
    try {
      const answer = await fetch(form.dataset.check, { method: "POST", body, redirect: "error" });
      const text = await answer.text();
      // Only the answer to what stands there now is shown.
      if (mine !== newest) return;
      if (answer.ok) told.innerHTML = text;
      else told.textContent = "The draft could not be checked. Press Check to see why.";
    } catch {
      if (mine === newest) told.textContent = "The draft could not be checked: there is no answer. It is checked again with the next key.";
    }
    told.removeAttribute("aria-busy");
  }

  function goTo(line, column) {
    const rows = draft.value.split("\n");
    const start = rows.slice(0, line - 1).reduce((sum, row) => sum + row.length + 1, 0) + column - 1;
    draft.focus();
    draft.setSelectionRange(start, start + 1);
    draft.scrollTop = Math.max(0, (line - 5) * (draft.scrollHeight / Math.max(rows.length, 1)));
  }
}
