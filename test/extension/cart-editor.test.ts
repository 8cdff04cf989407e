import { expect, it } from "vitest";
import { createNewestWriter } from "../../extension/client/cart-view/newest-writer.ts";

it("writes of a document do not overtake each other, and the newest is written whatever came between", async () => {
  // As VS Code changes documents: an edit that was made for an older text than there is now is refused.
  const document = { text: "0", version: 0 };
  const asked: string[] = [];
  const write = createNewestWriter(async (text: string) => {
    asked.push(text);
    const { version } = document;
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (document.version !== version) return false;
    Object.assign(document, { text, version: version + 1 });
    return true;
  });
  const writes = ["1", "12", "121", "1212"].map(write);
  // Somebody else, in between.
  document.version += 1;
  await Promise.all(writes);
  expect(document.text).toBe("1212");
  expect(asked).toEqual(["1", "1212"]);
  await write("5");
  expect(document.text).toBe("5");
});

it("a document that nobody can write says so", async () => {
  const write = createNewestWriter(async () => false);
  await expect(write("1")).resolves.toBe(false);
});
