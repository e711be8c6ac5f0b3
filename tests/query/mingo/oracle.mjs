// Answers one JSON line per JSON line: what mingo makes of a filter, an update, a sort or a projection.
import { createInterface } from "node:readline";
import { find, update, Query } from "mingo";

const operations = {
  matches: ({ filter, document }) => new Query(filter).test(document),
  update: ({ document, expression }) => {
    update(document, expression);
    return document;
  },
  sort: ({ documents, sort }) => find(documents, {}).sort(sort).all(),
  project: ({ document, fields }) => find([document], {}, fields).all()[0],
};

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = { value: operations[operation](given) };
  } catch (error) {
    answer = { error: String(error.message ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
