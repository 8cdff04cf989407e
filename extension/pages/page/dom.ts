// The pages' whole framework: elements are made, and text is always text, never HTML.

type Attributes = Readonly<Record<string, string>>;

export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button that does something here. */
export function makeButton(
  attributes: Attributes,
  onClick: () => void,
  ...children: (Node | string)[]
): HTMLButtonElement {
  const button = make("button", { type: "button", ...attributes }, ...children);
  button.addEventListener("click", onClick);
  return button;
}

/** Writes only what changed, so that a screen reader is told nothing twice. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

let last = 0;

/** An id that no other element of the page has. */
export function nextId(): string {
  last += 1;
  return `e${last}`;
}

const SVG = "http://www.w3.org/2000/svg";

/** A picture of one stroke in a square of 16, for buttons without words. */
export function makeIcon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const stroke = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  stroke.setAttribute("d", path);
  svg.append(stroke);
  return svg;
}
