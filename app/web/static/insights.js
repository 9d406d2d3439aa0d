// The slower parts of a page come after it: what stands in data-part is fetched and put in the place of its link.
for (const part of document.querySelectorAll("[data-part]")) fill(part);

async function fill(part) {
  const place = part.querySelector("[aria-live]");
  const link = place.innerHTML;
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(part.dataset.part, { headers: { accept: "text/html" }, redirect: "error" });
    if (answer.ok) place.innerHTML = await answer.text();
  } catch {
    place.innerHTML = link;
  }
  place.removeAttribute("aria-busy");
}
