// What does the query page's editor become? One script, one style sheet, and the licences of what is in them.
//
// Yasqe comes from npm with everything that it needs inside, so its version alone decides what is bundled.

import { build } from "esbuild";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const out = join(here, "../catalogue/web/static/editor");

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  entryPoints: [join(here, "editor.js")],
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm", // a module waits for the page, and for what it asks of the server
  target: "es2022",
  legalComments: "none", // they stand in licences.txt, whole
});
writeFileSync(join(out, "licences.txt"), licences(join(here, "node_modules")));

/** The licence of every package, but of those that only build. */
function licences(folder) {
  const names = readdirSync(folder).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
  );
  const texts = names
    .filter((name) => !name.startsWith(".") && !/^@?esbuild/.test(name))
    .map((name) => {
      const about = JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8"));
      const author = about.author?.name ?? about.author ?? "";
      const file = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license", "MIT-LICENSE.txt"]
        .map((each) => join(folder, name, each))
        .find(existsSync);
      const text = file ? readFileSync(file, "utf8").trim() : `Licence: ${about.license}. Author: ${author}`;
      return `${name} ${about.version} (${about.license})\n\n${text}\n`;
    });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
