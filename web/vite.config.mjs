// How the page is built. Given to Vite as an object (build.mjs), so that it writes no file to load it.
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const root = path.dirname(fileURLToPath(import.meta.url));

export const config = {
  configFile: false,
  root,
  base: '/',
  logLevel: 'warn',
  esbuild: {jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none'},
  build: {
    target: 'es2022',
    emptyOutDir: true,
    // A data: URL would ask the content security policy for more than it allows.
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {input: {page: path.join(root, 'index.html'), mail: path.join(root, 'mail.html')}},
  },
};
