// Runs tests/frontend with node's own test runner. Each file is bundled first, so that any node from 20 on can read it.
import { spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const from = join(here, "..", "tests", "frontend");
const out = join(here, ".test");
await rm(out, { recursive: true, force: true });
const files = (await readdir(from)).filter((name) => name.endsWith(".test.ts"));
await esbuild.build({
  entryPoints: files.map((name) => join(from, name)),
  outdir: out,
  bundle: true,
  platform: "node",
  format: "esm",
  outExtension: { ".js": ".mjs" },
  nodePaths: [join(here, "node_modules")],
  logLevel: "warning",
});
const { status } = spawnSync(process.execPath, ["--test", ...files.map((name) => join(out, name.replace(/\.ts$/, ".mjs")))], { stdio: "inherit" });
process.exitCode = status ?? 1;
