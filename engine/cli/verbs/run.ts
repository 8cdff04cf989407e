import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Cart, nameAllMissing } from "@haggle/abi";
import { createEngine } from "@haggle/sdk";
import { checkCartFields } from "@haggle/toolchain/cases";
import { dataFolder, onePath } from "../arguments.ts";
import { buildProject } from "../build-project.ts";
import { showDecision } from "../decision-table.ts";
import { getJson } from "../files.ts";
import { developmentSigner } from "../keys.ts";
import type { Verb } from "../main.ts";
import { findProject, readProject } from "../project.ts";
import { showDiagnostic, showError, usageError } from "../terminal.ts";

export const run: Verb = {
  usage: `Usage: haggle run CART.json [--project DIR] [--server] [--all] [--locale zh-CN] [--json]

Prices a cart with the promotions of a project and shows what came off, by which promotion and why, why the others did
not apply and what they lack, and which coupons gave nothing.

  --project DIR  the project; found from the current folder upwards, else from the cart's, when left out
  --server       prices as the server does, which knows costs and runs what is for it alone
  --all          tells of every promotion, also of those that nothing in the cart concerns: many ask for a segment, a coupon
                 or goods that it has not
  --locale NAME  of the sentences: en, or zh-CN as shoppers read them
  --json         the decision as the SDK and the server give it`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        project: { type: "string" },
        json: { type: "boolean" },
        server: { type: "boolean" },
        all: { type: "boolean" },
        locale: { type: "string", default: "en" },
      },
    });
    const { locale } = values;
    if (locale !== "en" && locale !== "zh-CN") throw usageError("--locale is en or zh-CN", locale);
    const path = onePath(terminal, positionals);
    const cart = await getJson(path);
    checkCartFields(cart);
    const root =
      values.project === undefined
        ? await findProject(terminal.cwd, dirname(path))
        : resolve(terminal.cwd, values.project);
    const project = await readProject(root);
    const data = dataFolder(terminal, project.root);
    const built = await buildProject({
      project,
      out: join(data, "run"),
      signer: await developmentSigner(data),
      now: Date.now(),
      development: true,
    });
    for (const diagnostic of built.diagnostics) showDiagnostic(terminal, project.root, diagnostic);
    if (!built.ok) return 1;
    const engine = await createEngine({ ...built.files, server: values.server ?? false, development: true });
    const candidates = values.all ? engine.promotions.map(({ id }) => id) : [];
    const decision = engine.evaluate(cart, { candidates });
    if (values.json) terminal.out(JSON.stringify(decision, null, 2));
    if (!decision.ok) {
      showError(terminal, nameAllMissing(decision.error, cart));
      return 1;
    }
    if (!values.json) showDecision(terminal, decision.toJSON(), engine, { cart: cart as Cart, locale });
    return 0;
  },
};
