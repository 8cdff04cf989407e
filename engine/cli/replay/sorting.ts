// Runs in the report: a click on a column's head sorts its table. What cells sort by stands in their data-by.

export const SORTING = `
for (const button of document.querySelectorAll("th button")) button.addEventListener("click", () => {
  const head = button.parentElement;
  const table = head.closest("table");
  const at = [...head.parentElement.children].indexOf(head);
  const down = head.getAttribute("aria-sort") !== "descending";
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const by = (row) => row.children[at].dataset.by;
  const compare = head.classList.contains("number") ? (a, b) => a - b : (a, b) => a < b ? -1 : a > b ? 1 : 0;
  const rows = [...table.tBodies[0].rows].sort((a, b) => compare(by(a), by(b)) * (down ? -1 : 1));
  table.tBodies[0].append(...rows);
});
`;
