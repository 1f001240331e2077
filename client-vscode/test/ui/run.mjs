/**
 * A user's first minutes with the extension, driven through the workbench; takes the pictures.
 *
 * In the environment: URL, of a VS Code; OPENED, the plugin's folder; OTHER_HOST, the folder of a host with which one
 * aligned module does not agree; MODULES_TXT, that of the host; PICTURES, a folder for them; MACHINE_SETTINGS, the file with
 * the machine's settings; OLD_PYTHON, a Python that is too old.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { open, say } from '../browser.mjs';

const { URL: base, OPENED, OTHER_HOST, MODULES_TXT, PICTURES, MACHINE_SETTINGS, OLD_PYTHON } = process.env;
const PATIENCE = 30_000;
const gomod = path.join(OPENED, 'go.mod');
const toml = path.join(OPENED, 'layerg-pin.toml');
const original = fs.readFileSync(gomod, 'utf8');
const { browser, page } = await open({ width: 860, height: 600 }, 1.5);
page.setDefaultTimeout(PATIENCE);

const editor = page.locator('.editor-instance .monaco-editor').first();
const squiggles = editor.locator('.squiggly-error');
const quickPick = page.locator('.quick-input-widget');
const row = text => quickPick.locator('.monaco-list-row', { hasText: text });

/** A picture with the light theme, and one with the dark theme: the workbench follows the colour scheme of the page. */
async function picture(name, clip) {
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`), clip });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('.monaco-workbench.vs-dark').waitFor();
  await page.waitForTimeout(100);
  await page.screenshot({ path: path.join(PICTURES, `${name}-dark.png`), clip });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.locator('.monaco-workbench.vs').waitFor();
  say('picture', name);
}

async function until(what, check) {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    if (await check()) {
      return;
    }
    await page.waitForTimeout(50);
  }
  throw new Error(`timed out: ${what}`);
}

async function goTo(line, column) {
  await page.keyboard.press('Control+g');
  await quickPick.locator('input').waitFor();
  await page.keyboard.type(`${line}:${column}`);
  await page.keyboard.press('Enter');
  await quickPick.waitFor({ state: 'hidden' });
}

/** The upper part of the window from the editor's left edge on. */
async function part(height) {
  const { x, width } = await page.locator('.part.editor').boundingBox();
  return { x, y: 0, width, height };
}

/** Run a command of ours from the palette. */
async function command(title) {
  await page.keyboard.press('F1');
  await quickPick.locator('input').fill(`>layerg-pin: ${title}`);
  await row(title).first().click();
}

/** The hosts that are offered, above the ways to browse for one. */
async function recentHosts() {
  const labels = await quickPick.locator('.monaco-list-row .label-name').allInnerTexts();
  return labels.filter(each => path.isAbsolute(each));
}

/** Type a path into the dialog that opens files and folders, which is a quick input here, and wait for what it lists. */
async function chooseInDialog(file, listed) {
  const entry = name => quickPick.getByRole('option', { name, exact: true });
  await entry('plugin').waitFor();
  await quickPick.locator('input').fill(file);
  await entry(listed).waitFor();
  await quickPick.getByRole('button', { name: 'Use as Host' }).click();
}

/** The host in layerg-pin.toml, which is shown, and saved; then go.mod is shown again. */
async function hostIs(reference) {
  const text = `# The server that opens this plugin, relative to this file.\nhost = "${reference}"\n`;
  await until(`${reference} in the file on disk`, () => fs.readFileSync(toml, 'utf8') === text);
  await editor.locator('.view-line', { hasText: reference }).waitFor();
  await page.locator('.tab', { hasText: 'go.mod' }).click();
  await editor.locator('.view-line', { hasText: 'module example.com/backend' }).waitFor();
}

/** The text of the status item's popup, which is then closed. */
async function statusSays(text, detail) {
  await page.locator('#status\\.languageStatus').click();
  await page
    .locator('.hover-language-status', { hasText: `layerg-pin: ${text}` })
    .filter({ hasText: detail })
    .waitFor();
  await page.keyboard.press('Escape');
}

async function steps() {
  const opened = Date.now();
  const file = `vscode-remote://${new URL(base).host}${gomod}`;
  const payload = encodeURIComponent(JSON.stringify([['openFile', file]]));
  await page.goto(`${base}/?folder=${encodeURIComponent(OPENED)}&payload=${payload}`, { waitUntil: 'commit' });
  await editor.locator('.view-line', { hasText: 'module example.com/backend' }).waitFor();
  say(`go.mod is shown ${Date.now() - opened} ms after the folder was opened`);
  await editor.locator('.squiggly-error, .squiggly-warning').first().waitFor();
  say(`the first squiggle is there ${Date.now() - opened} ms after the folder was opened`);
  await until('four errors, and nothing else', async () => (await squiggles.count()) === 4);
  say(`Go has answered ${Date.now() - opened} ms after the folder was opened`);

  await page.keyboard.press('Control+b');
  await page.locator('.part.sidebar').waitFor({ state: 'hidden' });

  // The lenses at the module line, and the host's versions after the requires.
  await editor.locator('.codelens-decoration', { hasText: 'Align 4 modules' }).waitFor();
  await editor.locator('.view-line', { hasText: /v1\.26\.0.*v1\.27\.0/ }).waitFor();
  await picture('squiggles', await part(460));

  // A hover shows the host's version.
  await editor.locator('.view-line', { hasText: 'go.uber.org/zap' }).click();
  await goTo(9, 20);
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Control+i');
  const hover = page.locator('.monaco-hover', { hasText: 'linked into both' }).first();
  await hover.waitFor();
  assert.match(await hover.innerText(), /go\.uber\.org\/zap/);
  await picture('hover', await part(460));
  await page.keyboard.press('Escape');

  // The quick fixes.
  await page.keyboard.press('Control+.');
  const fixes = page.locator('.action-widget');
  await fixes.locator('.monaco-list-row', { hasText: 'Pin go.uber.org/zap to v1.27.0 (host)' }).first().waitFor();
  await fixes.locator('.monaco-list-row', { hasText: 'Align all 4 modules with the host' }).first().waitFor();
  await page.waitForTimeout(300);
  await picture('quickfix', await part(460));
  await page.keyboard.press('Enter');
  await until('three errors', async () => (await squiggles.count()) === 3);
  await page.keyboard.press('Control+z');
  await until('four errors again', async () => (await squiggles.count()) === 4);

  // The status item, and its menu.
  await page.locator('#status\\.languageStatus').click();
  const status = page.locator('.hover-language-status', { hasText: 'layerg-pin: 4 errors' });
  await status.waitFor();
  await page.waitForTimeout(500);
  await picture(
    'status',
    await page.evaluate(() => ({ x: innerWidth - 640, y: innerHeight - 150, width: 640, height: 150 })),
  );
  await status.getByText('Menu').click();
  await row('Align all modules with the host').waitFor();
  await page.waitForTimeout(300);
  await picture('menu', await part(460));

  // A preview, which is applied with one button, and undone with one undo.
  await row('Preview the alignment').click();
  const diff = page.locator('.monaco-diff-editor');
  await diff.locator('.modified .view-line', { hasText: 'go.uber.org/zap v1.27.0' }).waitFor();
  await page.locator('.notification-toast', { hasText: 'Apply these changes?' }).waitFor();
  await page.waitForTimeout(500);
  await picture('preview', await page.evaluate(() => ({ x: 0, y: 0, width: innerWidth, height: innerHeight })));
  await page.locator('.notification-toast').getByRole('button', { name: 'Apply' }).click();
  await diff.waitFor({ state: 'detached' });
  await editor.locator('.view-line', { hasText: 'go.uber.org/zap v1.27.0' }).waitFor();
  await until('no errors', async () => (await squiggles.count()) === 0);
  await editor.locator('.view-line', { hasText: 'go.uber.org/zap' }).click();
  await page.keyboard.press('Control+z');
  await until('four errors once more', async () => (await squiggles.count()) === 4);

  // Then the change is applied from the code lens, and saved.
  await editor.locator('.codelens-decoration a', { hasText: 'Align 4 modules' }).click();
  await until('no errors', async () => (await squiggles.count()) === 0);
  await page.keyboard.press('Control+s');
  const aligned = original
    .replace('v3.3.0+incompatible', 'v4.0.0+incompatible')
    .replace('zap v1.26.0', 'zap v1.27.0')
    .replace('protobuf v1.34.2', 'protobuf v1.36.1')
    .replace('multierr v1.10.0', 'multierr v1.11.0');
  await until('the file on disk', () => fs.readFileSync(gomod, 'utf8') === aligned);
  await editor.locator('.codelens-decoration', { hasText: 'everything fits' }).waitFor();
  await picture('fits', await part(460));

  // The host is chosen in a list of its own, at first by the dialog for folders.
  await command('Choose a Host');
  await row('A folder…').waitFor();
  await picture('host', await part(300));
  assert.deepEqual(await recentHosts(), []);
  await row('A folder…').click();
  await chooseInDialog(`${OTHER_HOST}/`, 'vendor');
  await row('In layerg-pin.toml').click();
  await hostIs('../other-host');
  await until('one error', async () => (await squiggles.count()) === 1);
  await statusSays('1 error', 'gameserver, modules.txt');

  // Then by the one for files; the folder is offered again.
  await command('Choose a Host');
  await row('A file…').waitFor();
  assert.deepEqual(await recentHosts(), [OTHER_HOST]);
  await row('A file…').click();
  await chooseInDialog(MODULES_TXT, 'modules.txt');
  await row('In layerg-pin.toml').click();
  await hostIs('../host/vendor/modules.txt');
  await until('no errors', async () => (await squiggles.count()) === 0);

  // Then a recent host is chosen, and saved in the user's settings.
  await command('Choose a Host');
  await row('A folder…').waitFor();
  assert.deepEqual(await recentHosts(), [MODULES_TXT, OTHER_HOST]);
  await row(OTHER_HOST).click();
  await row('In my settings').click();
  await until('one error', async () => (await squiggles.count()) === 1);
  const settings = fs.readFileSync(path.join(OPENED, '.vscode', 'settings.json'), 'utf8');
  assert.deepEqual(JSON.parse(settings), { 'layergPin.host': OTHER_HOST });

  // A Python that is too old is reported in one sentence, with what the user can do.
  fs.mkdirSync(path.dirname(MACHINE_SETTINGS), { recursive: true });
  fs.writeFileSync(MACHINE_SETTINGS, JSON.stringify({ 'layergPin.python': OLD_PYTHON }));
  const toast = page.locator('.notification-toast', { hasText: 'layerg-pin needs Python 3.11 or newer' });
  await toast.waitFor();
  for (const name of ['Choose Python…', 'How to Install', 'Show Log']) {
    await toast.getByRole('button', { name }).waitFor();
  }
  await picture('python', await part(600));
  await toast.getByRole('button', { name: 'Show Log' }).click();
  await page.locator('.part.panel .view-line', { hasText: 'the server is not running' }).first().waitFor();
  await picture('log', await part(600));
}

let code = 1;
try {
  await steps();
  code = 0;
} catch (error) {
  say('failed:', error.stack);
  await page.screenshot({ path: path.join(PICTURES, 'failed.png') });
}
await browser.close();
say(code === 0 ? 'all seen' : 'failed');
process.exit(code);
