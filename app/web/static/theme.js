// Light, dark, or as the system has it: switched at once, and told to the server, which remembers it in a cookie.
const NEXT = { auto: "dark", dark: "light", light: "auto" };
const LABELS = { auto: "Auto", dark: "Dark", light: "Light" };

export function switchTheme(root) {
  const form = root.querySelector("form[data-theme-switch]");
  if (!form) return;
  const button = form.querySelector("button");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    delete form.dataset.sent;
    const theme = button.value;
    const body = new URLSearchParams(new FormData(form));
    body.set("theme", theme);
    fetch(form.action, { method: "POST", body, redirect: "manual" });
    show(root, button, theme);
  });
}

function show(root, button, theme) {
  if (theme === "auto") delete root.documentElement.dataset.theme;
  else root.documentElement.dataset.theme = theme;
  button.value = NEXT[theme];
  button.querySelector("[data-theme-label]").textContent = LABELS[theme];
  button.querySelector(".hidden").textContent = ` appearance; switch to ${NEXT[theme]}`;
}
