// Arbitrary structured programs as WebAssembly text: blocks, loops that end, branches to any outer label, branch
// tables, calls, early returns, dead code and traps. All loops end by themselves, so that the same program can run
// without a meter.

import fc from "fast-check";

const FUNCTIONS = 5;
/** Functions below this one may call through the table, which holds the others: so calls stay acyclic. */
const FIRST_IN_TABLE = 2;
const MAX_LOOPS = 4;

type Node =
  | { is: "set"; to: number; value: string }
  | { is: "block"; value: string; to: number; body: Node[] }
  | { is: "loop"; turns: number; body: Node[] }
  | { is: "if"; value: string; yes: Node[]; no: Node[] }
  | { is: "branch" | "jump" | "return"; value: string; label: number }
  | { is: "table"; value: string; labels: number[] }
  | { is: "call" | "indirect"; callee: number; value: string; to: number };

const variable = fc.nat(2);
const leaf = fc.oneof(
  fc.integer({ min: -3, max: 300 }).map((number) => `i32.const ${number}`),
  variable.map((index) => `local.get ${index}`),
);
const operator = fc.constantFrom("i32.add", "i32.sub", "i32.mul", "i32.xor", "i32.lt_s", "i32.div_s");
const value = fc.tuple(leaf, leaf, operator).map(([left, right, name]) => `${left} ${right} ${name}`);

const { body } = fc.letrec<{ node: Node; body: Node[] }>((tie) => ({
  body: fc.array(tie("node"), { maxLength: 4, depthIdentifier: "program" }),
  node: fc.oneof(
    { depthIdentifier: "program", maxDepth: 4 },
    fc.record({ is: fc.constant("set" as const), to: variable, value }),
    fc.record({
      is: fc.constantFrom("call" as const, "indirect" as const),
      callee: fc.nat(99),
      value,
      to: variable,
    }),
    fc.record({
      is: fc.constantFrom("branch" as const, "branch" as const, "jump" as const, "return" as const),
      value,
      label: fc.nat(9),
    }),
    fc.record({
      is: fc.constant("table" as const),
      value,
      labels: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ is: fc.constant("block" as const), value, to: variable, body: tie("body") }),
    fc.record({ is: fc.constant("loop" as const), turns: fc.integer({ min: 1, max: 3 }), body: tie("body") }),
    fc.record({ is: fc.constant("if" as const), value, yes: tie("body"), no: tie("body") }),
  ),
}));

/** A module with `explain`, ready for the meter. */
export const arbitraryProgram: fc.Arbitrary<string> = fc
  .array(body, { minLength: FUNCTIONS, maxLength: FUNCTIONS })
  .map((bodies) => {
    const turns = Array.from({ length: MAX_LOOPS + 1 }, (_, index) => `(local $turns${index} i32)`).join(" ");
    const functions = bodies.map((nodes, index) => {
      const head = index === 0 ? '(export "explain")' : "";
      return `(func $f${index} ${head} (type $t) (local i32 i32) ${turns} ${print(nodes, index, [])} local.get 1)`;
    });
    const size = FUNCTIONS - FIRST_IN_TABLE;
    const table = Array.from({ length: size }, (_, index) => `$f${index + FIRST_IN_TABLE}`);
    return `(module (type $t (func (param i32) (result i32))) @unmetered
      (table ${size} ${size} funcref) (elem (i32.const 0) ${table.join(" ")})
      ${functions.join("\n")})`;
  });

type Label = "plain" | "result" | "loop";

/** `labels` are those open, the innermost last. */
function print(nodes: Node[], own: number, labels: Label[]): string {
  return nodes.map((node) => printNode(node, own, labels)).join("\n");
}

function printNode(node: Node, own: number, labels: Label[]): string {
  // Only these take a branch without an operand and without going back.
  const plain = labels.flatMap((label, index) => (label === "plain" ? [labels.length - 1 - index] : []));
  switch (node.is) {
    case "set":
      return `${node.value} local.set ${node.to}`;
    case "block":
      // Leaves early with its result and with operands that are too many underneath.
      return `i32.const 7
        block (result i32)
          block ${print(node.body, own, [...labels, "result", "plain"])} end
          i32.const 1 ${node.value} local.get 0 br_if 0 i32.add
        end
        i32.sub local.set ${node.to}`;
    case "loop": {
      const counter = `$turns${labels.filter((label) => label === "loop").length}`;
      return `i32.const ${node.turns} local.set ${counter}
        loop
          block ${print(node.body, own, [...labels, "loop", "plain"])} end
          local.get ${counter} i32.const 1 i32.sub local.tee ${counter} i32.const 0 i32.gt_s br_if 0
        end`;
    }
    case "if": {
      const inner: Label[] = [...labels, "plain"];
      return `${node.value} if ${print(node.yes, own, inner)} else ${print(node.no, own, inner)} end`;
    }
    case "return":
      return `local.get 0 if i32.const 3 ${node.value} return end`;
    case "jump":
      // The function's own label, from under a condition or with dead code behind.
      return node.label < 7
        ? `i32.const 5 ${node.value} local.get 2 br_if ${labels.length} drop drop`
        : `i32.const 5 ${node.value} br ${labels.length}`;
    case "branch":
      return plain.length === 0 ? "nop" : `${node.value} br_if ${plain[node.label % plain.length]}`;
    case "table": {
      if (plain.length === 0)
        return `i32.const 5 ${node.value} local.get 1 br_table ${labels.length} ${labels.length}`;
      return `${node.value} br_table ${node.labels.map((label) => plain[label % plain.length]).join(" ")}`;
    }
    case "call": {
      const callee = own + 1 + (node.callee % FUNCTIONS);
      return callee < FUNCTIONS ? `${node.value} call $f${callee} local.set ${node.to}` : "nop";
    }
    case "indirect":
      // One entry behind the end, which traps.
      return own < FIRST_IN_TABLE
        ? `${node.value} i32.const ${node.callee % (FUNCTIONS - FIRST_IN_TABLE + 1)} call_indirect (type $t) local.set ${node.to}`
        : "nop";
  }
}
