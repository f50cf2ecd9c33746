import assert from "node:assert/strict";
import { explainFileError } from "./file_errors.ts";
import { naming } from "./data/photos/testdata/photo_fixtures.ts";

Deno.test("explainFileError() gives advice that fits a single photo, too", () => {
  const explain = (code: string) =>
    explainFileError(Object.assign(new Error(code), { code }), "ant/1.jpg", "read the photo");
  const start = 'Could not read the photo at "ant/1.jpg": ';
  for (const code of ["EACCES", "EPERM"]) {
    naming(`${start}permission is denied; change the permissions of the file or folder`)(explain(code));
  }
  naming(`${start}the device reports an error`)(explain("EIO"));
});

Deno.test("explainFileError() leaves alone what is no error of a file", () => {
  const bug = new TypeError("bug");
  assert.equal(explainFileError(bug, "x", "read"), bug);
  const user = explainFileError(Object.assign(new Error(), { code: "ENOENT" }), "x", "read");
  assert.equal(explainFileError(user, "y", "write"), user);
});
