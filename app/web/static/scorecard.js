// The scorecard works without this; here it prints whole, and asks only for what the chosen decision needs.
const root = document.querySelector(".scorecard");

for (const button of root?.querySelectorAll("button[data-print]") ?? []) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

let opened = [];
window.addEventListener("beforeprint", () => {
  opened = [...root.querySelectorAll("details:not([open])")];
  for (const each of opened) each.open = true;
});
window.addEventListener("afterprint", () => {
  for (const each of opened) each.open = false;
});

const form = root?.querySelector("form[data-review]");
if (form) {
  const show = () => {
    const chosen = form.querySelector("input[name=action]:checked")?.value;
    for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== chosen;
  };
  form.addEventListener("change", show);
  show();
}

document.getElementById("tried")?.scrollIntoView({ block: "start" });
