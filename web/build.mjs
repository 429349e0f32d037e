// node build.mjs <directory>: Vite's build, then a gzip beside every file that becomes smaller by it.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

import {build} from 'vite';

import {config} from './vite.config.mjs';

const out = path.resolve(process.argv[2]);
await build({...config, build: {...config.build, outDir: out}});

for (const entry of fs.readdirSync(out, {recursive: true, withFileTypes: true})) {
  if (!entry.isFile()) continue;
  // Node 18.16 and before say `path` only.
  const file = path.join(entry.parentPath ?? entry.path, entry.name);
  const content = fs.readFileSync(file);
  const compressed = zlib.gzipSync(content, {level: 9});
  if (compressed.length < content.length) fs.writeFileSync(`${file}.gz`, compressed);
}
