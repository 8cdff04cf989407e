import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";

type Schema = { oneOf?: object[]; anyOf?: object[] };

type Components = {
  evaluationSuccess: { allOf: [object, Schema] };
  bulkEvaluationSuccess: { properties: { flags: { items: Schema } } };
};

const VECTORS = join(import.meta.dirname, "../vectors/ofrep");

/** Checkers of OFREP's answers, by the names of their schemas. Each gives what is wrong, or nothing. */
export function ofrepCheckers(): (name: string, answer: unknown) => string | undefined {
  const schemas = JSON.parse(readFileSync(join(VECTORS, "schemas.json"), "utf8")) as Components;
  // An integer is a number as well, and a flag without a type of its own matches everything: exactly one never holds, not
  // for the examples of the document either.
  loosen(schemas.evaluationSuccess.allOf[1]);
  loosen(schemas.bulkEvaluationSuccess.properties.flags.items);
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { "date-time": isMoment } });
  ajv.addSchema({ $id: "ofrep", components: { schemas } });
  return (name, answer) => {
    const check = ajv.getSchema(`ofrep#/components/schemas/${name}`)!;
    return check(answer) ? undefined : ajv.errorsText(check.errors);
  };
}

function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text));
}

function loosen(schema: Schema): void {
  schema.anyOf = schema.oneOf!;
  delete schema.oneOf;
}
