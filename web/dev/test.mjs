// node dev/test.mjs: runs src/**/*.test.ts with Node's own test runner; esbuild, which Vite brings along, makes JavaScript of them.
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {build} from 'esbuild';

const source = fileURLToPath(new URL('../src', import.meta.url));
const tests = fs.readdirSync(source, {recursive: true}).filter((file) => file.endsWith('.test.ts')).map((file) => path.join(source, file));
const out = fs.mkdtempSync(path.join(os.tmpdir(), 'vestnik-web-test-'));
try {
  await build({entryPoints: tests, outdir: out, outExtension: {'.js': '.mjs'}, bundle: true, platform: 'node', format: 'esm', jsx: 'automatic', jsxImportSource: 'preact'});
  const made = fs.readdirSync(out, {recursive: true}).filter((file) => file.endsWith('.mjs')).map((file) => path.join(out, file));
  // A zone with a shift, so that a time that is taken for UTC shows.
  const result = spawnSync(process.execPath, ['--test', ...made], {stdio: 'inherit', env: {...process.env, TZ: 'Europe/Moscow'}});
  process.exitCode = result.status ?? 1;
} finally {
  fs.rmSync(out, {recursive: true, force: true});
}
