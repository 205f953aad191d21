/** Removes every address from the lock file: names, versions and hashes are what an install needs. */
import { readFileSync, writeFileSync } from "node:fs";

const FILE = "package-lock.json";
const lock = JSON.parse(readFileSync(FILE, "utf8")) as { packages: Record<string, Record<string, unknown>> };
for (const entry of Object.values(lock.packages)) {
  delete entry["funding"];
  delete entry["resolved"];
}
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
