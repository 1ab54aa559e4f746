// Bundles both faces into built/, prints what a first load weighs, and fails when the phone's is over its limit.
// Run by `python -m config.faces`. Names carry a hash of the content, so that a file of one name never changes.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { brotliCompressSync, gzipSync, constants } from "node:zlib";
import { build } from "esbuild";

const FIRST_LOAD_LIMIT = 350 * 1024; // compressed, all scripts of the phone together
const BOARDS_LIMIT = 60 * 1024; // compressed, before charts
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const OUT = "built.new";

const common = {
  bundle: true, format: "esm", splitting: true, minify: true, target: ["es2022", "chrome100", "safari15.4"],
  entryNames: "[name]-[hash]", chunkNames: "[name]-[hash]", assetNames: "[name]-[hash]", metafile: true, legalComments: "none",
  jsx: "automatic", jsxImportSource: "preact", logLevel: "warning",
  define: { APP_VERSION: JSON.stringify(version), "process.env.NODE_ENV": '"production"' },
};

const files = (folder) => readdirSync(folder, { withFileTypes: true, recursive: true })
  .filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
const packed = (file) => gzipSync(readFileSync(file), { level: 9 }).length;
const entry = (result, source) => Object.entries(result.metafile.outputs)
  .find(([, one]) => one.entryPoint === source);

function reachable(result, start, { dynamic }) {
  const seen = new Set(), todo = [start];
  for (let at = todo.pop(); at; at = todo.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    todo.push(...result.metafile.outputs[at].imports.filter((one) => !one.external && (dynamic || one.kind !== "dynamic-import")).map((one) => one.path));
  }
  return [...seen];
}

async function phone() {
  const out = join(OUT, "phone");
  const result = await build({ ...common, entryPoints: ["phone/src/main.tsx"], outdir: out });
  const [script, made] = entry(result, "phone/src/main.tsx");
  cpSync("phone/icons", join(out, "icons"), { recursive: true });
  cpSync("phone/manifest.webmanifest", join(out, "manifest.webmanifest"));
  const names = files(out).map((file) => relative(OUT, file)).sort();
  const digest = createHash("sha256").update(version);
  for (const name of names) digest.update(name).update(readFileSync(join(OUT, name)));
  const release = digest.digest("hex").slice(0, 12);
  const told = { version, release, script: relative(OUT, script), style: relative(OUT, made.cssBundle), files: names };
  writeFileSync(join(out, "built.json"), JSON.stringify(told));
  await build({
    ...common, splitting: false, format: "iife", entryNames: "[name]", entryPoints: ["phone/sw.ts"], outdir: out,
    define: { ...common.define, PRECACHED: JSON.stringify(names), RELEASE: JSON.stringify(release) },
  });
  const first = reachable(result, script, { dynamic: false }).reduce((sum, file) => sum + packed(file), 0);
  const all = reachable(result, script, { dynamic: true }).reduce((sum, file) => sum + packed(file), 0);
  console.log(`phone: first load ${kb(first)}, with every screen ${kb(all)} (gzip; limit ${kb(FIRST_LOAD_LIMIT)}), style ${kb(packed(join(OUT, told.style)))}`);
  return all <= FIRST_LOAD_LIMIT;
}

async function boards() {
  const entries = existsSync("boards_js") ? files("boards_js").filter((file) => /\/entry[^/]*\.ts$/.test(file)) : [];
  if (entries.length === 0) return true;
  const out = join(OUT, "boards");
  const result = await build({ ...common, entryPoints: entries, outdir: out, entryNames: "[name]" });
  const told = {};
  let sum = 0;
  for (const source of entries) {
    const [script] = entry(result, source);
    const first = reachable(result, script, { dynamic: false }).reduce((total, file) => total + packed(file), 0);
    const hash = createHash("sha256").update(readFileSync(script)).digest("hex").slice(0, 8);
    told[basename(source, ".ts")] = { script: relative(OUT, script), hash };
    if (!source.includes("chart")) sum += first;
    console.log(`boards: ${basename(source)} ${kb(first)} (gzip)`);
  }
  writeFileSync(join(out, "built.json"), JSON.stringify(told));
  return sum <= BOARDS_LIMIT;
}

const kb = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;

function pack() {
  for (const file of files(OUT).filter((one) => /\.(js|css|webmanifest|svg)$/.test(one) && basename(one) !== "sw.js")) {
    const bytes = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
    writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const fits = [await phone(), await boards()];
pack();
rmSync("built", { recursive: true, force: true });
renameSync(OUT, "built");
if (fits.includes(false)) {
  console.error("too large for a first load");
  process.exit(1);
}
