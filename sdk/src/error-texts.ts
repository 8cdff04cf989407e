// What the codes mean, for those that show them to people. An entry of its own: createEngine works without.

export { errorText, explainError } from "@haggle/abi";
