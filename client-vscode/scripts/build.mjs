/**
 * Bundle the extension into dist/ (no argument), its units into out/units/ (`units`), or what runs in real editors into
 * out/host/ (`tests`).
 */

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  logLevel: 'warning',
};

switch (process.argv[2]) {
  case undefined:
    await extension();
    break;
  case 'units':
    await tests('test/unit', 'out/units', []);
    break;
  case 'tests':
    await tests('test/host', 'out/host', ['vscode', 'mocha']);
    break;
  default:
    throw new Error(`there is no ${process.argv[2]} to build`);
}

async function extension() {
  fs.rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  const { metafile } = await build({
    ...common,
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    external: ['vscode'],
    minify: true,
    metafile: true,
  });
  fs.writeFileSync(path.join(root, 'dist', 'LICENSES.txt'), licences(Object.keys(metafile.inputs)));
}

async function tests(from, to, external) {
  fs.rmSync(path.join(root, to), { recursive: true, force: true });
  const files = fs.readdirSync(path.join(root, from)).filter(name => name.endsWith('.test.ts'));
  await build({
    ...common,
    entryPoints: files.map(name => path.join(from, name)),
    outdir: to,
    external,
    sourcemap: 'inline',
  });
}

/** The licences of the npm packages of which files are in the bundle. */
function licences(inputs) {
  const folders = new Set(inputs.flatMap(input => input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []));
  const parts = [...folders].sort().map(folder => {
    const { name, version, license } = JSON.parse(fs.readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    const file = fs.readdirSync(path.join(root, folder)).find(each => /^licen[cs]e/i.test(each));
    if (file === undefined) {
      throw new Error(`${folder} has no licence file`);
    }
    const text = fs
      .readFileSync(path.join(root, folder, file), 'utf8')
      .replaceAll('\r\n', '\n')
      .trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `What is bundled in extension.js, with its licences.\nThe server's libraries have theirs beside them, in bundled/libs.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
