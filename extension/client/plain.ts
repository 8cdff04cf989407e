/** The same words without the Markdown links that VS Code makes of `[text](address)` in messages. */
export function plain(text: string): string {
  return text.replaceAll("](", "] (");
}
