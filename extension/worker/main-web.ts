// The worker as a browser's, made by the client: the server comes to it through a channel of its own.

import type { Beginning } from "../shared/beginnings.ts";
import { serveCalls } from "./serve.ts";

/** What the build puts around this file caught it, before binaryen was awaited. */
declare const beginning: Promise<Beginning>;

const { texts, port } = await beginning;

serveCalls(
  {
    post: (message) => port.postMessage(message),
    listen(listener) {
      port.onmessage = ({ data }) => listener(data);
    },
  },
  texts,
);
