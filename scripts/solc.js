#!/usr/bin/env -S node --stack-size=16000
// The npm compiler in the shape of a native solc: `--version`, or standard JSON from stdin to stdout.
// A native solc cannot be fetched everywhere; npm can. The set-up links this file as build/solc/solc-v<version>.
"use strict";
const fs = require("fs");
const path = require("path");

const compilerRoot = path.join(path.dirname(fs.realpathSync(__filename)), "..", "node_modules", "solc");
const solc = require(compilerRoot);

if (process.argv.includes("--version")) {
  process.stdout.write("solc, the solidity compiler commandline interface\nVersion: " + solc.version() + "\n");
} else {
  const output = solc.compile(fs.readFileSync(0, "utf8"));
  // a pipe takes the answer in pieces: exit only when all of it has been written
  process.stdout.write(output, () => process.exit(0));
}
