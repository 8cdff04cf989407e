/** RFC 3339 with an offset as epoch ms; the text itself when there is no such day, which readers of numbers then refuse. */
export function parseMoment(text: string): number | string {
  const [year, month, day] = text.slice(0, "2026-11-27".length).split("-").map(Number);
  const isDay = new Date(Date.UTC(year!, month! - 1, day)).getUTCDate() === day;
  const ms = Date.parse(text);
  return isDay && Number.isFinite(ms) ? ms : text;
}
