import type { OrderShown } from "../till-schema.ts";
import { make } from "./dom.ts";
import type { Money } from "./format.ts";
import { texts } from "./i18n/locale.ts";
import { countBack, listRuns, type Run } from "./ledger.ts";

type Look = {
  money: Money;
  nameOf: (sku: string) => string;
  /** What stands below a line of which something can come back. */
  drawBack: (line: string, name: string) => Node;
};

/** Each line with its units, what each of them cost and who gave what of it. */
export function drawLedger({ order, lines, entries, returns }: OrderShown, look: Look): HTMLElement[] {
  const { money, nameOf, drawBack } = look;
  const back = countBack(returns);
  const canReturn = RETURNABLE.includes(order.state);
  const goods = lines.map(({ id, sku, quantity }) => {
    const own = entries.filter(({ part, line }) => part === "line" && line === id);
    const name = nameOf(sku);
    const here = back.get(id) ?? 0;
    return make(
      "li",
      { class: "sold", "data-testid": "sold", "data-sku": sku },
      make("p", { class: "name" }, `${name} × ${quantity}`),
      make("ul", { class: "runs" }, ...listRuns(own, quantity, here).map((run) => drawRun(run, money))),
      ...(canReturn && here < quantity ? [drawBack(id, name)] : []),
    );
  });
  const rest = entries.filter(({ part }) => part !== "line");
  const others = [...new Set(rest.map(({ line }) => line))].map((line) => {
    const runs = listRuns(
      rest.filter((entry) => entry.line === line),
      1,
      0,
    );
    const name = line === "" ? texts().order.rounding : texts().order.delivery(line);
    const drawn = runs.map((run) => drawRun(run, money, texts().order.price));
    return make(
      "li",
      { class: "sold" },
      make("p", { class: "name" }, name),
      make("ul", { class: "runs" }, ...drawn),
    );
  });
  return [...goods, ...others];
}

function drawRun(run: Run, money: Money, units = spellUnits(run)): HTMLElement {
  const { order, reason: spell } = texts();
  const { price, discounts, tax, cost, isBack } = run;
  const row = (label: string, amount: string, attributes: Record<string, string> = {}): HTMLElement =>
    make("p", { class: "entry", ...attributes }, make("span", {}, label), make("span", {}, amount));
  return make(
    "li",
    { class: isBack ? "run back" : "run", "data-testid": "run" },
    row(isBack ? order.sentBack(units) : units, money(price)),
    ...discounts.map(({ promotion, reason, amount }) =>
      row(spell(reason ?? promotion), `−${money(amount)}`, {
        class: "entry gift",
        "data-testid": "gift",
        "data-promotion": promotion,
      }),
    ),
    ...(tax === 0 ? [] : [row(order.tax, money(tax))]),
    row(order.costs, money(cost), { class: "entry cost", "data-testid": "cost" }),
  );
}

function spellUnits({ first, last }: Run): string {
  const { order } = texts();
  return first === last ? order.unit(first) : order.units(first, last);
}

/** Something has left the house. */
const RETURNABLE = ["shipped", "completed", "returned_in_part"];
