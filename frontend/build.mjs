// Builds static/build: hashed files, and manifest.json that says which source became which file.
// Prints the compressed size of what each page loads, beside its budget, and fails when one is over.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip, gzipSync } from "node:zlib";
import esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "build");
const icons = join(here, "..", "static", "icons");
const shared = { bundle: true, minify: true, format: "esm", target: ["es2022", "chrome111", "firefox115", "safari16.4"], logLevel: "warning", legalComments: "none" };
const entries = ["app.ts", "desk.ts", "outbox.ts", "report.ts", "requests.ts", "casework.ts", "area.ts", "map.ts", "map-page.ts", "css/app.css", "css/casework.css", "css/area.css", "css/areas.css", "css/desk.css", "css/map.css", "css/map-page.css", "css/requests.css"]
  .map((name) => join(here, "src", name))
  .filter((path) => existsSync(path));

/** Bytes, before compression. */
const SMALL = 1500;
const WORTH_IT = 600;

await mkdir(out, { recursive: true });
const before = Date.now();
await removeOld();
const split = { ...shared, entryPoints: entries, outdir: out, splitting: true, metafile: true, entryNames: "[name]-[hash]", chunkNames: "chunk-[hash]", assetNames: "[name]-[hash]" };
const { metafile } = await esbuild.build({ ...split, plugins: [await besideApp()] });
const aside = await esbuild.build({ ...split, entryPoints: [join(here, "src", "shrink-worker.ts")], splitting: false });
Object.assign(metafile.outputs, aside.metafile.outputs);

const outputs = Object.fromEntries(Object.entries(metafile.outputs).map(([path, made]) => [basename(path), made]));
const manifest = {};
for (const [file, made] of Object.entries(outputs)) {
  if (made.entryPoint && !file.startsWith("chunk-")) manifest[basename(made.entryPoint).replace(/\.ts$/, ".js")] = file;
}
// The entry itself is left with nothing but imports.
manifest["app.js"] = Object.keys(outputs).find((file) => Object.entries(outputs[file].inputs).some(([path, part]) => path.endsWith("src/app.ts") && part.bytesInOutput));
await buildMapWorker();
// What each script imports, beyond what every page loads with app.js.
const everywhere = [...loaded(manifest["app.js"], ["import-statement"])];
const imports = Object.fromEntries(
  Object.entries(manifest)
    .filter(([name, file]) => name.endsWith(".js") && outputs[file])
    .map(([name, file]) => [name, [...loaded(file, ["import-statement"])].slice(1).filter((one) => name === "app.js" || !everywhere.includes(one))]),
);

const page = [...new Set(["app.css", "app.js", "report.js"].flatMap((name) => [...loaded(manifest[name], ["import-statement"])]))];
// What is loaded when it is asked for must be there without a network too.
const later = ["outbox.js", "report.js", "requests.js", "requests.css", "shrink-worker.js"].flatMap((name) => [...loaded(manifest[name], ["import-statement", "dynamic-import"])]);
const shell = [...new Set([...page, ...later])];
const built = [...Object.keys(outputs), manifest["map-worker.js"]];
const precache = await Promise.all([
  ...shell.map(async (file) => ({ url: `/static/build/${file}`, revision: null, bytes: await compressed(join(out, file)) })),
  ...["icon.svg", "icon-192.png"].map(async (file) => ({ url: `/static/icons/${file}`, revision: await digest(join(icons, file)), bytes: (await stat(join(icons, file))).size })),
]);
const version = createHash("sha256").update(JSON.stringify(precache)).digest("hex").slice(0, 12);
// What the map and an area without a connection need, beside the shell: kept with the first area that is taken along.
const along = ["map.js", "map.css", "area.js", "area.css"].flatMap((name) => [...loaded(manifest[name], ["import-statement", "dynamic-import"])]);
const area = [...new Set([...along, manifest["map-worker.js"]])].filter((file) => !shell.includes(file));
const areaFiles = await Promise.all(area.map(async (file) => ({ url: `/static/build/${file}`, bytes: await compressed(join(out, file)), plain: (await stat(join(out, file))).size })));
const areaVersion = createHash("sha256").update(JSON.stringify(areaFiles)).digest("hex").slice(0, 12);
await esbuild.build({
  ...shared,
  format: "iife",
  entryPoints: [join(here, "src", "service-worker.ts")],
  outfile: join(out, "service-worker.js"),
  define: {
    PRECACHE: JSON.stringify(precache.map(({ url, revision }) => ({ url, revision }))),
    SHELL_VERSION: JSON.stringify(version),
    AREA_FILES: JSON.stringify(areaFiles),
    AREA_VERSION: JSON.stringify(areaVersion),
    BUILT_FILES: JSON.stringify(built),
    "process.env.NODE_ENV": '"production"',
  },
});
await writeFile(join(out, "manifest.json"), JSON.stringify(manifest, null, 1));
await writeFile(join(out, "imports.json"), JSON.stringify(imports, null, 1));
await compressAll();
await report();

/**
 * Fewer files: each costs a slow phone 15 ms. Every page loads app.js, so what it shares with another script may lie in
 * one file with it; the bundler knows that once each script, those that are loaded later too, says that it stands beside
 * app.js. What other scripts share among themselves lies there too, where it is small.
 */
async function besideApp() {
  const { metafile } = await esbuild.build({ ...split, write: false });
  const app = join(here, "src", "app.ts");
  const made = Object.values(metafile.outputs);
  const within = reached(metafile.inputs, relative(process.cwd(), app));
  const scripts = made.flatMap((one) => (one.entryPoint?.endsWith(".ts") && !within.has(one.entryPoint) ? [one.entryPoint] : []));
  const small = made.filter((one) => !one.entryPoint && one.bytes < SMALL).flatMap((one) => Object.keys(one.inputs));
  const added = small.filter((path) => !within.has(path) && !scripts.includes(path));
  const beside = new Map([...scripts.map((path) => [resolve(path), [app]]), [app, added.map((path) => resolve(path))]]);
  return {
    name: "beside-app",
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const imports = beside.get(path)?.map((one) => `import ${JSON.stringify(one)};\n`);
        return imports && { contents: imports.join("") + (await readFile(path, "utf8")), loader: "ts" };
      });
    },
  };
}

/** A source and all that it imports, directly or not; not what it loads later. */
function reached(inputs, source, found = new Set()) {
  if (found.has(source)) return found;
  found.add(source);
  for (const one of inputs[source]?.imports ?? []) if (one.kind === "import-statement" && !one.external) reached(inputs, one.path, found);
  return found;
}

/** A built file and all that it imports, directly or not. */
function loaded(file, kinds, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const one of outputs[file].imports) if (kinds.includes(one.kind) && !one.external) loaded(basename(one.path), kinds, found);
  return found;
}

/** Files of earlier builds stay for a month: a server that runs on, and pages that are open, still ask for them. */
async function removeOld() {
  for (const file of await readdir(out)) {
    if (Date.now() - (await stat(join(out, file))).mtimeMs > 30 * 24 * 3600 * 1000) await rm(join(out, file));
  }
}

/** MapLibre's worker is a file of its own, which the map is told the address of. */
async function buildMapWorker() {
  const worker = await readFile(join(here, "node_modules", "maplibre-gl", "dist", "maplibre-gl-worker.mjs"));
  const name = `map-worker-${createHash("sha256").update(worker).digest("hex").slice(0, 8)}.js`;
  await writeFile(join(out, name), worker);
  manifest["map-worker.js"] = name;
}

/** What every phone is sent is compressed once: FILE.br and FILE.gz beside each file that is worth it. */
async function compressAll() {
  const [brotli, gzipped] = [promisify(brotliCompress), promisify(gzip)];
  for (const file of built) {
    const path = join(out, file);
    if (existsSync(`${path}.br`) || (await stat(path)).size < WORTH_IT) continue;
    const content = await readFile(path);
    await put(`${path}.gz`, await gzipped(content, { level: 9 }));
    await put(`${path}.br`, await brotli(content));
  }
}

/** All of it or nothing: it is never written again. */
async function put(path, content) {
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
}

async function report() {
  const made = [];
  for (const file of await readdir(out)) if (!/\.(br|gz|part)$/.test(file) && (await stat(join(out, file))).mtimeMs >= before - 2000) made.push(file);
  const sizes = Object.fromEntries(await Promise.all(made.map(async (file) => [file, await compressed(join(out, file))])));
  const weight = page.reduce((sum, file) => sum + sizes[file], 0);
  const cached = precache.reduce((sum, one) => sum + one.bytes, 0);
  for (const [file, size] of Object.entries(sizes)) console.log(`${(size / 1000).toFixed(1).padStart(7)} KB  ${file}`);
  line("report page's CSS and JS", weight, 52_000);
  line("precache, without pages", cached, 180_000);
}

function line(what, bytes, limit) {
  console.log(`${(bytes / 1000).toFixed(1).padStart(7)} KB  of ${limit / 1000}: ${what} (gzip)`);
  if (bytes > limit) process.exitCode = 1;
}

async function compressed(path) {
  return gzipSync(await readFile(path), { level: 6 }).length;
}

async function digest(path) {
  return createHash("sha256").update(await readFile(path)).digest("hex").slice(0, 12);
}
