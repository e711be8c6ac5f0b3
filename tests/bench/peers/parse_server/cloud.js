// What Parse Server runs, in its own process: the same as our apps do in their sandboxes.

Parse.Cloud.define("hello", () => ({ hello: "world" }));

Parse.Cloud.beforeSave("Hooked", (request) => {
  request.object.set("Slug", request.object.get("Title").toLowerCase());
});
