// A form is sent once: a second click while the first is on its way does nothing.
export function sendOnce(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
  });
  // Back from the next page, the form may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of root.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });
}

// A button with data-confirm asks before its form is sent.
export function confirmBefore(root) {
  root.addEventListener(
    "submit",
    (event) => {
      const question = event.submitter?.dataset.confirm;
      if (question && !window.confirm(question)) event.preventDefault();
    },
    true,
  );
}
