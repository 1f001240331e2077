/**
 * Run a mocha suite in the extension host of a VS Code that is served at URL, as the desktop's `--extensionTestsPath` does.
 *
 * In the environment: URL; OPENED, a folder or a .code-workspace; TESTS, the suite without `.js`; EXTENSION, the extension
 * under development without which there are no such tests; SCREENSHOT, a file for a picture of what went wrong.
 */

import { open, say } from '../browser.mjs';

const { URL: base, OPENED, TESTS, EXTENSION, SCREENSHOT } = process.env;
const { browser, page } = await open();
const uri = path => `vscode-remote://${new URL(base).host}${path}`;
let end;
const ended = new Promise(resolve => {
  end = resolve;
});
await page.exposeFunction('codeAutomationLog', (_, args) => console.log(...args));
await page.exposeFunction('codeAutomationExit', code => end(code));
const payload = [
  ['extensionDevelopmentPath', uri(EXTENSION)],
  ['extensionTestsPath', uri(TESTS)],
  ['skipWelcome', 'true'],
];
const kind = OPENED.endsWith('.code-workspace') ? 'workspace' : 'folder';
await page.goto(
  `${base}/?${kind}=${encodeURIComponent(OPENED)}&payload=${encodeURIComponent(JSON.stringify(payload))}`,
);
// A suite cannot answer a dialog of the workbench: the user would choose this button.
const confirming = setInterval(() => {
  page
    .getByRole('button', { name: /^Undo in \d+ Files$/ })
    .click({ timeout: 400 })
    .catch(() => {});
}, 500);
const seconds = Number(process.env.PATIENCE ?? 150);
const late = new Promise(resolve => setTimeout(resolve, seconds * 1000, `not within ${seconds} s`));
const code = await Promise.race([ended, late]);
clearInterval(confirming);
say(`the extension host's tests ended with ${code}`);
if (code !== 0) {
  await page.screenshot({ path: SCREENSHOT });
}
await browser.close();
process.exit(code === 0 ? 0 : 1);
