/** Fails the build when the first screen (page, entry script with what it imports at once, styles) grows too heavy. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 80;

interface Chunk {
  file: string;
  isEntry?: boolean;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
}

const out = process.env["TAKTLINE_UI_OUT"] ?? "../static";
const manifest = JSON.parse(readFileSync(join(out, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;

/** Collects the files of a chunk and of everything it imports statically. */
function collect(name: string, files: Set<string>): void {
  const chunk = manifest[name];
  if (chunk === undefined || files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const style of chunk.css ?? []) files.add(style);
  for (const next of chunk.imports ?? []) collect(next, files);
}

const files = new Set<string>(["index.html"]);
for (const [name, chunk] of Object.entries(manifest)) {
  // The floor is what opens first: its lazy chunk counts with the entry.
  if (chunk.isEntry === true || name.endsWith("floor/page.tsx")) collect(name, files);
}
let total = 0;
for (const file of files) {
  const size = gzipSync(readFileSync(join(out, file))).length / 1000;
  total += size;
  console.log(`${size.toFixed(1).padStart(8)} kB gzip  ${file}`);
}
console.log(`${total.toFixed(1).padStart(8)} kB gzip  first screen, limit ${String(LIMIT_KB)} kB`);
if (total > LIMIT_KB) {
  console.error(`first screen is ${total.toFixed(1)} kB gzip, more than ${String(LIMIT_KB)} kB`);
  process.exit(1);
}
