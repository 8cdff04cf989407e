// The `EventSource` of browsers over `fetch`, as far as clients of OFREP use it. Node has one behind a flag only.

export class FetchedEventSource extends EventTarget {
  readonly url: string;
  readyState = 0;
  #stop = new AbortController();

  constructor(url: string) {
    super();
    this.url = url;
    void this.#read().catch(() => {
      this.readyState = 2;
      if (!this.#stop.signal.aborted) this.dispatchEvent(new Event("error"));
    });
  }

  close(): void {
    this.readyState = 2;
    this.#stop.abort();
  }

  async #read(): Promise<void> {
    const { body } = await fetch(this.url, { signal: this.#stop.signal });
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
    let rest = "";
    for await (const text of body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) this.#tell(block);
    }
  }

  #tell(block: string): void {
    const fields = new Map(
      block.split("\n").map((line) => [line.split(":")[0]!, line.replace(/^\w*: ?/, "")]),
    );
    const data = fields.get("data");
    if (data !== undefined) this.dispatchEvent(new MessageEvent(fields.get("event") ?? "message", { data }));
  }
}
