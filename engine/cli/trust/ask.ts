// Questions to the person at the terminal.

import { HaggleError } from "@haggle/abi";
import type { Terminal } from "../terminal.ts";

const CTRL_C = 3;
const CTRL_D = 4;
const CTRL_U = 21;
const ENDS = [10, 13, CTRL_D];
const ERASES = [8, 127];

/** Whether there is a person who can be asked. */
export function canAsk({ stdin, stderr }: Terminal): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Asks y/N. Where nobody can be asked it is a mistake not to have said `--yes`. @throws HaggleError CLI_USAGE */
export async function confirm(terminal: Terminal, question: string): Promise<boolean> {
  if (!canAsk(terminal)) throw new HaggleError("CLI_USAGE", "Nobody can be asked here; say --yes");
  terminal.stderr.write(`${question} [y/N] `);
  const answer = Buffer.from(await readLine(terminal)).toString();
  return /^y(es)?$/i.test(answer.trim());
}

/** Asks for what must not be seen: nothing of it is echoed. The bytes are the caller's to overwrite. */
export async function askHidden(terminal: Terminal, question: string): Promise<Uint8Array> {
  terminal.stdin.setRawMode(true); // before anybody sees the question and types
  terminal.stderr.write(question);
  try {
    return await readLine(terminal);
  } finally {
    terminal.stdin.setRawMode(false);
    terminal.stderr.write("\n");
  }
}

/** Bytes up to the next end of line. In raw mode the keys that edit a line come through and are followed here. */
function readLine({ stdin }: Terminal): Promise<Uint8Array> {
  const line: number[] = [];
  return new Promise<Uint8Array>((resolve, reject) => {
    const finish = () => {
      stdin.off("data", take).off("end", stop);
      stdin.pause();
    };
    const stop = () => {
      finish();
      line.fill(0);
      reject(new HaggleError("CLI_USAGE", "Nothing was answered"));
    };
    const take = (chunk: Buffer) => {
      for (const [index, byte] of chunk.entries()) {
        if (byte === CTRL_C) return stop();
        if (ENDS.includes(byte)) {
          finish();
          if (index + 1 < chunk.length) stdin.unshift(Buffer.from(chunk.subarray(index + 1)));
          chunk.fill(0);
          resolve(Uint8Array.from(line));
          line.fill(0);
          return;
        }
        if (ERASES.includes(byte)) line.pop();
        else if (byte === CTRL_U) line.length = 0;
        else line.push(byte);
      }
      chunk.fill(0);
    };
    stdin.on("data", take).on("end", stop).resume();
  });
}
