// Plain JavaScript that any Node parses: says in one line what is missing before a newer syntax fails obscurely.
const [major] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(
    `Haggle needs Node 24 or newer to run from source; this is ${process.versions.node}. ` +
      "On Linux and Windows `npm ci` brings one along; elsewhere install it from nodejs.org.",
  );
  process.exit(1);
}
