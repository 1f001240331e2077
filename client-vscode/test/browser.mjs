/** Starts Chromium for the drivers, and logs what it does. */

import { chromium } from 'playwright-core';

const started = Date.now();

export function say(...words) {
  console.log(`${String(Date.now() - started).padStart(6)} ms`, ...words);
}

/** A page of a Chromium from the PATH; `size` is its width and height. */
export async function open(size = { width: 1280, height: 800 }, scale = 1) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Chromium refuses to run as root with its sandbox; only our own page is shown in it.
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  const page = await browser.newPage({ viewport: size, deviceScaleFactor: scale });
  if (process.env.DEBUG) {
    page.on('console', message => say('console:', message.text().slice(0, 300)));
  }
  page.on('pageerror', error => {
    say('error in the page:', error.message.slice(0, 200));
  });
  return { browser, page };
}
